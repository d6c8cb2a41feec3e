import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// SELinux: its mode, its booleans and its modules.
package struct SelinuxState: StateModule {
    package static let name = "selinux"
    package static let summary = "SELinux: its mode, booleans, modules and policies."
    package static let requires: Requirement = SelinuxModule.requires

    package static let functions: [StateFunction] = general + policies

    private static let general: [StateFunction] = [
        StateFunction("mode", "SELinux is in a mode.", .required("name", "Enforcing, Permissive or Disabled."), body: mode),
        StateFunction(
            "boolean", "Booleans have values.", .required("name", "The boolean."), .optional("value", nil as Value, "Its value."),
            .optional("booleans", nil as Value, "Names and values, or names that have the one value."),
            .optional("persist", false, "After a boot too."), body: boolean),
        StateFunction("module", "A module is enabled or disabled.", ModuleSettings.self, body: module),
        StateFunction(
            "module_install", "A module is installed.", .required("name", "Its file."),
            body: { (state: StateContext, name: String) async throws -> StateResult in try await install(state, name) }),
        StateFunction(
            "module_remove", "A module is removed.", .required("name", "Its name."),
            body: { (state: StateContext, name: String) async throws -> StateResult in try await remove(state, name) }),
    ]

    struct ModuleSettings: ArgumentGroup {
        var state = "Enabled"
        var version = "any"
        var install = false
        var remove = false
        var source: String?

        static let fields: [ArgumentField<ModuleSettings>] = [
            .field("module_state", \.state, "Enabled or Disabled."),
            .field("version", \.version, "The version that it must have."),
            .field("install", \.install, "Install it first."),
            .field("remove", \.remove, "Remove it."),
            .field("source", \.source, "The file to install."),
        ]
    }

    private static func refinedMode(_ text: String) -> String? {
        let word = text.lowercased()
        if word.hasPrefix("e") || word == "1" || word == "on" { return "Enforcing" }
        if word.hasPrefix("p") || word == "0" || word == "off" { return "Permissive" }
        return word.hasPrefix("d") ? "Disabled" : nil
    }

    private static func mode(_ state: StateContext, name: String) async throws -> StateResult {
        guard let wanted = refinedMode(name) else { return state.failed("\(name) is not an accepted mode") }
        let configured = try await SelinuxModule.configuredMode(state.call)
        var current: String? = try await SelinuxModule.mode(state.call)
        if current == wanted, wanted != configured { current = configured }
        if current == wanted { return state.unchanged("SELinux is already in \(wanted) mode") }
        return try await state.either(
            would: {
                StateResult(
                    name: name, result: nil, comment: "SELinux mode is set to be changed to \(wanted)",
                    changes: ["old": current.value, "new": .string(wanted)])
            },
            do: {
                let new = try await SelinuxModule.setMode(state.call, given: wanted)
                let isDisabled = wanted == "Disabled" ? try await SelinuxModule.configuredMode(state.call) == wanted : false
                guard new == wanted || isDisabled else { return state.failed("Failed to set SELinux to \(wanted) mode") }
                return StateResult(
                    name: name, result: true, comment: "SELinux has been set to \(wanted) mode",
                    changes: ["old": current.value, "new": .string(new)])
            })
    }

    // MARK: - Booleans

    private static func refined(_ value: Value) -> String? {
        switch value.pythonString.lowercased() {
        case "1", "on", "yes", "true": "on"
        case "0", "off", "no", "false": "off"
        default: nil
        }
    }

    private static func boolean(_ state: StateContext, name: String, value: Value, given: Value, persist: Bool) async throws -> StateResult
    {
        var wanted = ValueMap()
        if let map = given.mapValue, !map.isEmpty {
            wanted = map
        } else if let list = given.listValue, !list.isEmpty {
            for item in list {
                if let map = item.mapValue { for (key, one) in map { wanted[key] = one } } else { wanted[item] = value }
            }
        } else {
            wanted[.string(name)] = value
        }
        let known = try await SelinuxModule.booleans(state.call)
        var (correct, changed, differences): ([String], ValueMap, ValueMap) = ([], [:], [:])
        for (key, one) in wanted {
            let boolean = key.pythonString
            guard let entry = known[boolean] else { return state.failed("Boolean \(boolean) is not available") }
            guard let text = refined(one) else {
                return state.failed("\(one.pythonString) is not a valid value for the boolean \(boolean)")
            }
            let (now, later) = (entry["State"] ?? .null, entry["Default"] ?? .null)
            if now == .string(text), !persist || later == .string(text) {
                correct.append(boolean)
                continue
            }
            changed[key] = .string(text)
            differences[key] =
                persist
                ? ["old": [now, later], "new": [.string(text), .string(text)]] : ["old": now, "new": .string(text)]
        }
        func sorted(_ names: [String]) -> String { names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ", ") }
        let first = correct.isEmpty ? [] : ["The following booleans were in the correct state: " + sorted(correct)]
        if changed.isEmpty { return state.unchanged(first.joined(separator: "\n")) }
        let names = sorted(changed.keys.map(\.pythonString))
        return try await state.either(
            would: {
                let comment = (first + ["The following booleans would be changed: \(names)"]).joined(separator: "\n")
                return StateResult(name: name, result: nil, comment: comment, changes: differences)
            },
            do: {
                guard try await SelinuxModule.setBooleans(state.call, pairs: changed, persist: persist) else {
                    return state.failed("Failed to set the following booleans: \(Value.map(wanted).pythonRepr)")
                }
                let comment = (first + ["The following booleans have been changed: \(names)"]).joined(separator: "\n")
                return StateResult(name: name, result: true, comment: comment, changes: differences)
            })
    }

    // MARK: - Modules

    private static func isEnabled(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "on", "yes", "true", "enabled": true
        case "0", "off", "no", "false", "disabled": false
        default: nil
        }
    }

    private static func install(_ state: StateContext, _ path: String) async throws -> StateResult {
        try await state.either(
            would: {
                StateResult(name: path, result: nil, comment: "Module \(path) is set to be installed")
            },
            do: {
                guard try await SelinuxModule.install(state.call, path: path) else {
                    return state.named(path).failed("Failed to install module \(path)")
                }
                return StateResult(name: path, result: true, comment: "Module \(path) has been installed")
            })
    }

    private static func remove(_ state: StateContext, _ name: String) async throws -> StateResult {
        guard try await SelinuxModule.modules(state.call)[name] != nil else { return state.failed("Module \(name) is not available") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Module \(name) is set to be removed")
            },
            do: {
                guard try await SelinuxModule.remove(state.call, name: name) else { return state.failed("Failed to remove module \(name)") }
                return state.unchanged("Module \(name) has been removed")
            })
    }

    private static func module(_ state: StateContext, _ settings: ModuleSettings) async throws -> StateResult {
        let name = state.name
        if settings.install, settings.remove { return state.failed("Cannot install and remove at the same time") }
        if settings.remove { return try await remove(state, name) }
        if settings.install {
            let installed = try await install(state, settings.source ?? name)
            if installed.result != true { return installed }
        }
        guard let entry = try await SelinuxModule.modules(state.call)[name] else { return state.failed("Module \(name) is not available") }
        guard let wanted = isEnabled(settings.state) else {
            return state.failed("\(settings.state) is not a valid state for the \(name) module.")
        }
        if settings.version != "any" {
            let version = entry["Version"] ?? .null
            if version != .string(settings.version) {
                return state.failed(
                    "Module version is \(version.pythonString) and does not match the desired version of \(settings.version) or you are using semodule >= 2.4"
                )
            }
        }
        if entry["Enabled"] == .bool(wanted) { return state.unchanged("Module \(name) is in the desired state") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Module \(name) is set to be toggled to \(settings.state)")
            },
            do: {
                guard try await SelinuxModule.setModule(state.call, name: name, state: wanted ? "enabled" : "disabled") else {
                    return state.failed("Failed to set the Module \(name) to \(settings.state)")
                }
                return state.unchanged("Module \(name) has been set to \(settings.state)")
            })
    }
}
