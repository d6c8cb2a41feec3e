import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Jobs that cron runs, or does not.
package struct CronState: StateModule {
    package static let name = "cron"
    package static let summary = "Jobs that cron runs, or does not."
    package static let requires: Requirement = .command("crontab")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A crontab has a job.", Settings.self, body: present),
        StateFunction("absent", "A crontab does not have a job.", Settings.self, body: absent),
        StateFunction("env_present", "A crontab sets a variable.", .required("name", "The variable."), .optional("value", "", "Its value."), .optional("user", "root", "Whose crontab."), body: variablePresent),
        StateFunction("env_absent", "A crontab does not set a variable.", .required("name", "The variable."), .optional("user", "root", "Whose crontab."), body: variableAbsent),
    ]

    struct Settings: ArgumentGroup {
        var user = "root"
        var minute = "*"
        var hour = "*"
        var daymonth = "*"
        var month = "*"
        var dayweek = "*"
        var comment: String?
        var commented = false
        /// False takes the name.
        var identifier: Value = false
        var special: String?

        static let fields: [ArgumentField<Settings>] = [
            .field("user", \.user, "Whose crontab."),
            .field("minute", \.minute, "Minute, or random."),
            .field("hour", \.hour, "Hour, or random."),
            .field("daymonth", \.daymonth, "Day of the month, or random."),
            .field("month", \.month, "Month, or random."),
            .field("dayweek", \.dayweek, "Day of the week, or random."),
            .field("comment", \.comment, "A remark."),
            .field("commented", \.commented, "Keep the job, disabled."),
            .field("identifier", \.identifier, "The job's name; by default the command."),
            .field("special", \.special, "Such as @daily."),
        ]

        func job(_ command: String) -> Crontab.Job {
            let times = special.map { [$0] } ?? [minute, hour, daymonth, month, dayweek].map { $0.lowercased() }
            let name = identifier == false ? command : identifier.isTruthy ? identifier.pythonString : nil
            return Crontab.Job(times: times, command: command, identifier: name, comment: comment, isDisabled: commented)
        }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name.stripped()
        var tab = try await Crontab.read(settings.user, state.call.host)
        let answer = tab.set(settings.job(name))
        if answer == "present" { return state.unchanged("Cron \(name) already present") }
        return try await commit(
            state, tab, settings.user, name, would: "Cron \(name) is set to be \(answer == "new" ? "added" : "updated")",
            did: answer == "new" ? "Cron \(name) added to \(settings.user)'s crontab" : "Cron \(name) updated", kind: "Cron")
    }

    private static func absent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name.stripped()
        var tab = try await Crontab.read(settings.user, state.call.host)
        let job = settings.job(name)
        guard let index = tab.jobs.firstIndex(where: { $0.matches(name, job.identifier) }) else {
            return state.unchanged(state.text(would: "Cron \(name) is absent", did: "Cron \(name) already absent"))
        }
        tab.jobs.remove(at: index)
        return try await commit(
            state, tab, settings.user, name, would: "Cron \(name) is set to be removed",
            did: "Cron \(name) removed from \(settings.user)'s crontab", kind: "Cron")
    }

    private static func variablePresent(_ state: StateContext, name: String, value: String, user: String) async throws -> StateResult {
        var tab = try await Crontab.read(user, state.call.host)
        let index = tab.environment.firstIndex { $0.name == name }
        if let index, tab.environment[index].value == value { return state.unchanged("Cron env \(name) already present") }
        if let index { tab.environment.remove(at: index) }
        tab.environment.append((name, value))
        return try await commit(
            state, tab, user, name, would: "Cron env \(name) is set to be \(index == nil ? "added" : "updated")",
            did: index == nil ? "Cron env \(name) added to \(user)'s crontab" : "Cron env \(name) updated", kind: "Cron env")
    }

    private static func variableAbsent(_ state: StateContext, name: String, user: String) async throws -> StateResult {
        var tab = try await Crontab.read(user, state.call.host)
        guard let index = tab.environment.firstIndex(where: { $0.name == name }) else {
            return state.unchanged(state.text(would: "Cron env \(name) is absent", did: "Cron env \(name) already absent"))
        }
        tab.environment.remove(at: index)
        return try await commit(
            state, tab, user, name, would: "Cron env \(name) is set to be removed", did: "Cron env \(name) removed from \(user)'s crontab",
            kind: "Cron env")
    }

    private static func commit(
        _ state: StateContext, _ tab: Crontab, _ user: String, _ name: String, would: String, did: String, kind: String
    ) async throws -> StateResult {
        try await state.either(would: { StateResult(name: state.name, result: nil, comment: would) }, do: {
            if let error = try await tab.write(user, state.call.host) {
                return state.failed("\(kind) \(name) for user \(user) failed to commit with error \n\(error)")
            }
            return StateResult(name: state.name, result: true, comment: did, changes: [.string(user): .string(name)])
        })
    }
}
