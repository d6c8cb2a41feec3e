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
                var context = context
                context.saltenv = saltenv
                context.pillarenv = pillarenv
                let standard = options.map["pillarenv"]?.stringValue
                func compile(_ pillarenv: String?, _ override: ValueMap, _ previous: ValueMap) async throws -> ValueMap {
                    var compiler = PillarCompiler(files: pillarRoots, context: context, minionID: options.id, previous: previous)
                    compiler.log = { Terminal.error("[CRITICAL] \($0)") }
                    return try await compiler.compile(pillarenv: pillarenv, override: override)
                }
                // As in Salt, the pillar of the start is there when another one is asked for.
                var previous = context.pillar
                if previous.isEmpty, !override.isEmpty || pillarenv != standard { previous = try await compile(standard, [:], [:]) }
                return try await compile(pillarenv, override, previous)
            })
    }
}
