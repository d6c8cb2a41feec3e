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
        StateFunction("file", "A crontab is a file's content.", FileSettings.self, body: file),
        StateFunction(
            "env_present", "A crontab sets a variable.", .required("name", "The variable."), .optional("value", "", "Its value."),
            .optional("user", "root", "Whose crontab."), body: variablePresent),
        StateFunction(
            "env_absent", "A crontab does not set a variable.", .required("name", "The variable."),
            .optional("user", "root", "Whose crontab."), body: variableAbsent),
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

        func job(_ state: StateContext) -> Crontab.Job {
            let command = state.name
            let times = special.map { [$0] } ?? [minute, hour, daymonth, month, dayweek].map { $0.lowercased() }
            // An explicit null is no name, and another thing than none given.
            let isNull = state.low["identifier"]?.isNull == true
            let name = isNull ? nil : identifier == false ? command : identifier.isTruthy ? identifier.pythonString : nil
            return Crontab.Job(times: times, command: command, identifier: name, comment: comment, isDisabled: commented)
        }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let state = state.named(state.name.stripped())
        let (name, user) = (state.name, settings.user)
        let job = settings.job(state)
        return try await state.either(
            would: {
                switch try await Crontab.read(user, state.call).status(job) {
                case "absent": StateResult(name: name, result: nil, comment: "Cron \(name) is set to be added")
                case "update": StateResult(name: name, result: nil, comment: "Cron \(name) is set to be updated")
                default: state.unchanged("Cron \(name) already present")
                }
            }, do: { answer(state, user, try await CronModule.set(state.call, user, job), kind: "Cron") })
    }

    private static func absent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let state = state.named(state.name.stripped())
        let (name, user) = (state.name, settings.user)
        let job = settings.job(state)
        return try await state.either(
            would: {
                // Salt looks at the jobs with given times alone, also where the job is a special one.
                let isThere = try await Crontab.read(user, state.call).jobs.contains {
                    $0.isSpecial == (settings.special != nil) && $0.matches(name, job.identifier)
                        && (settings.special == nil || $0.times[0] == settings.special)
                }
                if !isThere { return state.unchanged("Cron \(name) is absent") }
                return StateResult(name: name, result: nil, comment: "Cron \(name) is set to be removed")
            },
            do: {
                let made =
                    settings.special == nil
                    ? try await CronModule.removeJob(state.call, CronModule.Removal(user: user, cmd: name, identifier: job.identifier))
                    : try await CronModule.removeSpecial(
                        state.call, user: user, command: name, special: settings.special, identifier: job.identifier)
                return answer(state, user, made, kind: "Cron")
            })
    }

    private static func variablePresent(_ state: StateContext, name: String, value: String, user: String) async throws -> StateResult {
        try await state.either(
            would: {
                let old = try await Crontab.read(user, state.call).environment.first { $0.name == name }
                if let old, old.value == value { return state.unchanged("Cron env \(name) already present") }
                return StateResult(name: name, result: nil, comment: "Cron env \(name) is set to be \(old == nil ? "added" : "updated")")
            },
            do: {
                answer(
                    state, user, try await CronModule.setVariable(state.call, user: user, name: name, value: value), kind: "Cron env")
            })
    }

    private static func variableAbsent(_ state: StateContext, name: String, user: String) async throws -> StateResult {
        let state = state.named(name.stripped())
        let name = state.name
        return try await state.either(
            would: {
                let isThere = try await Crontab.read(user, state.call).environment.contains { $0.name == name }
                if !isThere { return state.unchanged("Cron env \(name) is absent") }
                return StateResult(name: name, result: nil, comment: "Cron env \(name) is set to be removed")
            }, do: { answer(state, user, try await CronModule.removeVariable(state.call, user: user, name: name), kind: "Cron env") })
    }

    private static func answer(_ state: StateContext, _ user: String, _ made: String, kind: String) -> StateResult {
        let subject = "\(kind) \(state.name)"
        let changes: ValueMap = [.string(user): .string(state.name)]
        switch made {
        case "present": return state.unchanged("\(subject) already present")
        case "absent": return state.unchanged("\(subject) already absent")
        case "new": return StateResult(name: state.name, result: true, comment: "\(subject) added to \(user)'s crontab", changes: changes)
        case "updated": return StateResult(name: state.name, result: true, comment: "\(subject) updated", changes: changes)
        case "removed":
            return StateResult(name: state.name, result: true, comment: "\(subject) removed from \(user)'s crontab", changes: changes)
        default: return state.failed("\(subject) for user \(user) failed to commit with error \n\(made)")
        }
    }
}
