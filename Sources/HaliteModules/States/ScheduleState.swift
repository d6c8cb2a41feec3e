import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Jobs that the minion starts by itself.
package struct ScheduleState: StateModule {
    package static let name = "schedule"
    package static let summary = "Jobs that the minion starts by itself."

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A job is in the schedule.", .required("name", "The job."),
            .keywords("kwargs", "function, seconds, minutes, hours, days, when, cron, job_args, job_kwargs, splay, range and more."), body: present),
        StateFunction("absent", "A job is not in the schedule.", .required("name", "The job."), .keywords("kwargs", "persist, offline."), body: absent),
        StateFunction("enabled", "A job runs.", .required("name", "The job."), .keywords("kwargs", "persist."), body: { try await isOn($0, $1, $2, "Enabled", "schedule.enable_job") }),
        StateFunction("disabled", "A job does not run.", .required("name", "The job."), .keywords("kwargs", "persist."), body: { try await isOn($0, $1, $2, "Disabled", "schedule.disable_job") }),
    ]

    /// - Parameter planning: only ask what would be done; a journal has the plan made in a real run too.
    private static func ask(
        _ state: StateContext, _ function: String, _ name: String, _ options: ValueMap, planning: Bool = false
    ) async throws -> ValueMap {
        var keywords = options
        if planning || state.call.test { keywords["test"] = true }
        return try await state.call.call(function, Arguments([.string(name)], keywords: keywords)).mapValue ?? [:]
    }

    private static func isKnown(_ state: StateContext, _ name: String, _ options: ValueMap) async throws -> Value? {
        try await ScheduleModule.jobs(state.call, all: true, offline: options["offline"]?.isTruthy ?? false)[name]
    }

    private static func failure(_ state: StateContext, _ answer: ValueMap) -> StateResult? {
        answer["result"]?.isTruthy == true ? nil : state.failed(answer["comment"]?.pythonString ?? "")
    }

    private static func present(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        guard let current = try await isKnown(state, name, options) else {
            return try await state.either(would: {
                let answer = try await ask(state, "schedule.add", name, options, planning: true)
                return StateResult(name: name, result: true, comment: answer["comment"]?.pythonString ?? "", changes: [.string(name): "added"])
            }, do: {
                let answer = try await ask(state, "schedule.add", name, options)
                if let failure = failure(state, answer) { return failure }
                return StateResult(
                    name: name, result: true, comment: "Adding new job \(name) to schedule", changes: answer["changes"]?.mapValue ?? [:])
            })
        }
        do {
            if .map(try ScheduleItem.build(name, options)) == current { return state.unchanged("Job \(name) in correct state") }
        } catch let refusal as ScheduleItem.Refusal {
            return state.failed(refusal.comment)
        }
        let answer = try await ask(state, "schedule.modify", name, options)
        if let failure = failure(state, answer) { return failure }
        let changes = answer["changes"]?.mapValue ?? [:]
        return StateResult(
            name: name, result: true, comment: state.text(would: answer["comment"]?.pythonString ?? "", did: "Modifying job \(name) in schedule"),
            changes: changes)
    }

    private static func absent(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        guard try await isKnown(state, name, options) != nil else { return state.unchanged("Job \(name) not present in schedule") }
        let answer = try await ask(state, "schedule.delete", name, options)
        if let failure = failure(state, answer) { return failure }
        return StateResult(
            name: name, result: true, comment: state.text(would: answer["comment"]?.pythonString ?? "", did: "Removed job \(name) from schedule"),
            changes: answer["changes"]?.mapValue ?? [:])
    }

    private static func isOn(
        _ state: StateContext, _ name: String, _ options: ValueMap, _ past: String, _ function: String
    ) async throws -> StateResult {
        guard try await isKnown(state, name, options) != nil else { return state.unchanged("Job \(name) not present in schedule") }
        let answer = try await ask(state, function, name, options)
        if let failure = failure(state, answer) { return failure }
        return state.unchanged(state.text(would: answer["comment"]?.pythonString ?? "", did: "\(past) job \(name) from schedule"))
    }
}
