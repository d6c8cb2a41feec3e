import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Renders the SLS of a pillar with what they include, and merges them.
struct PillarRenderer {
    let files: any FileClient
    let context: CallContext
    let settings: PillarSettings
    /// The environments that have roots.
    let environments: Set<String>
    /// Names that may be missing, by environment.
    let ignored: [String: Set<String>]
    let log: @Sendable (String) -> Void

    private(set) var errors: [String] = []
    private var catalogues: [String: SLSCatalogue] = [:]

    init(
        files: any FileClient, context: CallContext, settings: PillarSettings, environments: Set<String>, ignored: [String: Set<String>],
        log: @escaping @Sendable (String) -> Void
    ) {
        self.files = files
        self.context = context
        self.settings = settings
        self.environments = environments
        self.ignored = ignored
        self.log = log
    }

    /// - Parameter base: what the SLS are laid over.
    mutating func render(_ matches: [(saltenv: String, sls: [String])], over base: ValueMap) async throws -> ValueMap {
        var pillar = base
        for (saltenv, names) in ordered(matches) {
            var sources: [String] = []
            for name in names {
                // `base` counts as known also where it has no roots.
                guard environments.contains(saltenv) || saltenv == "base" else {
                    errors.append("No matching pillar environment for environment '\(saltenv)' found")
                    sources.append(name)
                    continue
                }
                let found = try await catalogue(saltenv).matching(name)
                sources += found.isEmpty ? [name] : found
            }
            var known: [String: Value] = [:]
            for sls in sources {
                if case .map(let data)? = try await load(sls, saltenv, [:], &known) { pillar = settings.merge(pillar, data) }
            }
        }
        return pillar
    }

    /// `env_order` decides which environment has the last word.
    private func ordered(_ matches: [(saltenv: String, sls: [String])]) -> [(saltenv: String, sls: [String])] {
        let first = settings.environmentOrder.compactMap { name in matches.first { $0.saltenv == name } }
        return first + matches.filter { match in !first.contains { $0.saltenv == match.saltenv } }
    }

    private mutating func catalogue(_ saltenv: String) async throws -> SLSCatalogue {
        if let known = catalogues[saltenv] { return known }
        let catalogue = SLSCatalogue(files: try await files.list(saltenv: saltenv))
        catalogues[saltenv] = catalogue
        return catalogue
    }

    private func find(_ sls: String, _ saltenv: String) async throws -> (path: String, file: CachedFile)? {
        let stem = sls.split(separator: ".", omittingEmptySubsequences: true).joined(separator: "/")
        for path in [stem + ".sls", stem + "/init.sls"] {
            if let file = try await files.fetch(path, saltenv: saltenv) { return (path, file) }
        }
        return nil
    }

    // MARK: One SLS

    /// - Parameter known: what the SLS of this environment rendered to, without what they include. Salt merges that again
    ///   where an SLS is included once more.
    private mutating func load(
        _ sls: String, _ saltenv: String, _ defaults: ValueMap, _ known: inout [String: Value]
    ) async throws -> Value? {
        guard environments.contains(saltenv) else { return nil }
        guard let (path, file) = try await find(sls, saltenv) else {
            if ignored[saltenv]?.contains(sls) == true { return nil }
            let names = try await catalogue(saltenv).names
            errors.append(
                "Specified SLS '\(sls)' in environment '\(saltenv)' is not available on the salt master\(NearestName.hint(sls, among: names))")
            known[sls] = [:]
            return [:]
        }
        let data: Value
        do {
            data = try await render(sls, path, file, saltenv, defaults)
        } catch {
            let message = "Rendering SLS '\(sls)' failed, render error:\n\(error)"
            log(message)
            errors.append(settings.hidesRenderErrors ? "Rendering SLS '\(sls)' failed. Please see master log for details." : message)
            known[sls] = .null
            return nil
        }
        known[sls] = data
        guard data.isTruthy else { return data }
        guard case .map(var map) = data else {
            errors.append("SLS '\(sls)' does not render to a dictionary")
            return data
        }
        guard let includes = map["include"] else { return data }
        guard case .list(let list) = includes else {
            errors.append("Include Declaration in SLS '\(sls)' is not formed as a list")
            return data
        }
        map["include"] = nil
        known[sls] = .map(map)
        return .map(try await include(list, of: sls, path, saltenv, defaults, own: map, &known))
    }

    private func render(_ sls: String, _ path: String, _ file: CachedFile, _ saltenv: String, _ defaults: ValueMap) async throws -> Value {
        var call = context
        call.saltenv = saltenv
        var values = SLSNames(sls: sls, path: path).values
        for (key, value) in defaults { values[key] = value }
        return try await call.services.templates.renderData(
            source: try await LocalText.read(file.localPath), name: path, pipeline: nil, values: values, in: call)
    }

    // MARK: Include

    /// What a file includes comes below the file, or above it with `pillar_includes_override_sls`.
    private mutating func include(
        _ list: [Value], of sls: String, _ path: String, _ saltenv: String, _ defaults: ValueMap, own: ValueMap,
        _ known: inout [String: Value]
    ) async throws -> ValueMap {
        var merged = settings.includesOverride ? own : nil
        // As in Salt, what one include sets as defaults counts for those that follow it, too, and errors of one are told again
        // when a later one adds none.
        var defaults = defaults
        var lastErrors: [String] = []
        for element in list {
            var name = element.pythonString
            var key: String?
            if case .map(let map) = element, let pair = map.first {
                name = pair.key.pythonString
                guard case .map(let settings) = pair.value else {
                    errors.append("Include of '\(name)' in SLS '\(sls)': expected 'key' or 'defaults', found \(pair.value.pythonRepr)")
                    continue
                }
                defaults = settings["defaults"]?.mapValue ?? [:]
                key = settings["key"].flatMap { $0.isTruthy ? $0.pythonString : nil }
            }
            for target in try await targets(name, of: sls, path, saltenv) {
                var data = known[target]
                if data == nil {
                    let before = errors.count
                    data = try await load(target, saltenv, defaults, &known)
                    lastErrors = Array(errors[before...])
                } else {
                    errors += lastErrors
                }
                guard case .map(var map)? = data, !map.isEmpty else { continue }
                for part in DataPath.split(key ?? "", ":").reversed() where key != nil { map = [.string(part): .map(map)] }
                merged = merged.map { settings.merge($0, map) } ?? map
            }
        }
        if settings.includesOverride { return merged ?? own }
        return merged.map { settings.merge($0, own) } ?? own
    }

    /// The SLS that an include names. Salt looks for the bare name and then for the one relative to the file, and takes both.
    private mutating func targets(_ name: String, of sls: String, _ path: String, _ saltenv: String) async throws -> [String] {
        let catalogue = try await catalogue(saltenv)
        let bare = String(name.drop { $0 == "." })
        var found = catalogue.matching(bare.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "."))
        var wanted = name
        if name.hasPrefix(".") {
            let parts = DataPath.split(sls, ".")
            wanted = ((path.hasSuffix("/init.sls") ? parts : parts.dropLast()) + [String(name.dropFirst())]).joined(separator: ".")
        }
        found += catalogue.matching(wanted)
        return found.isEmpty ? [wanted] : found
    }
}
