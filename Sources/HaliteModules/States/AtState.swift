import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Jobs that run once, at a time.
package struct AtState: StateModule {
    package static let name = "at"
    package static let summary = "Jobs that run once, at a time."
    package static let requires: Requirement = .command("at")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A job is added.", Settings.self, body: present),
        StateFunction(
            "absent", "Jobs are removed: all, or those that are as said.", .required("name", "A name for the state."),
            .optional("jobid", nil as String?, "One job by its number."),
            .keywords("kwargs", "runas, tag, hour, minute, day, month, year."),
            body: absent),
        StateFunction("watch", "A job is added when something that it watches has changed.", Settings.self, body: watch),
        StateFunction("mod_watch", "What a job watches has changed.", WatchSettings.self, body: changed),
    ]

    struct Settings: ArgumentGroup {
        var timespec = ""
        var tag: String?
        var user: String?
        var job: String?
        var unique = false

        static let fields: [ArgumentField<Settings>] =
            [.field("timespec", \.timespec, "The time, as at reads it.", required: true)] + options
        static let options: [ArgumentField<Settings>] = [
            .field("tag", \.tag, "A word to find the job by."),
            .field("user", \.user, "Whose job."),
            .field("job", \.job, "The command; by default the name."),
            .field("unique_tag", \.unique, "Only where no job has the tag."),
        ]
    }

    struct WatchSettings: ArgumentGroup {
        var sfun = "watch"
        var settings = Settings()
        static let fields: [ArgumentField<WatchSettings>] =
            [.field("sfun", \.sfun, "The watching function."), .field("timespec", \.settings.timespec, "The time.")]
            + Settings.options.map { $0.within(\.settings) }
    }

    private static func watch(_ state: StateContext, _ settings: Settings) async throws -> StateResult { state.unchanged("") }

    private static func changed(_ state: StateContext, _ given: WatchSettings) async throws -> StateResult {
        given.sfun == "watch" ? try await present(state, given.settings) : state.failed("")
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let job = settings.job.flatMap { $0.isEmpty ? nil : $0 } ?? state.name
        if settings.unique {
            guard let tag = settings.tag, !tag.isEmpty else { return state.failed("no tag provided and unique_tag is set to True") }
            if try await !AtModule.matching(state.call, ["tag": .string(tag)]).isEmpty {
                return state.unchanged("atleast one job with tag \(tag) exists.")
            }
        }
        return try await state.either(
            would: {
                StateResult(name: state.name, result: nil, comment: "job \(job) added and will run on \(settings.timespec)")
            },
            do: {
                if let user = settings.user, try await state.call.host.user(named: user) == nil {
                    return state.failed("user \(user) does not exists")
                }
                // Salt writes the word None where there is no tag.
                var options: ValueMap = ["tag": .string(settings.tag ?? "None")]
                if let user = settings.user { options["runas"] = .string(user) }
                let made = try await AtModule.add(state.call, given: [.string(settings.timespec), .string(job)], options: options)
                if let error = made["error"] { return state.failed(error.pythonString) }
                let whose = settings.user.map { " as \($0)" } ?? ""
                return StateResult(
                    name: state.name, result: true, comment: "job \(job) added and will run\(whose) on \(settings.timespec)",
                    changes: made["jobs"]?.listValue?.first?.mapValue ?? [:])
            })
    }

    private static func absent(_ state: StateContext, name: String, number: String?, wanted: ValueMap) async throws -> StateResult {
        if wanted["limit"] != nil { return state.failed("limit parameter not supported \(name)") }
        let found: [AtModule.Job]
        if let number, !number.isEmpty {
            found = try await AtModule.jobs(state.call).filter { String($0.number) == number }
            if found.isEmpty { return state.unchanged("job with id \(number) not present") }
        } else {
            found = try await AtModule.matching(state.call, wanted)
        }
        if found.isEmpty { return state.unchanged("removed 0 job(s)") }
        return try await state.either(
            would: { StateResult(name: name, result: nil, comment: "removed ? job(s)") },
            do: {
                let made = try await AtModule.remove(state.call, given: found.map { .int($0.number) })
                let removed = made["jobs"]?["removed"] ?? []
                let comment = number.map { "job with id \($0) was removed" } ?? "removed \(removed.listValue?.count ?? 0) job(s)"
                return StateResult(name: name, result: true, comment: comment, changes: ["removed": removed])
            })
    }
}
