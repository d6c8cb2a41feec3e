import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The call of one state function: conditions before it, the function, `check_cmd` and `retry` behind it.
struct StateCall: Sendable {
    let context: CallContext
    let chunk: LowChunk
    /// The run for `prereq`, which only foresees.
    let testRun: Bool
    var settings = StateSettings()
    /// `mock=True`: everything is checked and nothing is called.
    var isMocked = false

    /// The result dictionary. A nil number leaves out what belongs to a real run.
    func run(number: Int?) async -> ValueMap {
        let timing = StateTiming.start()
        if let refusal = await refusal() {
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
        if let retry = chunk.data["retry"] { result = await self.retry(StateRetry(retry), first: result, timing: timing) }
        return chunk.data["no_log"]?.isTruthy == true ? Self.masked(result) : result
    }

    /// The result of a state that runs beside others; it is tried again here as Salt does it there.
    func runParallel(number: Int) async -> ValueMap {
        let timing = StateTiming.start()
        if let refusal = await refusal() { return refusal }
        var result = await attempt()
        result["start_time"] = .string(timing.text)
        result["__parallel__"] = true
        if let retry = chunk.data["retry"] { result = await retryParallel(StateRetry(retry), first: result) }
        result["duration"] = .float(timing.elapsedMilliseconds)
        return chunk.data["no_log"]?.isTruthy == true ? Self.masked(result) : result
    }

    private func retry(_ policy: StateRetry, first: ValueMap, timing: StateTiming) async -> ValueMap {
        var result = first
        if context.test { return policy.foretold(result) }
        var attempts: [String] = []
        var number = 1
        while result["result"] != .bool(policy.until), number < policy.attempts {
            attempts.append(policy.attempt(number, result))
            guard await policy.wait() else { break }
            let next = await attempt()
            for key in ["warnings", "skip_watch"] { result.removeValue(forKey: key) }
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

    private func retryParallel(_ policy: StateRetry, first: ValueMap) async -> ValueMap {
        var result = first
        if context.test { return policy.foretold(result) }
        var number = 1
        while result["result"] != .bool(policy.until), number <= policy.attempts {
            guard await policy.wait() else { break }
            let comment = result["comment"]?.pythonString ?? ""
            let next = await attempt()
            let added = next["comment"]?.pythonString ?? ""
            for (key, value) in next { result[key] = value }
            result["comment"] = .string(comment + "\n" + (added.isEmpty ? "" : policy.attempt(number, next)))
            number += 1
        }
        return result
    }

    /// `no_log: True`: the texts and numbers of the result are not to be seen.
    private static func masked(_ result: ValueMap) -> ValueMap {
        func mask(_ value: Value) -> Value {
            switch value {
            case .map(let map): .map(ValueMap(map.map { ($0.key, mask($0.value)) }))
            case .list(let list): .list(list.map(mask))
            default: value.isTruthy ? "**********" : value
            }
        }
        var result = result
        for key in ["name", "comment", "changes"] { result[key] = result[key].map(mask) }
        return result
    }

    /// What speaks against calling the function at all: it is not there, or an argument is missing or unknown.
    func refusal() async -> ValueMap? {
        let complaints = await complaints()
        return complaints.isEmpty ? nil : Self.result(chunk.name, false, comment: complaints.map { $0 + "\n" }.joined())
    }

    /// What is wrong with the chunk, as Salt's `verify_data` words it.
    func complaints() async -> [String] {
        var found = ["state", "fun", "name"].filter { chunk.data[$0] == nil }.map { "Missing \"\($0)\" data" }
        if let name = chunk.data["name"], name.isTruthy, name.stringValue == nil {
            let place = chunk.data["__sls__"].map { "in SLS '\($0.pythonString)' " } ?? ""
            found.append("ID '\(name.pythonString)' \(place)is not formed as a string, but is a \(name.typeName)")
        }
        if let umask = chunk.data["umask"], Umask(umask.pythonString) == nil { found.append("Invalid umask: \(umask.pythonString)") }
        if !found.isEmpty { return found }
        guard let function = context.services.registry.states[chunk.fullName] else { return [unknownState()] }
        for parameter in function.parameters {
            if case .required = parameter.kind, chunk.data[parameter.name] == nil {
                found.append("Missing parameter \(parameter.name) for state \(chunk.fullName)")
            }
        }
        if found.isEmpty, let complaint = arguments(of: function).complaint { found.append(complaint) }
        return found
    }

    /// Check the conditions, call, check the outcome.
    private func attempt() async -> ValueMap {
        do {
            let function = try requiredFunction()
            let conditions = StateConditions(context: context, chunk: chunk)
            if let skipped = try await conditions.check() { return skipped }
            var result = try await outcome(of: function)
            if chunk.data["check_cmd"] != nil, !function.parameters.contains(where: { $0.name == "check_cmd" }) {
                for (key, value) in try await conditions.checkCommand() { result[key] = value }
            }
            return result
        } catch {
            return Self.result(chunk.name, false, comment: "An exception occurred in this state: \(error)")
        }
    }

    private func outcome(of function: StateFunction) async throws -> ValueMap {
        let name = chunk.name
        if isMocked { return Self.result(name, true, comment: "Not called, mocked") }
        if try await isUnwanted() { return Self.result(name, nil, comment: "Failed to meet global state conditions. State not called.") }
        let arguments = try await resolveSlots(arguments(of: function).arguments)
        var call = context
        call.function = chunk.fullName
        call.runas = chunk.data["runas"]?.stringValue
        if let umask = chunk.data["umask"].flatMap({ Umask($0.pythonString) }) { call.host = UmaskHost(base: call.host, umask: umask) }
        call.test = context.test || testRun
        if let journal = call.journal, !call.test {
            call.host = JournaledHost(base: call.host) { [id = chunk.id] step in try await journal.willPerform(step, id: id) }
        }
        call.saltenv = chunk.data["saltenv"]?.stringValue ?? chunk.saltenv
        let state = StateContext(call: call, name: name, id: chunk.id, sls: chunk.sls, low: chunk.data)
        let outcome = try await function.call(state, Arguments(keywords: arguments))
        var result = Self.result(outcome.name, outcome.result, comment: outcome.comment, changes: outcome.changes)
        for (key, value) in outcome.extra { result[key] = value }
        if !outcome.warnings.isEmpty { result["warnings"] = outcome.warnings.value }
        return result
    }

    /// `global_state_conditions`: none of the targets that speak about the state matches this minion.
    private func isUnwanted() async throws -> Bool {
        guard let conditions = settings.conditions(of: chunk) else { return false }
        for condition in conditions where try await context.call("match.compound", .string(condition)).isTruthy { return false }
        return true
    }

    private static func result(_ name: String, _ result: Bool?, comment: String, changes: ValueMap = [:]) -> ValueMap {
        ["name": .string(name), "changes": .map(changes), "result": result.value, "comment": .string(comment)]
    }

    private func unknownState() -> String {
        let registry = context.services.registry
        let nearest = NearestName.find(chunk.fullName, among: registry.states.names.sorted()).map { " Did you mean '\($0)'?" } ?? ""
        guard chunk.data["__sls__"] != nil else { return "Specified state '\(chunk.fullName)' was not found\(nearest.isEmpty ? "" : "." + nearest)" }
        let text = "State '\(chunk.fullName)' was not found in SLS '\(chunk.sls)'\nReason: "
        if let requirement = registry.withheld[chunk.state] {
            return text + "'\(chunk.state)' is not offered on this host (needs \(requirement))"
        }
        return text + "'\(chunk.fullName)' is not available.\(nearest)"
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
