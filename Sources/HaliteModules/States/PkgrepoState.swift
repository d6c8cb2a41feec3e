import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Repositories that apt takes packages from.
package struct PkgrepoState: StateModule {
    package static let name = "pkgrepo"
    package static let summary = "Repositories that apt takes packages from."
    package static let requires: Requirement = .osFamily("Debian")

    package static let functions: [StateFunction] = [
        StateFunction(
            "managed", "A repository is configured.", .required("name", "Its line."), .optional("ppa", nil as Value?, "A personal archive of Launchpad, as OWNER/NAME."),
            .optional("copr", nil as Value?, "For other systems."), .optional("aptkey", true, "Give keys to apt-key where the host has it."),
            .keywords(
                "kwargs",
                "file, comps, dist, architectures, enabled or disabled, signedby, trusted, keyid with keyserver, key_url (allow_insecure_key), key_text, comments, clean_file, consolidate, ppa_auth, refresh."),
            body: managed),
        StateFunction(
            "absent", "A repository is not configured.", .required("name", "Its line."),
            .keywords("kwargs", "ppa, ppa_auth; keyid, keyid_ppa: the key is removed too."), body: absent),
    ]

    static let warning =
        "This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories."
    private static let internals: Set<String> = [
        "fun", "state", "__id__", "__sls__", "__env__", "order", "require", "watch", "prereq", "onchanges", "onfail", "require_in", "watch_in",
        "unless", "onlyif", "saltenv",
    ]

    // MARK: - Configured

    private static func managed(
        _ state: StateContext, name: String, ppa: Value?, copr: Value?, aptkey: Bool, given: ValueMap
    ) async throws -> StateResult {
        if given["repo"] != nil {
            return state.failed("'repo' is not a supported argument for this state. The 'name' argument is probably what was intended.")
        }
        var options = ValueMap(given.filter { !internals.contains($0.key.pythonString) }.map { ($0.key, $0.value) })
        let (enabled, disabled) = (options["enabled"], options["disabled"])
        if enabled.map(\.isNull) == false, disabled.map(\.isNull) == false { return state.failed("Only one of enabled/disabled is allowed") }
        options["enabled"] = nil
        options["disabled"] = nil
        let allowsPlain = options["allow_insecure_key"] ?? true
        options["allow_insecure_key"] = nil
        if !allowsPlain.isTruthy, options["key_url"]?.stringValue?.stripped().hasPrefix("http:") == true {
            return state.failed("Cannot have 'key_url' using http with 'allow_insecure_key' set to True")
        }
        let repo = ppa.map { "ppa:\($0.pythonString)" } ?? name
        options["name"] = .string(name)
        if let enabled, !enabled.isNull {
            options["disabled"] = .bool(!enabled.isTrueAsSaltSees)
        } else {
            options["disabled"] = .bool(disabled?.isTrueAsSaltSees ?? false)
        }
        return try await configure(state, repo, aptkey, options)
    }

    private static func configure(_ state: StateContext, _ repo: String, _ aptkey: Bool, _ given: ValueMap) async throws -> StateResult {
        let name = state.name
        var options = given
        let before: ValueMap
        do { before = try await state.call.call("pkg.get_repo", .string(repo), keywords: options).mapValue ?? [:] } catch let error as ExecutionError {
            return state.failed("Failed to examine repo '\(name)': \(error)")
        }
        let wanted = try AptRepositoryComparison.expand(repo, options, state.call.grains)
        var comparison = AptRepositoryComparison(before: before, wanted: wanted, comments: options["comments"].map(PkgApt.combined))
        comparison.tellsFile = try await hasStrangers(state, options)
        if !before.isEmpty, !comparison.tellsFile, comparison.isSame {
            return state.unchanged("Package repo '\(name)' already configured")
        }
        if let uri = before["uri"], uri != wanted["uri"] { options["uri"] = options["uri"] ?? wanted["uri"] }
        if options["uris"] == nil, let uris = before["uris"]?.listValue, let first = wanted["uris"]?.listValue?.first, !uris.contains(first) {
            options["uris"] = wanted["uris"]
        }
        let foreseen: ValueMap = before.isEmpty ? ["repo": .string(name)] : comparison.changes(to: wanted)
        var isConfigured = false
        let settled = comparison
        do {
            return try await state.change(
                foreseen, would: "Package repo '\(name)' would be configured. \(warning)", did: "Configured package repo '\(name)'"
            ) {
                if options["clean_file"]?.isTruthy == true {
                    guard let file = options["file"]?.stringValue else { throw ExecutionError("clean_file needs the argument 'file'") }
                    try await state.call.host.write(file, [], FileAttributes())
                }
                var keywords = options
                keywords["aptkey"] = .bool(aptkey)
                keywords["saltenv"] = .string(state.call.saltenv)
                _ = try await state.call.call("pkg.mod_repo", .string(repo), keywords: keywords)
                isConfigured = true
                let after = try await state.call.call("pkg.get_repo", .string(repo), keywords: options).mapValue ?? [:]
                return before.isEmpty ? ["repo": .string(repo)] : settled.changes(to: after)
            }
        } catch {
            return state.failed("Failed to \(isConfigured ? "confirm config of" : "configure") repo '\(name)': \(error)")
        }
    }

    /// Whether a file that is to hold nothing else does.
    private static func hasStrangers(_ state: StateContext, _ options: ValueMap) async throws -> Bool {
        guard options["clean_file"]?.isTruthy == true, let file = options["file"]?.stringValue, let text = await state.call.host.readTextIfPresent(file)
        else { return false }
        return PythonLines.split(text).map { $0.stripped() }.contains { !$0.isEmpty && !$0.hasPrefix("#") && $0 != state.name.stripped() }
    }

    // MARK: - Not configured

    private static func absent(_ state: StateContext, name given: String, options given2: ValueMap) async throws -> StateResult {
        var (name, options) = (given, given2.filter { !internals.contains($0.key.pythonString) }.reduce(into: ValueMap()) { $0[$1.key] = $1.value })
        if let ppa = options["ppa"], ["Ubuntu", "Mint"].contains(state.call.grains["os"]?.stringValue ?? "") {
            options["ppa"] = nil
            name = ppa.pythonString.hasPrefix("ppa:") ? ppa.pythonString : "ppa:\(ppa.pythonString)"
        }
        let removesKey = ["keyid", "keyid_ppa"].contains { options[.string($0)].map { !$0.isNull } ?? false }
        let line = name.words().map { word in
            ["http://", "https://", "ftp://"].contains { word.hasPrefix($0) } ? PkgApt.plain(word) : word
        }.joined(separator: " ")
        let present: ValueMap
        do { present = try await state.call.call("pkg.get_repo", .string(line), keywords: options).mapValue ?? [:] } catch let error as ExecutionError {
            return state.failed("Failed to configure repo '\(name)': \(error)")
        }
        let architectures = Set(present["architectures"]?.listValue?.map(\.pythonString) ?? [])
        if present.isEmpty || architectures != Set(AptLine(line).architectures) { return state.unchanged("Package repo \(name) is absent") }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Package repo '\(name)' will be removed. \(warning)")
        }, do: {
            do { _ = try await state.call.call("pkg.del_repo", .string(line), keywords: options) } catch let error as ExecutionError {
                return state.failed("\(error)")
            }
            var result = StateResult(name: state.name, result: true, comment: "Removed repo \(name)", changes: ["repo": .string(name)])
            guard removesKey else { return result }
            do {
                let key = try await state.call.call("pkg.del_repo_key", .string(line), keywords: options)
                result.changes["keyid"] = key
                result.comment += ", and keyid \(key.pythonString)"
            } catch let error as ExecutionError {
                result.result = false
                result.comment += ", but failed to remove key: \(error)"
            }
            return result
        })
    }
}
