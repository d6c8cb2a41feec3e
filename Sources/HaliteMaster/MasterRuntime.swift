import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteStates
import HaliteStore
import HaliteValue

/// The modules of the master itself: the library, runners, and the states of orchestration.
///
/// It holds its master and is held by it: both live as long as the process.
package final class MasterRuntime: MinionServices {
    let service: MasterService
    private let modules: ModuleRuntime
    package let runners: ModuleRegistry

    private init(service: MasterService, modules: ModuleRuntime, runners: ModuleRegistry) {
        self.service = service
        self.modules = modules
        self.runners = runners
    }

    static func make(master: MasterService, catalogue: ModuleCatalogue, host: any Host) async -> MasterRuntime {
        var own = catalogue
        own.additions += builtInMasterModules
        own.states = builtInOrchestrationStates + own.states
        let id = master.options.id + "_master"
        let modules = await ModuleRuntime.make(
            id: id, options: master.options.map, host: host, files: master.fileRoots,
            master: OwnMasterLink(master: master), catalogue: own,
            staticGrains: { [grains = master.options.map["grains"]?.mapValue ?? [:]] in grains },
            pillarSource: { [unowned master] context, saltenv, pillarenv, override in
                try await master.compilePillar(
                    minion: id, grains: context.grains, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
        let runners = await ModuleRegistry(modules: builtInRunners, states: [], host: host, grains: modules.grains)
        return MasterRuntime(service: master, modules: modules, runners: runners)
    }

    package var id: String { modules.id }
    package var options: ValueMap { modules.options }
    package var registry: ModuleRegistry { modules.registry }
    package var files: any FileClient { modules.files }
    package var templates: any TemplateService { modules.templates }
    package var master: (any MasterLink)? { modules.master }

    package func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value {
        try await modules.call(function, arguments, in: context)
    }

    package func refreshPillar(_ context: CallContext) async throws -> ValueMap { try await modules.refreshPillar(context) }
    package func refreshGrains(_ context: CallContext) async throws -> ValueMap { try await modules.refreshGrains(context) }
    /// Orchestrations may run beside one another; states that exclude one another are the minions' own.
    package func runningJobs() async -> [ValueMap] { [] }
    package func signalJob(_ jobID: String, signal: Int) async -> Bool { await modules.signalJob(jobID, signal: signal) }

    package func compilePillar(
        saltenv: String, pillarenv: String?, override: ValueMap, in context: CallContext
    ) async throws -> ValueMap {
        try await modules.compilePillar(saltenv: saltenv, pillarenv: pillarenv, override: override, in: context)
    }

    /// A context for a runner or an orchestration.
    package func context(jobID: String, function: String) -> CallContext {
        let inner = modules.context(jobID: jobID, function: function)
        return CallContext(
            host: inner.host, services: self, grains: inner.grains, pillar: inner.pillar, saltenv: inner.saltenv,
            pillarenv: inner.pillarenv, test: inner.test, jobID: jobID, function: function)
    }

    /// A context in which the pillar of a minion is rendered: the master's modules, the minion's grains.
    func pillarContext(grains: ValueMap, saltenv: String, pillarenv: String?) -> CallContext {
        CallContext(host: modules.host, services: modules, grains: grains, pillar: [:], saltenv: saltenv, pillarenv: pillarenv)
    }

    /// Runs a runner function and tells the bus.
    package func run(_ function: String, _ arguments: Arguments, jobID: String, user: String) async throws -> (
        value: Value, returnCode: Int
    ) {
        let entry = try runners.function(function)
        let context = context(jobID: jobID, function: function)
        service.events.publish(
            "salt/run/\(jobID)/new",
            ["fun": .string("runner.\(function)"), "jid": .string(jobID), "user": .string(user), "fun_args": .list(arguments.jobForm)])
        var value: Value = .null
        var failure: (any Error)?
        do { value = try await entry.call(context, arguments) } catch { failure = error }
        service.events.publish(
            "salt/run/\(jobID)/ret",
            [
                "fun": .string("runner.\(function)"), "jid": .string(jobID), "user": .string(user), "fun_args": .list(arguments.jobForm),
                "return": failure.map { .string("\($0)") } ?? value, "success": .bool(failure == nil && context.outcome.returnCode == 0),
            ])
        if let failure { throw failure }
        return (value, context.outcome.returnCode)
    }
}

/// What the master's own functions ask of the master, without a wire between.
private struct OwnMasterLink: MasterLink {
    unowned let master: MasterService

    func fire(tag: String, data: ValueMap) async throws { master.events.publish(tag, data) }
    func sendMine(_ data: ValueMap, clear: Bool) async throws {
        try master.store.saveMine(of: master.options.id + "_master", data, clear: clear)
    }
    func mine(target: String, function: String, targetType: String) async throws -> ValueMap {
        try master.mine(target: target, function: function, targetType: targetType)
    }
    func deleteMine(function: String?) async throws {
        try master.store.deleteMine(of: master.options.id + "_master", function: function)
    }
    func pillar(grains: ValueMap, saltenv: String, pillarenv: String?, override: ValueMap) async throws -> ValueMap {
        try await master.compilePillar(
            minion: master.options.id + "_master", grains: grains, saltenv: saltenv, pillarenv: pillarenv, override: override)
    }
}

extension CallContext {
    /// The master that this call runs on; an error anywhere else.
    func requireMaster() throws -> MasterService {
        guard let runtime = services as? MasterRuntime else { throw ExecutionError("'\(function)' runs on a master only") }
        return runtime.service
    }
}
