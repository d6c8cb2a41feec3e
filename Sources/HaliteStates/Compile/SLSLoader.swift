import HaliteCore
import HaliteModuleKit
import HaliteRender
import HaliteValue

/// Renders SLS files with what they include, and merges them into high data.
struct SLSLoader {
    let context: CallContext
    private(set) var high = ValueMap()
    private(set) var errors: [String] = []

    private var rendered: Set<String> = []
    /// What the last file rendered to, when that was no dictionary.
    private var malformed: Value?
    private var available: [String: SLSCatalogue] = [:]
    /// Counts on over all files: what stands earlier runs earlier.
    private var order = 10000

    init(context: CallContext) { self.context = context }

    /// The SLS of each environment, in order; names may be patterns.
    mutating func load(_ matches: [(saltenv: String, sls: [String])]) async throws {
        let environments = matches.map(\.saltenv)
        for (saltenv, names) in matches {
            if try await !context.services.files.environments().contains(saltenv) {
                errors.append("No matching salt environment for environment '\(saltenv)' found")
            }
            let catalogue = try await catalogue(saltenv)
            for name in names {
                var targets = catalogue.matching(name)
                if targets.isEmpty { targets = [name] }
                for sls in targets where !rendered.contains("\(saltenv):\(sls)") {
                    var state = try await render(sls, saltenv: saltenv, environments: environments, requested: name)
                    if let contents = malformed { errors.append("Error when rendering state with contents: \(contents.orderedText)") }
                    Self.merge(&high, with: &state, errors: &errors)
                }
            }
        }
        removeDuplicateExtensions()
    }

    /// One file of this machine, with what it includes from the file roots.
    mutating func load(localFile path: String) async throws {
        guard let source = try? await LocalText.read(path) else {
            errors.append("Specified SLS \(path) on local filesystem cannot be found.")
            return
        }
        var state = try await render(
            source: source, name: path, values: SLSNames(sls: path, path: path).values, sls: path, path: path, saltenv: context.saltenv,
            environments: [context.saltenv])
        Self.merge(&high, with: &state, errors: &errors)
    }

    private mutating func catalogue(_ saltenv: String) async throws -> SLSCatalogue {
        if let known = available[saltenv] { return known }
        let catalogue = SLSCatalogue(files: try await context.services.files.list(saltenv: saltenv))
        available[saltenv] = catalogue
        return catalogue
    }

    private mutating func render(
        _ sls: String, saltenv: String, environments: [String], requested: String? = nil
    ) async throws -> ValueMap {
        guard let path = try await catalogue(saltenv).path(of: sls),
            let file = try await context.services.files.fetch(path, saltenv: saltenv)
        else {
            let names = try await catalogue(saltenv).names
            let hint = NearestName.hint(sls, among: names)
            errors.append(
                requested == nil
                    ? "Specified SLS \(sls) in saltenv \(saltenv) is not available on the salt master or through a configured fileserver\(hint)"
                    : "No matching sls found for '\(sls)' in env '\(saltenv)'\(hint)")
            return [:]
        }
        rendered.insert("\(saltenv):\(sls)")
        return try await render(
            source: try await LocalText.read(file.localPath), name: "salt://\(path)", values: SLSNames(sls: sls, path: path).values, sls: sls,
            path: path, saltenv: saltenv, environments: environments)
    }

    private mutating func render(
        source: String, name: String, values: ValueMap, sls: String, path: String, saltenv: String, environments: [String]
    ) async throws -> ValueMap {
        let data: Value
        do {
            var call = context
            call.saltenv = saltenv
            data = try await context.services.templates.renderData(source: source, name: name, pipeline: nil, values: values, in: call)
        } catch {
            errors.append("Rendering SLS '\(saltenv):\(sls)' failed: \(error)")
            return [:]
        }
        malformed = nil
        guard data.isTruthy else { return [:] }
        guard case .map(var state) = data else {
            malformed = data
            errors.append("SLS \(sls) does not render to a dictionary")
            return [:]
        }
        var normaliser = SLSNormaliser(sls: sls, saltenv: saltenv)
        let includes = normaliser.takeInclude(&state)
        normaliser.normalise(&state)
        errors += normaliser.errors
        for include in includes {
            try await self.include(include, into: &state, sls: sls, path: path, saltenv: saltenv, environments: environments)
        }
        assignOrder(&state)
        return state
    }

    // MARK: Include

    private mutating func include(
        _ include: Value, into state: inout ValueMap, sls: String, path: String, saltenv: String, environments: [String]
    ) async throws {
        var environment = saltenv
        var name = include.orderedText
        if case .map(let map) = include, let pair = map.last {
            environment = pair.key.orderedText
            name = pair.value.orderedText
        }
        if name.hasPrefix(".") {
            guard let absolute = resolveRelative(name, sls: sls, path: path, saltenv: saltenv) else { return }
            name = absolute
        }
        var resolved: [String] = []
        if environment == "_xenv" {
            for candidate in environments where try await !catalogue(candidate).matching(name).isEmpty { resolved.append(candidate) }
        } else {
            let known = try await context.services.files.environments()
            guard known.contains(environment) else {
                errors.append("Nonexistent saltenv '\(environment)' found in include of '\(name)' within SLS '\(saltenv):\(sls)'")
                return
            }
            if try await !catalogue(environment).matching(name).isEmpty || environments.contains(environment) { resolved = [environment] }
        }
        guard resolved.count == 1 || resolved.contains(saltenv) else {
            let names = try await catalogue(saltenv).names
            errors.append(
                resolved.isEmpty
                    ? "Unknown include: Specified SLS \(environment): \(name) is not available on the salt master in saltenv(s): "
                        + "\(environment == "_xenv" ? environments.joined(separator: ", ") : environment) \(NearestName.hint(name, among: names))"
                    : "Ambiguous include: Specified SLS \(environment): \(name) is available on the salt master in multiple available saltenvs: "
                        + resolved.joined(separator: ", "))
            return
        }
        let target = resolved.count == 1 ? resolved[0] : saltenv
        var names = try await catalogue(target).matching(name)
        if names.isEmpty { names = [name] }
        for found in names where !rendered.contains("\(target):\(found)") {
            var included = try await render(found, saltenv: target, environments: environments)
            for position in included.indices where included[position].key.stringValue?.hasPrefix("__") != true {
                included.modifyValue(at: position) { value in
                    _ = value.modifyMap { body in
                        body["__sls_included_from__"] = .list((body["__sls_included_from__"]?.listValue ?? []) + [.string(sls)])
                    }
                }
            }
            Self.merge(&state, with: &included, errors: &errors)
        }
    }

    /// `.common` is beside, `..common` one above.
    private mutating func resolveRelative(_ name: String, sls: String, path: String, saltenv: String) -> String? {
        let levels = name.prefix { $0 == "." }.count
        var parts = sls.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if path.hasSuffix("/init.sls") { parts.append("init") }
        guard levels <= parts.count else {
            errors.append("Attempted relative include of '\(name)' within SLS '\(saltenv):\(sls)' goes beyond top level package ")
            return nil
        }
        let rest = String(name.dropFirst(levels))
        return (parts.dropLast(levels) + [rest]).joined(separator: ".")
    }

    // MARK: Merge

    private static func merge(_ target: inout ValueMap, with source: inout ValueMap, errors: inout [String]) {
        for key in ["__extend__", "__exclude__"] {
            if let list = source.removeValue(forKey: key)?.listValue { target[key] = .list((target[key]?.listValue ?? []) + list) }
        }
        if target.isEmpty {
            target = source
            return
        }
        for (id, body) in source {
            if let existing = target[id], existing != body {
                errors.append(
                    "Detected conflicting IDs, SLS IDs need to be globally unique.\n    The conflicting ID is '\(id.pythonString)' and is found in SLS "
                        + "'\(existing.mapValue?.saltenv ?? ""):\(existing.mapValue?.sls ?? "")' and SLS '\(body.mapValue?.saltenv ?? ""):\(body.mapValue?.sls ?? "")'")
            }
            target[id] = body
        }
    }

    private mutating func assignOrder(_ state: inout ValueMap) {
        guard context.services.options["state_auto_order"]?.isTruthy ?? true else { return }
        for position in state.indices {
            state.modifyValue(at: position) { value in
                _ = value.modifyMap { body in
                    for place in body.indices { assignOrder(&body, at: place) }
                }
            }
        }
    }

    private mutating func assignOrder(_ body: inout ValueMap, at place: Int) {
        guard let key = body[place].key.stringValue, !key.hasPrefix("_") else { return }
        body.modifyValue(at: place) { run in
            _ = run.modifyList { list in
                if list.contains(where: { $0.firstKey == "order" }) { return }
                list.append(.map(["order": .int(order)]))
                order += 1
            }
        }
    }

    private mutating func removeDuplicateExtensions() {
        guard let list = high["__extend__"]?.listValue else { return }
        var pairs: [Value] = []
        var known: [Value: [Value]] = [:]
        for element in list {
            for (key, value) in element.mapValue ?? [:] where known[key]?.contains(value) != true {
                known[key, default: []].append(value)
                pairs.append(.map([key: value]))
            }
        }
        high["__extend__"] = .list(pairs)
    }
}

/// The SLS names that an environment offers.
struct SLSCatalogue {
    let names: [String]
    private let paths: [String: String]

    init(files: [String]) {
        var names: [String] = []
        var paths: [String: String] = [:]
        for file in files where file.hasSuffix(".sls") {
            var stem = String(file.dropLast(4))
            if stem.hasSuffix("/init") { stem = String(stem.dropLast(5)) }
            let name = stem.split(separator: "/", omittingEmptySubsequences: false).joined(separator: ".")
            // `web.sls` wins over `web/init.sls`, as Salt looks for it first.
            if paths[name] == nil || !file.hasSuffix("/init.sls") { paths[name] = file }
            names.append(name)
        }
        self.names = Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.paths = paths
    }

    func path(of sls: String) -> String? { paths[sls] ?? paths[sls.split(separator: "/").joined(separator: ".")] }

    func matching(_ pattern: String) -> [String] {
        guard pattern.isGlobPattern else { return paths[pattern] == nil ? [] : [pattern] }
        let glob = GlobPattern(pattern)
        return names.filter(glob.matches)
    }
}

/// The names that a template knows of its own place: `sls`, `slspath`, `tpldir` and their kind.
struct SLSNames {
    let values: ValueMap

    init(sls: String, path: String) {
        var values = TemplatePlace.names(sls: sls, path: path)
        values["sls"] = .string(sls)
        self.values = values
    }
}
