import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteStates
import HaliteValue

extension ModuleCatalogue {
    /// Everything that the binary brings: the one place where the library is handed to the roles.
    package static let builtIn = ModuleCatalogue(
        modules: [StateExecutionModule.self, MatchModule.self] + builtInModules, states: builtInStates, grains: builtInGrains)
}

/// The modules of this machine without a master: files and pillar come from its own folders.
enum LocalRuntime {
    static func make(options: MinionOptions, staticGrains: @escaping GrainSource) async -> ModuleRuntime {
        let pillarRoots = RootsFileClient(options.pillarRoots)
        return await ModuleRuntime.make(
            id: options.id, options: options.map, host: LocalHost(), files: RootsFileClient(options.fileRoots), catalogue: .builtIn,
            staticGrains: staticGrains,
            pillarSource: { context, saltenv, pillarenv, override in
                var inner = context
                inner.pillar = override
                let services = LocalPillarServices(base: context.services, files: pillarRoots)
                let pillarContext = CallContext(
                    host: inner.host, services: services, grains: inner.grains, pillar: override, saltenv: saltenv, pillarenv: pillarenv)
                return try await PillarCompiler(
                    files: pillarRoots, context: pillarContext, minionID: options.id,
                    nodegroups: options.map["nodegroups"]?.mapValue ?? [:]
                ).compile(pillarenv: pillarenv, override: override)
            })
    }
}

/// The services while a local pillar is rendered: templates come from the pillar roots.
private struct LocalPillarServices: MinionServices {
    let base: any MinionServices
    let files: any FileClient
    let templates: any TemplateService

    init(base: any MinionServices, files: any FileClient) {
        self.base = base
        self.files = files
        templates = SaltTemplateService(files: files, options: base.options)
    }

    var id: String { base.id }
    var options: ValueMap { base.options }
    var registry: ModuleRegistry { base.registry }
    var master: (any MasterLink)? { base.master }

    func call(_ function: String, _ arguments: Arguments, in context: CallContext) async throws -> Value {
        try await base.call(function, arguments, in: context)
    }
    func refreshPillar(_ context: CallContext) async throws -> ValueMap { context.pillar }
    func refreshGrains(_ context: CallContext) async throws -> ValueMap { context.grains }
    func runningJobs() async -> [ValueMap] { [] }
    func signalJob(_ jobID: String, signal: Int) async -> Bool { false }
}
