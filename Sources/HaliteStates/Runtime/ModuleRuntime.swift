import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue
import Synchronization

/// What a process that offers modules is made of.
package struct ModuleCatalogue: Sendable {
    package var modules: [any ExecutionModule.Type]
    /// Functions that the role adds to modules of the library.
    package var additions: [any ExecutionModule.Type] = []
    package var states: [any StateModule.Type]
    package var grains: [any Grain.Type]

    package init(modules: [any ExecutionModule.Type], states: [any StateModule.Type], grains: [any Grain.Type]) {
        self.modules = modules
        self.states = states
        self.grains = grains
    }
}

/// Compiles or fetches a pillar for given grains.
package typealias PillarSource = @Sendable (
    _ context: CallContext, _ saltenv: String, _ pillarenv: String?, _ override: ValueMap
) async throws -> ValueMap

/// The grains that the administrator set, read anew each time grains are collected.
package typealias GrainSource = @Sendable () async -> ValueMap

/// The modules of one host with their data: the heart of a minion, of `call --local` and of the master's own runs.
package final class ModuleRuntime: MinionServices {
    package let id: String
    package let options: ValueMap
    package let host: any Host
    package let files: any FileClient
    package let templates: any TemplateService
    package let master: (any MasterLink)?
    private let catalogue: ModuleCatalogue
    private let staticGrains: GrainSource
    private let pillarSource: PillarSource
    private let state: Mutex<State>

    private struct State {
        var registry: ModuleRegistry
        var grains: ValueMap
        var pillar: ValueMap = [:]
        var jobs: [String: RunningJob] = [:]
    }

    private struct RunningJob {
        let description: ValueMap
        let task: Task<Void, Never>?
    }

    private init(
        id: String, options: ValueMap, host: any Host, files: any FileClient, master: (any MasterLink)?,
        catalogue: ModuleCatalogue, staticGrains: @escaping GrainSource, pillarSource: @escaping PillarSource, grains: ValueMap,
        registry: ModuleRegistry
    ) {
        self.id = id
        self.options = options
        self.host = host
        self.files = files
        self.master = master
        self.catalogue = catalogue
        self.staticGrains = staticGrains
        self.pillarSource = pillarSource
        templates = SaltTemplateService(files: files, options: options)
        state = Mutex(State(registry: registry, grains: grains))
    }

    /// Collects the grains and offers the modules that fit them.
    package static func make(
        id: String, options: ValueMap, host: any Host, files: any FileClient, master: (any MasterLink)? = nil,
        catalogue: ModuleCatalogue, staticGrains: @escaping GrainSource, pillarSource: @escaping PillarSource
    ) async -> ModuleRuntime {
        let grains = await collectGrains(id: id, host: host, catalogue: catalogue, staticGrains: staticGrains)
        let registry = await ModuleRegistry(
            modules: catalogue.modules, additions: catalogue.additions, states: catalogue.states, host: host, grains: grains)
        return ModuleRuntime(
            id: id, options: options, host: host, files: files, master: master, catalogue: catalogue,
            staticGrains: staticGrains, pillarSource: pillarSource, grains: grains, registry: registry)
    }

    private static func collectGrains(
        id: String, host: any Host, catalogue: ModuleCatalogue, staticGrains: GrainSource
    ) async -> ValueMap {
        var grains: ValueMap = ["id": .string(id)]
        for grain in catalogue.grains {
            for (key, value) in await grain.collect(host, known: grains) { grains[key] = value }
        }
        // What the administrator wrote counts more than what was found.
        for (key, value) in await staticGrains() { grains[key] = value }
        return grains
    }

    package var stateRunFolder: String? { options["cachedir"]?.stringValue.map { $0 + "/state_runs" } }
    package var registry: ModuleRegistry { state.withLock { $0.registry } }
    package var grains: ValueMap { state.withLock { $0.grains } }
    package var pillar: ValueMap { state.withLock { $0.pillar } }

    /// A context for one call, with the data of the moment.
    package func context(
        jobID: String = "", function: String = "", saltenv: String? = nil, pillarenv: String? = nil, test: Bool? = nil
    ) -> CallContext {
        let (grains, pillar) = state.withLock { ($0.grains, $0.pillar) }
        return CallContext(
            host: host, services: self, grains: grains, pillar: pillar,
            saltenv: saltenv ?? options["saltenv"]?.stringValue ?? "base",
            pillarenv: pillarenv ?? standardPillarenv, test: test ?? options["test"]?.isTruthy ?? false,
            jobID: jobID, function: function)
    }

    private var standardPillarenv: String? { PillarEnvironment.standard(options) }

    package func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value {
        let entry = try registry.function(function)
        var context = context
        context.function = function
        return try await entry.call(context, arguments)
    }

    package func refreshPillar(_ context: CallContext) async throws -> ValueMap {
        let pillar = try await pillarSource(context, context.saltenv, context.pillarenv, [:])
        state.withLock { $0.pillar = pillar }
        return pillar
    }

    package func compilePillar(
        saltenv: String, pillarenv: String?, override: ValueMap, in context: CallContext
    ) async throws -> ValueMap {
        let pillar = try await pillarSource(context, saltenv, pillarenv, override)
        if override.isEmpty, context.externalPillar == nil, pillarenv == standardPillarenv { state.withLock { $0.pillar = pillar } }
        return pillar
    }

    package func refreshModules(_ context: CallContext) async {
        let registry = await ModuleRegistry(
            modules: catalogue.modules, additions: catalogue.additions, states: catalogue.states, host: host, grains: context.grains)
        state.withLock { $0.registry = registry }
    }

    package func refreshGrains(_ context: CallContext) async throws -> ValueMap {
        let grains = await Self.collectGrains(id: id, host: host, catalogue: catalogue, staticGrains: staticGrains)
        let registry = await ModuleRegistry(
            modules: catalogue.modules, additions: catalogue.additions, states: catalogue.states, host: host, grains: grains)
        state.withLock {
            $0.grains = grains
            $0.registry = registry
        }
        return grains
    }

    // MARK: Jobs

    /// Notes a job as running until `jobEnded`. The task may be nil for a call that nobody can end from outside.
    package func jobStarted(_ jobID: String, _ description: ValueMap, task: Task<Void, Never>?) {
        state.withLock { $0.jobs[jobID] = RunningJob(description: description, task: task) }
    }

    package func jobEnded(_ jobID: String) { state.withLock { $0.jobs[jobID] = nil } }

    package func runningJobs() async -> [ValueMap] {
        state.withLock { state in state.jobs.sorted { $0.key < $1.key }.map(\.value.description) }
    }

    /// Every signal ends the job: its task is cancelled, which ends the programs that it runs.
    package func signalJob(_ jobID: String, signal: Int) async -> Bool {
        guard let job = state.withLock({ $0.jobs[jobID] }) else { return false }
        job.task?.cancel()
        return job.task != nil
    }
}
