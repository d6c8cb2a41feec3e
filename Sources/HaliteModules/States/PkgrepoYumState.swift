import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Repositories that dnf and yum take packages from.
package struct PkgrepoYumState: StateModule {
    package static let name = "pkgrepo"
    package static let summary = "Repositories that dnf and yum take packages from."
    package static let requires: Requirement = .osFamily("RedHat")

    package static let functions: [StateFunction] = [
        StateFunction(
            "managed", "A repository is configured.", .required("name", "The repository."), .optional("copr", nil as String?, "A repository of Fedora's COPR."),
            .optional("enabled", nil as Value?, "Whether it is used."), .optional("disabled", nil as Value?, "Whether it is not used."),
            .keywords("kwargs", "humanname, baseurl, mirrorlist, metalink, gpgkey, gpgcheck, comments and all other settings of a repository."), body: managed),
        StateFunction(
            "absent", "A repository is not configured.", .required("name", "The repository."), .optional("copr", nil as String?, "A repository of Fedora's COPR."),
            .keywords("kwargs", "Ignored."), body: absent),
    ]

    private static let warning =
        "This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories."
    private static let internals: Set<String> = ["fun", "state", "__id__", "__sls__", "__env__", "order", "require", "watch", "require_in", "watch_in", "onchanges", "unless", "onlyif", "refresh", "ppa", "aptkey", "key_url", "key_text", "keyid", "keyserver", "allow_insecure_key", "clean_file", "file"]

    private static func managed(
        _ state: StateContext, name: String, copr: String?, enabled: Value?, disabled: Value?, options: ValueMap
    ) async throws -> StateResult {
        if options["repo"] != nil {
            return state.failed("'repo' is not a supported argument for this state. The 'name' argument is probably what was intended.")
        }
        if enabled != nil, disabled != nil { return state.failed("Only one of enabled/disabled is allowed") }
        let repo = copr.map { "copr:\($0)" } ?? name
        var wanted = ValueMap()
        for (key, value) in options where !internals.contains(key.pythonString) && key != "humanname" { wanted[key] = value }
        wanted["name"] = options["humanname"] ?? .string(name)
        wanted["enabled"] = .bool(disabled.map { !$0.isTrueAsSaltSees } ?? (enabled ?? true).isTrueAsSaltSees)
        let before: ValueMap
        do { before = try await state.call.call("pkg.get_repo", .string(repo)).mapValue ?? [:] } catch let error as ExecutionError {
            return state.failed("Failed to examine repo '\(name)': \(error)")
        }
        if !before.isEmpty, wanted.allSatisfy({ isAsWanted($0.key.pythonString, $0.value, before[$0.key]) }) {
            return state.unchanged("Package repo '\(name)' already configured")
        }
        var foreseen: ValueMap = before.isEmpty ? ["repo": .string(name)] : [:]
        if !before.isEmpty {
            for (key, value) in wanted where before[key] != value { foreseen[key] = ["new": value, "old": before[key] ?? .null] }
        }
        do {
            return try await state.change(
                foreseen, would: "Package repo '\(name)' would be configured. \(warning)", did: "Configured package repo '\(name)'"
            ) {
                _ = try await state.call.call("pkg.mod_repo", .string(repo), keywords: wanted)
                if before.isEmpty { return ["repo": .string(repo)] }
                let after = try await state.call.call("pkg.get_repo", .string(repo)).mapValue ?? [:]
                return ValueMap(wanted.keys.filter { after[$0] != before[$0] }.map { ($0, ["new": after[$0] ?? .null, "old": before[$0] ?? .null]) })
            }
        } catch let error as ExecutionError {
            return state.failed("Failed to configure repo '\(name)': \(error)")
        }
    }

    /// A setting that the repository lacks is no difference, but for being off.
    private static func isAsWanted(_ key: String, _ wanted: Value, _ present: Value?) -> Bool {
        guard let present else { return key != "enabled" || wanted.isTrueAsSaltSees }
        if key == "comments" {
            func lines(_ value: Value) -> [String] { (value.listValue ?? [value]).map { String($0.pythonString.drop { $0 == "#" }).stripped() } }
            return lines(wanted) == lines(present)
        }
        if wanted.boolValue != nil || present.boolValue != nil { return wanted.isTrueAsSaltSees == present.isTrueAsSaltSees }
        return wanted.pythonString == present.pythonString
    }

    private static func absent(_ state: StateContext, name: String, copr: String?, options: ValueMap) async throws -> StateResult {
        let name = copr.map { $0.hasPrefix("copr:") ? $0 : "copr:\($0)" } ?? name
        if ["keyid", "keyid_ppa"].contains(where: { options[$0].map { !$0.isNull } ?? false }) {
            return state.failed("Repo key management is not implemented for this platform")
        }
        let present: ValueMap
        do { present = try await state.call.call("pkg.get_repo", .string(name)).mapValue ?? [:] } catch let error as ExecutionError {
            return state.failed("Failed to configure repo '\(name)': \(error)")
        }
        if present.isEmpty { return state.unchanged("Package repo \(name) is absent") }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Package repo '\(name)' will be removed. \(warning)")
        }, do: {
            _ = try await state.call.call("pkg.del_repo", .string(name))
            let left = try await state.call.call("pkg.get_repo", .string(name)).mapValue ?? [:]
            if !left.isEmpty { return state.failed("Failed to remove repo \(name)") }
            return StateResult(name: state.name, result: true, comment: "Removed repo \(name)", changes: ["repo": .string(name)])
        })
    }
}
