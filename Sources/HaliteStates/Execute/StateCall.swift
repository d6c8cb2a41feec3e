import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The call of one state function: conditions before it, the function, `check_cmd` and `retry` behind it.
struct StateCall: Sendable {
    let context: CallContext
    let chunk: LowChunk
    /// The run for `prereq`, which only foresees.
    let testRun: Bool

    /// The result dictionary. A nil number leaves out what belongs to a real run.
    func run(number: Int?) async -> ValueMap {
        let timing = StateTiming.start()
        if let refusal = refusal() {
            guard let number else { return refusal }
            var result = refusal
            result["__run_num__"] = .int(number)
            return result
        }
        var result = await attempt()
        guard let number else { return result }
        result["__sls__"] = chunk.data["__sls__"] ?? .null
        result["__run_num__"] = .int(number)
        result["start_time"] = .string(timing.text)
        result["duration"] = .float(timing.elapsedMilliseconds)
        result["__id__"] = .string(chunk.id)
        guard let retry = chunk.data["retry"] else { return result }
        return await self.retry(StateRetry(retry), first: result, timing: timing)
    }

    private func retry(_ policy: StateRetry, first: ValueMap, timing: StateTiming) async -> ValueMap {
        var result = first
        if context.test {
            let comment = result["comment"]?.pythonString ?? ""
            result["comment"] = .string(
                comment + "  The state would be retried every \(policy.interval) seconds (with a splay of up to \(policy.splay) "
                    + "seconds) a maximum of \(policy.attempts) times or until a result of \(Value.bool(policy.until).pythonString) is returned")
            return result
        }
        var attempts: [String] = []
        var number = 1
        while result["result"] != .bool(policy.until), number < policy.attempts {
            attempts.append(
                "Attempt \(number): Returned a result of \"\(result["result"]?.pythonString ?? "None")\", "
                    + "with the following comment: \"\(result["comment"]?.pythonString ?? "")\"")
            let splay = policy.splay > 0 ? Int.random(in: 0...policy.splay) : 0
            try? await Task.sleep(for: .seconds(policy.interval + splay))
            if Task.isCancelled { break }
            let next = await attempt()
            for (key, value) in next { result[key] = value }
            number += 1
        }
        if !attempts.isEmpty {
            result["comment"] = .string((attempts + [result["comment"]?.pythonString ?? ""]).joined(separator: "\n"))
            result["duration"] = .float(timing.elapsedMilliseconds)
            result["__run_num__"] = .int((result["__run_num__"]?.intValue ?? 0) + attempts.count)
        }
        return result
    }

    /// What speaks against calling the function at all: it is not there, or an argument is missing or unknown.
    private func refusal() -> ValueMap? {
        guard let function = context.services.registry.states[chunk.fullName] else {
            return Self.result(chunk.name, false, comment: unknownState() + "\n")
        }
        for parameter in function.parameters {
            if case .required = parameter.kind, chunk.data[parameter.name] == nil {
                return Self.result(chunk.name, false, comment: "Missing parameter \(parameter.name) for state \(chunk.fullName)\n")
            }
        }
        return arguments(of: function).complaint.map { Self.result(chunk.name, false, comment: $0 + "\n") }
    }

    /// Check the conditions, call.
    private func attempt() async -> ValueMap {
        let name = chunk.name
        do {
            let function = try requiredFunction()
            if let skipped = try await StateConditions(context: context, chunk: chunk).check() { return skipped }
            let arguments = try await resolveSlots(arguments(of: function).arguments)
            var call = context
            call.function = chunk.fullName
            call.test = context.test || testRun
            call.saltenv = chunk.data["saltenv"]?.stringValue ?? chunk.saltenv
            let state = StateContext(call: call, name: name, id: chunk.id, sls: chunk.sls, low: chunk.data)
            let outcome = try await function.call(state, Arguments(keywords: arguments))
            var result = Self.result(outcome.name, outcome.result, comment: outcome.comment, changes: outcome.changes)
            for (key, value) in outcome.extra { result[key] = value }
            if !outcome.warnings.isEmpty { result["warnings"] = outcome.warnings.value }
            if chunk.data["check_cmd"] != nil, !function.parameters.contains(where: { $0.name == "check_cmd" }) {
                let checked = try await StateConditions(context: context, chunk: chunk).checkCommand()
                for (key, value) in checked { result[key] = value }
            }
            return result
        } catch {
            return Self.result(name, false, comment: "An exception occurred in this state: \(error)")
        }
    }

    private static func result(_ name: String, _ result: Bool?, comment: String, changes: ValueMap = [:]) -> ValueMap {
        ["name": .string(name), "changes": .map(changes), "result": result.value, "comment": .string(comment)]
    }

    private func unknownState() -> String {
        let registry = context.services.registry
        var text = "State '\(chunk.fullName)' was not found in SLS '\(chunk.sls)'"
        if let requirement = registry.withheld[chunk.state] {
            text += "\nReason: '\(chunk.state)' is not offered on this host (needs \(requirement))"
        } else {
            text += "\nReason: '\(chunk.fullName)' is not available."
            if let nearest = NearestName.find(chunk.fullName, among: registry.states.keys.sorted()) { text += " Did you mean '\(nearest)'?" }
        }
        return text
    }

    private func requiredFunction() throws -> StateFunction {
        guard let function = context.services.registry.states[chunk.fullName] else { throw ExecutionError(unknownState()) }
        return function
    }

    /// What the function declares, from the chunk; and what is wrong when the chunk has more than that.
    private func arguments(of function: StateFunction) -> (arguments: ValueMap, complaint: String?) {
        let declared = Set(function.parameters.map(\.name))
        let takesMore = function.parameters.contains { if case .keywords = $0.kind { true } else { false } }
        var arguments = ValueMap()
        var unknown: [String] = []
        for (key, value) in chunk.data {
            let name = key.pythonString
            if declared.contains(name) {
                arguments[key] = value
            } else if !StateKeywords.isInternal(name) {
                if takesMore { arguments[key] = value } else { unknown.append(name) }
            }
        }
        if unknown.isEmpty { return (arguments, nil) }
        let hint = unknown.lazy.compactMap { NearestName.find($0, among: declared.sorted()) }.first.map { ", did you mean '\($0)'?" } ?? ""
        let quoted = unknown.map { "'\($0)'" }
        let subject =
            quoted.count == 1
            ? "\(quoted[0]) is an invalid keyword argument"
            : "\(quoted.dropLast().joined(separator: ", ")) and \(quoted[quoted.count - 1]) are invalid keyword arguments"
        return (arguments, "\(subject) for '\(chunk.fullName)'\(hint)")
    }

    /// `__slot__:salt:function(args)` in an argument becomes what the function returns.
    private func resolveSlots(_ arguments: ValueMap) async throws -> ValueMap {
        var resolved = arguments
        for (key, value) in arguments {
            switch value {
            case .string(let text) where text.hasPrefix(Slot.prefix):
                resolved[key] = try await Slot(text).evaluate(context)
            case .map(var map):
                for (inner, text) in map {
                    if case .string(let text) = text, text.hasPrefix(Slot.prefix) { map[inner] = try await Slot(text).evaluate(context) }
                }
                resolved[key] = .map(map)
            case .list(var list):
                for index in list.indices {
                    if case .string(let text) = list[index], text.hasPrefix(Slot.prefix) { list[index] = try await Slot(text).evaluate(context) }
                }
                resolved[key] = .list(list)
            default: continue
            }
        }
        return resolved
    }
}

/// How often a failed state is tried again.
struct StateRetry {
    var until = true
    var attempts = 2
    var interval = 30
    var splay = 0

    /// A map of settings, or `True` for the defaults; anything else means the defaults, as in Salt.
    init(_ value: Value) {
        switch value {
        case .map(let map):
            until = map["until"]?.boolValue ?? until
            attempts = map["attempts"]?.intValue ?? attempts
            interval = map["interval"]?.intValue ?? interval
            splay = map["splay"]?.intValue ?? splay
        case .bool(false): attempts = 0
        default: break
        }
    }
}
