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
        Function(
            "list_tab", "Return the jobs of a crontab.", .required("user", "Whose."), example: "halite '*' cron.list_tab root", body: list),
        Function("ls", "Return the jobs of a crontab.", .required("user", "Whose."), body: list),
        Function(
            "get_entry", "Return one job, or false.", .required("user", "Whose."),
            .optional("identifier", nil as String?, "The job's name."),
            .optional("cmd", nil as String?, "Its command, where no identifier is given."), body: entry),
        Function(
            "set_job", "Put a job in: new, updated or present.", .required("user", "Whose."),
            .required("minute", "Minute, random or a range."),
            .required("hour", "Hour, random or a range."), .required("daymonth", "Day or random."),
            .required("month", "Month, random or a range."),
            .required("dayweek", "Weekday, random or a range."), .required("cmd", "The command."),
            .optional("commented", false, "Disabled."),
            .optional("comment", nil as String?, "A remark."), .optional("identifier", nil as String?, "The job's name."),
            example: "halite '*' cron.set_job root 0 4 '*' '*' '*' /usr/local/sbin/backup identifier=backup", body: setJob),
        Function(
            "set_special", "Put a job with a special time in: new, updated or present.", .required("user", "Whose."),
            .required("special", "Such as @daily."), .required("cmd", "The command."), .optional("commented", false, "Disabled."),
            .optional("comment", nil as String?, "A remark."), .optional("identifier", nil as String?, "The job's name."), body: setSpecial),
        Function("rm_job", "Take a job out: removed or absent.", Removal.self, body: removeJob),
        Function("rm", "Take a job out: removed or absent.", Removal.self, body: removeJob),
        Function(
            "rm_special", "Take a job with a special time out: removed or absent.", .required("user", "Whose."),
            .required("cmd", "The command."),
            .optional("special", nil as String?, "Only with this time."), .optional("identifier", nil as String?, "The job's name."),
            body: removeSpecial),
        Function(
            "set_env", "Set a variable of a crontab: new, updated or present.", .required("user", "Whose."),
            .required("name", "The variable."),
            .optional("value", nil as String?, "Its value."), body: setVariable),
        Function(
            "rm_env", "Remove a variable of a crontab: removed or absent.", .required("user", "Whose."), .required("name", "The variable."),
            body: removeVariable),
        Function(
            "write_cron_file", "Take a file as the crontab; tell whether it went well.", .required("user", "Whose."),
            .required("path", "The file."),
            body: { (call: CallContext, user: String, path: String) async throws -> Bool in
                try await call.host.run(try await Crontab.command(user, [path], call)).succeeded
            }),
        Function(
            "write_cron_file_verbose", "Take a file as the crontab; return what the program says.", .required("user", "Whose."),
            .required("path", "The file."), body: writeFile),
    ]

    struct Removal: ArgumentGroup {
        var user = ""
        var cmd = ""
        var minute: String?
        var hour: String?
        var daymonth: String?
        var month: String?
        var dayweek: String?
        var identifier: String?

        static let fields: [ArgumentField<Removal>] = [
            .field("user", \.user, "Whose.", required: true),
            .field("cmd", \.cmd, "The command.", required: true),
            .field("minute", \.minute, "Only with this minute."),
            .field("hour", \.hour, "Only with this hour."),
            .field("daymonth", \.daymonth, "Only with this day."),
            .field("month", \.month, "Only with this month."),
            .field("dayweek", \.dayweek, "Only with this weekday."),
            .field("identifier", \.identifier, "The job's name."),
        ]

        func matches(_ job: Crontab.Job) -> Bool {
            if job.isSpecial { return false }
            return zip(job.times, [minute, hour, daymonth, month, dayweek]).allSatisfy { found, wanted in
                guard let wanted else { return true }
                return found == wanted || (wanted.lowercased() == "random" && found != "*")
            }
        }
    }

    private static func raw(_ call: CallContext, user: String) async throws -> String { try await Crontab.raw(user, call) }

    private static func describe(_ job: Crontab.Job) -> Value {
        var map: ValueMap =
            job.isSpecial
            ? ["spec": .string(job.times[0])]
            : ValueMap(zip(["minute", "hour", "daymonth", "month", "dayweek"], job.times).map { (.string($0), .string($1)) })
        map["identifier"] = job.identifier.value
        map["cmd"] = .string(job.command)
        map["comment"] = job.comment.value
        map["commented"] = .bool(job.isDisabled)
        return .map(map)
    }

    private static func list(_ call: CallContext, user: String) async throws -> ValueMap {
        let tab = try await Crontab.read(user, call)
        return [
            "pre": tab.before.value, "crons": .list(tab.jobs.filter { !$0.isSpecial }.map(describe)),
            "special": .list(tab.jobs.filter(\.isSpecial).map(describe)),
            "env": .list(tab.environment.map { ["name": .string($0.name), "value": .string($0.value)] }),
        ]
    }

    private static func entry(_ call: CallContext, user: String, identifier: String?, command: String?) async throws -> Value {
        let found = try await Crontab.read(user, call).ordered.first { job in
            if let identifier, !identifier.isEmpty { return job.identifier == identifier }
            return command.map { !$0.isEmpty && job.command == $0 } ?? false
        }
        return found.map(describe) ?? false
    }

    /// Writes the crontab where it was changed; the answer is what went wrong, or the given one.
    private static func store(_ call: CallContext, _ tab: Crontab, _ user: String, _ answer: String) async throws -> String {
        ["present", "absent"].contains(answer) ? answer : try await tab.write(user, call) ?? answer
    }

    static func set(_ call: CallContext, _ user: String, _ job: Crontab.Job) async throws -> String {
        var tab = try await Crontab.read(user, call)
        let answer = tab.set(job)
        return try await store(call, tab, user, answer)
    }

    private static func setJob(
        _ call: CallContext, user: String, minute: String, hour: String, day: String, month: String, weekday: String, command: String,
        commented: Bool, comment: String?, identifier: String?
    ) async throws -> String {
        let times = [minute, hour, day, month, weekday].map { $0.lowercased() }
        return try await set(
            call, user, Crontab.Job(times: times, command: command, identifier: identifier, comment: comment, isDisabled: commented))
    }

    private static func setSpecial(
        _ call: CallContext, user: String, special: String, command: String, commented: Bool, comment: String?, identifier: String?
    ) async throws -> String {
        try await set(
            call, user, Crontab.Job(times: [special], command: command, identifier: identifier, comment: comment, isDisabled: commented))
    }

    private static func remove(
        _ call: CallContext, _ user: String, _ command: String, _ identifier: String?, where isWanted: (Crontab.Job) -> Bool
    ) async throws -> String {
        var tab = try await Crontab.read(user, call)
        let isRemoved = tab.remove(command, identifier, isWanted: isWanted)
        return try await store(call, tab, user, isRemoved ? "removed" : "absent")
    }

    static func removeJob(_ call: CallContext, _ wanted: Removal) async throws -> String {
        try await remove(call, wanted.user, wanted.cmd, wanted.identifier) { wanted.matches($0) }
    }

    static func removeSpecial(_ call: CallContext, user: String, command: String, special: String?, identifier: String?) async throws
        -> String
    {
        try await remove(call, user, command, identifier) { $0.isSpecial && (special == nil || $0.times[0] == special) }
    }

    static func setVariable(_ call: CallContext, user: String, name: String, value: String?) async throws -> String {
        var tab = try await Crontab.read(user, call)
        let answer = tab.set(name, to: value ?? "")
        return try await store(call, tab, user, answer)
    }

    static func removeVariable(_ call: CallContext, user: String, name: String) async throws -> String {
        var tab = try await Crontab.read(user, call)
        let isRemoved = tab.unset(name)
        return try await store(call, tab, user, isRemoved ? "removed" : "absent")
    }

    private static func writeFile(_ call: CallContext, user: String, path: String) async throws -> ValueMap {
        let result = try await call.host.run(try await Crontab.command(user, [path], call))
        return result.report
    }
}
