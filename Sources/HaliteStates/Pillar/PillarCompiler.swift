import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Makes the pillar of one minion from the pillar roots and external pillars. It runs on the master, or on the minion with
/// `--local`.
package struct PillarCompiler: Sendable {
    /// The files below `pillar_roots`.
    package let files: any FileClient
    /// Calls inside pillar templates and renders them; its grains are those of the minion. The settings are those of its
    /// services.
    package let context: CallContext
    package let minionID: String
    package let nodegroups: ValueMap
    /// Told what went wrong in full; the pillar itself may only hint at it.
    package var log: @Sendable (String) -> Void = { _ in }
    let settings: PillarSettings

    /// - Parameter previous: the pillar that templates and targets see while this one is made. A master has none; with
    ///   `--local` it is the one before, as in Salt.
    package init(
        files: any FileClient, context: CallContext, minionID: String, nodegroups: ValueMap = [:], previous: ValueMap = [:]
    ) {
        self.files = files
        self.context = CallContext(
            host: context.host, services: PillarServices(base: context.services, id: minionID, files: files), grains: context.grains,
            pillar: previous, saltenv: context.saltenv, pillarenv: context.pillarenv, jobID: context.jobID)
        self.minionID = minionID
        self.nodegroups = nodegroups
        settings = PillarSettings(context.services.options)
    }

    /// The pillar; what went wrong is under `_errors`, as in Salt, and stops state runs.
    /// - Parameters:
    ///   - override: the pillar of the command line, merged last.
    ///   - external: an external pillar for this time alone, as `pillar.ext` gives it.
    ///   - withExternal: whether external pillars count at all.
    package func compile(
        pillarenv: String?, override: ValueMap = [:], external: ValueMap? = nil, withExternal: Bool = true
    ) async throws -> ValueMap {
        var run = PillarRun(compiler: self, pillarenv: pillarenv.flatMap { $0.isEmpty ? nil : $0 }, override: override)
        return try await run.compile(external: external, withExternal: withExternal)
    }

    /// What the top file gives the minion, for `pillar.show_top`.
    package func top(pillarenv: String?) async throws -> [(saltenv: String, sls: [String])] {
        var run = PillarRun(compiler: self, pillarenv: pillarenv, override: [:])
        let top = try await run.top()
        return try await run.matches(top, pillar: context.pillar)
    }
}

/// One making of a pillar.
private struct PillarRun {
    let compiler: PillarCompiler
    let pillarenv: String?
    let override: ValueMap
    private var errors: [String] = []
    private var context: CallContext

    private var settings: PillarSettings { compiler.settings }

    init(compiler: PillarCompiler, pillarenv: String?, override: ValueMap) {
        self.compiler = compiler
        self.pillarenv = pillarenv
        self.override = override
        context = compiler.context
        context.shared = nil
    }

    mutating func compile(external: ValueMap?, withExternal: Bool) async throws -> ValueMap {
        let top = try await top()
        let topErrors = errors
        errors = []
        var pillar = compiler.context.pillar
        let externals = ExternalPillars(compiler: compiler, pillarenv: pillarenv, override: override, onDemand: external)
        if withExternal, settings.isOn("ext_pillar_first") {
            try await apply(externals, override, to: &pillar)
            context.pillar = pillar
            let rendered = try await render(try await matches(top, pillar: pillar), top.ignored)
            lay(settings.merge(pillar, rendered), over: &pillar)
        } else {
            lay(try await render(try await matches(top, pillar: pillar), top.ignored), over: &pillar)
            if withExternal { try await apply(externals, pillar, to: &pillar) }
        }
        errors += topErrors
        if settings.isOn("pillar_opts") { pillar["master"] = .map(masterOptions) }
        // With `--local` the pillar before stays below the new one, as in Salt.
        if settings.options["ssh_merge_pillar"]?.isTruthy ?? true { pillar = settings.merge(compiler.context.pillar, pillar) }
        if !override.isEmpty { pillar = settings.merge(pillar, override) }
        errors += await PillarDecryption(settings: settings, context: context).decrypt(&pillar)
        pillar["_errors"] = errors.isEmpty ? nil : .some(errors.value)
        // Salt keeps pillars, and lays over one that is kept what the command line gives, decrypted or not.
        return override.isEmpty ? pillar : settings.merge(pillar, override)
    }

    /// Only the outermost keys are replaced, as in Salt.
    private func lay(_ above: ValueMap, over pillar: inout ValueMap) {
        for (key, value) in above { pillar[key] = value }
    }

    private mutating func apply(_ externals: ExternalPillars, _ base: ValueMap, to pillar: inout ValueMap) async throws {
        let (result, problems) = await externals.compile(over: base)
        errors += problems
        for problem in problems { compiler.log(problem) }
        lay(result, over: &pillar)
    }

    private var masterOptions: ValueMap {
        var options = settings.options
        options["saltversion"] = SaltRelease.version.value
        options["pillar"] = nil
        return options
    }

    // MARK: Top

    /// The environments of `pillar_roots`; `__env__` stands for the one that is wanted.
    private func environments() async throws -> [String] {
        var names = try await compiler.files.environments()
        if names.contains("__env__") {
            names.removeAll { $0 == "__env__" }
            let dynamic = settings.dynamicEnvironment(pillarenv: pillarenv, saltenv: context.saltenv)
            if !names.contains(dynamic) { names.append(dynamic) }
        }
        return names
    }

    mutating func top() async throws -> PillarTop {
        let context = context
        let known = try await environments()
        let wanted: [String]
        if let pillarenv {
            wanted = known.contains(pillarenv) ? [pillarenv] : []
        } else {
            let all = ["base"] + known.filter { $0 != "base" }
            wanted = settings.strategyName == "none" ? all.filter { $0 == context.saltenv } : all
        }
        let gatherer = TopGatherer(files: compiler.files, path: settings.topPath, expandsIncludes: false) { file, path, saltenv in
            var call = context
            call.saltenv = saltenv
            return try await call.services.templates.renderData(
                source: try await LocalText.read(file.localPath), name: path, pipeline: nil, values: ["sls": "top"], in: call)
        }
        let (tops, failures) = try await gatherer.gather(wanted)
        for failure in failures {
            let place = failure.included.map { "Top file \($0)" } ?? "Primary Top file"
            errors.append("Rendering \(place) failed, render error:\n\(failure.error)")
            compiler.log(errors[errors.count - 1])
        }
        do {
            return try PillarTop(tops)
        } catch {
            errors.append("\(error)")
            return PillarTop()
        }
    }

    mutating func matches(_ top: PillarTop, pillar: ValueMap) async throws -> [(saltenv: String, sls: [String])] {
        let nodegroups = compiler.nodegroups.isEmpty ? settings.options["nodegroups"]?.mapValue ?? [:] : compiler.nodegroups
        let facts = MinionFacts(id: compiler.minionID, grains: context.grains, pillar: pillar)
        do {
            return try top.matches(MinionMatcher(facts, nodegroups: nodegroups), only: pillarenv)
        } catch {
            errors.append("Pillar top file: \(error)")
            return []
        }
    }

    private mutating func render(_ matches: [(saltenv: String, sls: [String])], _ ignored: [String: Set<String>]) async throws -> ValueMap {
        var renderer = PillarRenderer(
            files: compiler.files, context: context, settings: settings,
            environments: Set(try await environments()), ignored: ignored, log: compiler.log)
        let pillar = try await renderer.render(matches, over: override)
        errors += renderer.errors
        return pillar
    }
}
