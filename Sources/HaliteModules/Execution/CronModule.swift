import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Jobs that cron runs.
package struct CronModule: ExecutionModule {
    package static let name = "cron"
    package static let summary = "Jobs that cron runs."
    package static let requires: Requirement = .command("crontab")

    package static let functions: [Function] = [
        Function("raw_cron", "Return a crontab as it is.", .required("user", "Whose."), body: raw),
        Function("list_tab", "Return the jobs of a crontab.", .required("user", "Whose."), body: list),
        Function("ls", "Return the jobs of a crontab.", .required("user", "Whose."), body: list),
        Function("set_job", "Put a job in: new, updated or present.", .required("user", "Whose."), .required("minute", "Minute."), .required("hour", "Hour."), .required("daymonth", "Day."), .required("month", "Month."), .required("dayweek", "Weekday."), .required("cmd", "The command."), .optional("commented", false, "Disabled."), .optional("comment", nil as String?, "A remark."), .optional("identifier", nil as String?, "The job's name."), body: setJob),
        Function("rm_job", "Take a job out: removed or absent.", .required("user", "Whose."), .required("cmd", "The command."), .optional("identifier", nil as String?, "The job's name."), .keywords("kwargs", "Ignored."), body: removeJob),
        Function("rm", "Take a job out: removed or absent.", .required("user", "Whose."), .required("cmd", "The command."), .optional("identifier", nil as String?, "The job's name."), .keywords("kwargs", "Ignored."), body: removeJob),
    ]

    private static func raw(_ call: CallContext, user: String) async throws -> String { try await call.host.run("crontab", "-u", user, "-l").text }

    private static func list(_ call: CallContext, user: String) async throws -> ValueMap {
        let tab = try await Crontab.read(user, call.host)
        func describe(_ job: Crontab.Job) -> Value {
            var map: ValueMap = job.times.count == 1
                ? ["spec": .string(job.times[0])]
                : ValueMap(zip(["minute", "hour", "daymonth", "month", "dayweek"], job.times).map { (.string($0), .string($1)) })
            map["identifier"] = job.identifier.value
            map["cmd"] = .string(job.command)
            map["comment"] = job.comment.value
            map["commented"] = .bool(job.isDisabled)
            return .map(map)
        }
        return [
            "pre": tab.before.value, "crons": .list(tab.jobs.filter { $0.times.count == 5 }.map(describe)),
            "special": .list(tab.jobs.filter { $0.times.count == 1 }.map(describe)),
            "env": .list(tab.environment.map { ["name": .string($0.name), "value": .string($0.value)] }),
        ]
    }

    private static func setJob(
        _ call: CallContext, user: String, minute: String, hour: String, day: String, month: String, weekday: String, command: String,
        commented: Bool, comment: String?, identifier: String?
    ) async throws -> String {
        var tab = try await Crontab.read(user, call.host)
        let times = [minute, hour, day, month, weekday].map { $0.lowercased() }
        let answer = tab.set(Crontab.Job(times: times, command: command, identifier: identifier, comment: comment, isDisabled: commented))
        if answer == "present" { return answer }
        return try await tab.write(user, call.host) ?? answer
    }

    private static func removeJob(_ call: CallContext, user: String, command: String, identifier: String?, ignored: ValueMap) async throws -> String {
        var tab = try await Crontab.read(user, call.host)
        guard let index = tab.jobs.firstIndex(where: { $0.matches(command, identifier) }) else { return "absent" }
        tab.jobs.remove(at: index)
        return try await tab.write(user, call.host) ?? "removed"
    }
}
