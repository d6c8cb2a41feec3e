import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What Debian's tools switch on and off: sites, modules and pieces of configuration.
enum ApachePart: CaseIterable, Sendable {
    case site, module, conf

    /// The word in the names of tools.
    private var word: String {
        switch self {
        case .site: "site"
        case .module: "mod"
        case .conf: "conf"
        }
    }

    /// The word in comments of states.
    private var title: String { self == .module ? "module" : word }
    private var label: String { word.prefix(1).uppercased() + word.dropFirst() }

    var functions: [Function] {
        let name = Parameter<String>.required(word, "The name.")
        return [
            Function(
                "check_\(word)_enabled", "Tell whether a \(title) is on.", name,
                body: { (call: CallContext, name: String) async throws -> Bool in try await isEnabled(call, name) }),
            Function(
                "a2en\(word)", "Switch a \(title) on.", name,
                body: { (call: CallContext, name: String) async throws -> ValueMap in try await set(call, name, on: true) }),
            Function(
                "a2dis\(word)", "Switch a \(title) off.", name,
                body: { (call: CallContext, name: String) async throws -> ValueMap in try await set(call, name, on: false) }),
        ]
    }

    func isEnabled(_ call: CallContext, _ name: String) async throws -> Bool {
        func isLink(_ file: String) async throws -> Bool {
            try await call.host.isLink("/etc/apache2/\(word)s-enabled/\(file)".replacing("confs-", with: "conf-"))
        }
        let suffix = self == .module ? ".load" : ".conf"
        let file = name.hasSuffix(".conf") || (self == .module && name.hasSuffix(".load")) ? name : name + suffix
        if try await isLink(file) { return true }
        return self == .site && name == "default" ? try await isLink("000-\(file)") : false
    }

    private func set(_ call: CallContext, _ name: String, on: Bool) async throws -> ValueMap {
        guard !name.hasPrefix("-") else { throw ExecutionError("'\(name)' is no name of a \(title)") }
        let tool = (on ? "a2en" : "a2dis") + word
        guard await call.host.which(tool) != nil else {
            throw ExecutionError("'\(call.function)' needs the program \(tool), which is not in the path")
        }
        let code = try await ApacheModule.run(call, [tool, name], merged: true).code
        let status: Value =
            code == 0
            ? "\(label) \(name) \(on ? "enabled" : "disabled")".value
            : code == (on ? 1 : 256) ? "\(label) \(name) Not found".value : .int(code)
        return ["Name": "Apache2 \(on ? "Enable" : "Disable") \(label)".value, .string(label): name.value, "Status": status]
    }

    func state(_ state: StateContext, on: Bool) async throws -> StateResult {
        let name = state.name
        let verb = on ? "enable" : "disable"
        if try await isEnabled(state.call, name) == on { return state.unchanged("\(name) already \(verb)d.") }
        let changes: ValueMap = ["old": on ? .null : name.value, "new": on ? name.value : .null]
        return try await state.either(
            would: {
                state.planned("Apache \(title) \(name) is set to be \(verb)d.", changes: changes)
            },
            do: {
                let status = try await set(state.call, name, on: on)["Status"] ?? .null
                if status.stringValue?.contains("\(verb)d") == true {
                    return StateResult(name: name, result: true, comment: "", changes: changes)
                }
                return state.failed("Failed to \(verb) \(name) Apache \(title)" + (status.stringValue.map { " (\($0))" } ?? ""))
            })
    }

    var stateFunctions: [StateFunction] {
        let name = Parameter<String>.required("name", "The name.")
        return [
            StateFunction(
                "enabled", "A \(title) is on.", name,
                body: { (context: StateContext, _: String) async throws -> StateResult in try await state(context, on: true) }),
            StateFunction(
                "disabled", "A \(title) is off.", name,
                body: { (context: StateContext, _: String) async throws -> StateResult in try await state(context, on: false) }),
        ]
    }
}
