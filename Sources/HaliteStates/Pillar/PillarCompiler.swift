import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Makes the pillar of one minion from the pillar roots. It runs on the master, or on the minion with `--local`.
package struct PillarCompiler: Sendable {
    /// The files below `pillar_roots`.
    package let files: any FileClient
    /// Calls inside pillar templates and renders them; its grains are those of the minion.
    package let context: CallContext
    package let minionID: String
    package let nodegroups: ValueMap
    package let topFile: String

    package init(files: any FileClient, context: CallContext, minionID: String, nodegroups: ValueMap = [:], topFile: String = "top.sls") {
        self.files = files
        self.context = CallContext(
            host: context.host, services: PillarServices(base: context.services, id: minionID, files: files), grains: context.grains,
            pillar: [:], saltenv: context.saltenv, pillarenv: context.pillarenv, jobID: context.jobID)
        self.minionID = minionID
        self.nodegroups = nodegroups
        self.topFile = topFile
    }

    /// The pillar; what went wrong is under `_errors`, as in Salt, and stops state runs.
    /// - Parameter override: the pillar of the command line, merged last.
    package func compile(pillarenv: String?, override: ValueMap = [:]) async throws -> ValueMap {
        var run = PillarRun(compiler: self, override: override)
        var pillar = try await run.compile(pillarenv: pillarenv)
        pillar = PillarMerge.recurse(pillar, override)
        if !run.errors.isEmpty { pillar["_errors"] = run.errors.value }
        return pillar
    }

    /// What the top file gives the minion, for `pillar.show_top`.
    package func top(pillarenv: String?) async throws -> [(saltenv: String, sls: [String])] {
        var run = PillarRun(compiler: self, override: [:])
        return try await run.matches(pillarenv: pillarenv)
    }
}

private struct PillarRun {
    let compiler: PillarCompiler
    let override: ValueMap
    var errors: [String] = []
    private var rendered: Set<String> = []
    private var catalogues: [String: SLSCatalogue] = [:]

    init(compiler: PillarCompiler, override: ValueMap) {
        self.compiler = compiler
        self.override = override
    }

    mutating func matches(pillarenv: String?) async throws -> [(saltenv: String, sls: [String])] {
        var top = TopFile()
        let known = try await compiler.files.environments()
        if let pillarenv, !known.contains(pillarenv) {
            errors.append("no pillar environment '\(pillarenv)' is configured\(NearestName.hint(pillarenv, among: known)) (known: \(known.joined(separator: ", ")))")
            return []
        }
        for saltenv in pillarenv.map({ [$0] }) ?? known {
            guard let file = try await compiler.files.fetch(compiler.topFile, saltenv: saltenv) else { continue }
            do {
                top.add(try await render(file, compiler.topFile, saltenv, ["sls": .string("top")]), from: saltenv, file: compiler.topFile)
            } catch {
                errors.append("Rendering Primary Top file failed, render error:\n\(error)")
            }
        }
        let facts = MinionFacts(id: compiler.minionID, grains: compiler.context.grains, pillar: override)
        let result = top.matches(facts, only: pillarenv, nodegroups: compiler.nodegroups)
        errors += top.errors
        return result
    }

    mutating func compile(pillarenv: String?) async throws -> ValueMap {
        var pillar = ValueMap()
        for (saltenv, names) in try await matches(pillarenv: pillarenv) {
            for name in names {
                let catalogue = try await catalogue(saltenv)
                var targets = catalogue.matching(name)
                if targets.isEmpty { targets = [name] }
                for sls in targets where !rendered.contains("\(saltenv):\(sls)") {
                    if let data = try await load(sls, saltenv, pillarenv, defaults: [:], below: pillar) {
                        pillar = PillarMerge.recurse(pillar, data)
                    }
                }
            }
        }
        return pillar
    }

    private mutating func catalogue(_ saltenv: String) async throws -> SLSCatalogue {
        if let known = catalogues[saltenv] { return known }
        let catalogue = SLSCatalogue(files: try await compiler.files.list(saltenv: saltenv))
        catalogues[saltenv] = catalogue
        return catalogue
    }

    private func render(_ file: CachedFile, _ path: String, _ saltenv: String, _ values: ValueMap) async throws -> Value {
        var call = compiler.context
        call.saltenv = saltenv
        call.pillar = override
        return try await call.services.templates.renderData(
            source: try await LocalText.read(file.localPath), name: path, pipeline: nil, values: values, in: call)
    }

    private mutating func load(
        _ sls: String, _ saltenv: String, _ pillarenv: String?, defaults: ValueMap, below pillar: ValueMap
    ) async throws -> ValueMap? {
        let catalogue = try await catalogue(saltenv)
        guard let path = catalogue.path(of: sls), let file = try await compiler.files.fetch(path, saltenv: saltenv) else {
            errors.append(
                "Specified SLS '\(sls)' in environment '\(saltenv)' is not available on the salt master\(NearestName.hint(sls, among: catalogue.names))")
            return nil
        }
        rendered.insert("\(saltenv):\(sls)")
        var values = SLSNames(sls: sls, path: path).values
        values["pillarenv"] = pillarenv.value
        for (key, value) in defaults { values[key] = value }
        let data: Value
        do {
            data = try await render(file, path, saltenv, values)
        } catch {
            errors.append("Rendering SLS '\(sls)' failed, render error:\n\(error)")
            return nil
        }
        guard data.isTruthy else { return nil }
        guard case .map(var map) = data else {
            errors.append("SLS '\(sls)' does not render to a dictionary")
            return nil
        }
        guard let includes = map.removeValue(forKey: "include") else { return map }
        guard case .list(let list) = includes else {
            errors.append("Include Declaration in SLS '\(sls)' is not formed as a list")
            return map
        }
        return try await include(list, of: sls, path, saltenv, pillarenv, own: map)
    }

    /// What a file includes comes first and is overridden by the file.
    private mutating func include(
        _ list: [Value], of sls: String, _ path: String, _ saltenv: String, _ pillarenv: String?, own: ValueMap
    ) async throws -> ValueMap {
        var merged = ValueMap()
        for element in list {
            var name = element.pythonString
            var key: String?
            var defaults = ValueMap()
            if case .map(let map) = element, let pair = map.first {
                name = pair.key.pythonString
                key = pair.value["key"]?.pythonString
                defaults = pair.value["defaults"]?.mapValue ?? [:]
            }
            if name.hasPrefix(".") {
                let levels = name.prefix { $0 == "." }.count
                var parts = sls.split(separator: ".").map(String.init)
                if path.hasSuffix("/init.sls") { parts.append("init") }
                guard levels <= parts.count else {
                    errors.append("Attempted relative include of '\(name)' within SLS '\(sls)' goes beyond top level package")
                    continue
                }
                name = (parts.dropLast(levels) + [String(name.dropFirst(levels))]).joined(separator: ".")
            }
            var targets = try await catalogue(saltenv).matching(name)
            if targets.isEmpty { targets = [name] }
            for target in targets where !rendered.contains("\(saltenv):\(target)") {
                guard var data = try await load(target, saltenv, pillarenv, defaults: defaults, below: merged) else { continue }
                if let key {
                    for part in key.split(separator: ":").reversed() { data = [.string(String(part)): .map(data)] }
                }
                merged = PillarMerge.recurse(merged, data)
            }
        }
        return PillarMerge.recurse(merged, own)
    }
}

/// Joins pillar data: maps key by key, everything else is replaced by what comes later (Salt's `smart` strategy).
package enum PillarMerge {
    package static func recurse(_ below: ValueMap, _ above: ValueMap, mergeLists: Bool = false) -> ValueMap {
        var result = below
        for (key, value) in above {
            switch (result[key], value) {
            case (.map(let old)?, .map(let new)): result[key] = .map(recurse(old, new, mergeLists: mergeLists))
            case (.list(let old)?, .list(let new)) where mergeLists: result[key] = .list(old + new)
            default: result[key] = value
            }
        }
        return result
    }
}
