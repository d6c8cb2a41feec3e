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
        let pillar = LocalPillar(files: RootsFileClient(options.pillarRoots), options: options.map, minionID: options.id) {
            Terminal.error("[CRITICAL] \($0)")
        }
        let files = FileServer(options.map, fetchesAlways: true) { Terminal.error("[WARNING ] \($0)") }
        return await ModuleRuntime.make(
            id: options.id, options: options.map, host: LocalHost(), files: files, catalogue: .builtIn,
            staticGrains: staticGrains,
            pillarSource: { context, saltenv, pillarenv, override in
                try await pillar.compile(context, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
    }
}
