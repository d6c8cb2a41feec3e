import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Facts that are set by hand.
package struct GrainsState: StateModule {
    package static let name = "grains"
    package static let summary = "Facts that are set by hand."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A grain has a value.", .required("name", "Its path."), .required("value", "The value."), .optional("delimiter", ":", "What divides the path."), .optional("force", false, "Overwrite lists and dictionaries."), body: present),
        StateFunction("absent", "A grain has no value.", .required("name", "Its path."), .optional("destructive", false, "Remove the grain itself."), .optional("delimiter", ":", "What divides the path."), .optional("force", false, "Also a list or dictionary."), body: absent),
        StateFunction("exists", "A grain is there.", .required("name", "Its path."), .optional("delimiter", ":", "What divides the path."), body: exists),
        StateFunction("append", "A grain that is a list holds a value.", .required("name", "Its path."), .required("value", "The value."), .optional("convert", false, "Make a list of it."), .optional("delimiter", ":", "What divides the path."), body: append),
        StateFunction("list_present", "A grain that is a list holds values.", .required("name", "Its path."), .required("value", "One value or a list."), .optional("delimiter", ":", "What divides the path."), body: listPresent),
        StateFunction("list_absent", "A grain that is a list does not hold values.", .required("name", "Its path."), .required("value", "One value or a list."), .optional("delimiter", ":", "What divides the path."), body: listAbsent),
    ]

    private static func find(_ state: StateContext, _ name: String, _ delimiter: String) -> Value? {
        CallContext.traverse(.map(state.call.grains), name, delimiter: delimiter)
    }

    private static func set(_ state: StateContext, _ name: String, _ value: Value, force: Bool, destructive: Bool = false) async throws -> ValueMap {
        let answer = try await state.call.call(
            "grains.set", Arguments([.string(name), value], keywords: ["force": .bool(force), "destructive": .bool(destructive)]))
        return answer.mapValue ?? [:]
    }

    private static func present(_ state: StateContext, name: String, value: Value, delimiter: String, force: Bool) async throws -> StateResult {
        let existing = find(state, name, delimiter)
        if existing == value { return state.unchanged("Grain is already set") }
        return try await state.either(would: {
            existing == nil
                ? StateResult(name: name, result: nil, comment: "Grain \(name) is set to be added", changes: ["new": .string(name)])
                : StateResult(name: name, result: nil, comment: "Grain \(name) is set to be changed", changes: ["changed": [.string(name): value]])
        }, do: {
            let answer = try await set(state, name, value, force: force)
            guard answer["result"] == true else { return state.failed(answer["comment"]?.pythonString ?? "") }
            return StateResult(
                name: name, result: true, comment: "Set grain \(name) to \(value.pythonString)", changes: answer["changes"]?.mapValue ?? [:])
        })
    }

    private static func absent(_ state: StateContext, name: String, destructive: Bool, delimiter: String, force: Bool) async throws -> StateResult {
        guard let existing = find(state, name, delimiter) else { return state.unchanged("Grain \(name) does not exist") }
        if existing.isNull, !destructive { return state.unchanged("") }
        let changes: ValueMap = destructive ? ["deleted": .string(name)] : ["grain": .string(name), "value": .null]
        let would = destructive ? "Grain \(name) is set to be deleted" : "Value for grain \(name) is set to be deleted (None)"
        var failure: String?
        var result = try await state.change(changes, would: would, did: destructive ? "Grain \(name) was deleted" : "Value for grain \(name) was set to None") {
            let answer = try await set(state, name, .null, force: force, destructive: destructive)
            if answer["result"] != true { failure = answer["comment"]?.pythonString ?? "" }
            return failure == nil ? nil : [:]
        }
        if let failure { result = state.failed(failure) }
        return result
    }

    private static func exists(_ state: StateContext, name: String, delimiter: String) async throws -> StateResult {
        find(state, name, delimiter) == nil ? state.failed("Grain does not exist") : state.unchanged("Grain exists")
    }

    private static func append(_ state: StateContext, name: String, value: Value, convert: Bool, delimiter: String) async throws -> StateResult {
        guard let existing = find(state, name, delimiter) else { return state.failed("Grain \(name) does not exist") }
        if case .list(let list) = existing {
            if list.contains(value) { return state.unchanged("Value \(value.pythonString) is already in the list for grain \(name)") }
        } else if !convert {
            return state.failed("Grain \(name) is not a valid list")
        }
        let would = existing.listValue != nil
            ? "Value \(value.pythonString) in grain \(name) is set to be added"
            : "Grain \(name) is set to be converted to list and value \(value.pythonString) will be added"
        return try await state.change(["added": value], would: would, did: "Value \(value.pythonString) was added to grain \(name)") {
            _ = try await state.call.call("grains.append", .string(name), value, keywords: ["convert": .bool(convert)])
            return nil
        }
    }

    private static func listPresent(_ state: StateContext, name: String, value: Value, delimiter: String) async throws -> StateResult {
        let grain = find(state, name, delimiter)
        if let grain, grain.isTruthy, grain.listValue == nil { return state.failed("Grain \(name) is not a valid list") }
        let known = grain?.listValue ?? []
        let wanted = value.listValue ?? [value]
        let missing = wanted.filter { !known.contains($0) }
        if missing.isEmpty { return state.unchanged("Value \(value.pythonString) is already in grain \(name) (or pending)") }
        let shown: Value = value.listValue == nil ? value : .list(missing)
        let would = known.isEmpty ? "Grain \(name) is set to be added" : "Value \(shown.pythonString) is set to be appended to grain \(name)"
        let note = missing.count < wanted.count ? "Removed value \(Value.list(wanted.filter { known.contains($0) }).pythonString) from update due to value found in \"\(name)\" (or pending).\n" : ""
        return try await state.change(
            ["new": grain ?? ""], would: would, did: "\(note)Append value \(shown.pythonString) to grain \(name)"
        ) {
            ["new": try await state.call.call("grains.append", .string(name), shown)]
        }
    }

    private static func listAbsent(_ state: StateContext, name: String, value: Value, delimiter: String) async throws -> StateResult {
        guard let grain = find(state, name, delimiter), grain.isTruthy else { return state.unchanged("Grain \(name) does not exist") }
        guard case .list(let known) = grain else { return state.failed("Grain \(name) is not a valid list") }
        let wanted = value.listValue ?? [value]
        let present = wanted.filter { known.contains($0) }
        func lines(_ verb: String) -> String {
            wanted.map { known.contains($0) ? "Value \($0.pythonString) \(verb)" : "Value \($0.pythonString) is absent from grain \(name)" }.joined(separator: "\n")
        }
        if present.isEmpty { return state.unchanged(lines("")) }
        return try await state.change(
            ["deleted": .list(present)], would: lines("in grain \(name) is set to be deleted"), did: lines("was deleted from grain \(name)")
        ) {
            let left = known.filter { !present.contains($0) }
            _ = try await state.call.call("grains.set", Arguments([.string(name), .list(left)], keywords: ["force": true]))
            return nil
        }
    }
}
