import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The pillar environment that the configuration asks for.
package enum PillarEnvironment {
    package static func standard(_ options: ValueMap) -> String? {
        func text(_ key: String) -> String? { options[key].flatMap { $0.isTruthy ? $0.pythonString : nil } }
        return text("pillarenv") ?? (isFromSaltenv(options) ? text("saltenv") : nil)
    }

    static func isFromSaltenv(_ options: ValueMap) -> Bool { options["pillarenv_from_saltenv"]?.isTruthy ?? false }
}

/// The pillar of a host without a master, with the memory that Salt has there.
///
/// Salt compiles a pillar when it starts. State runs use that one unless they ask for another; whatever is compiled later
/// sees it in templates and targets, and is laid over it.
package struct LocalPillar: Sendable {
    let files: any FileClient
    let options: ValueMap
    let minionID: String
    let log: @Sendable (String) -> Void

    package init(files: any FileClient, options: ValueMap, minionID: String, log: @escaping @Sendable (String) -> Void) {
        self.files = files
        self.options = options
        self.minionID = minionID
        self.log = log
    }

    package func compile(_ context: CallContext, saltenv: String, pillarenv: String?, override: ValueMap) async throws -> ValueMap {
        let standard = PillarEnvironment.standard(options)
        let isUsual = override.isEmpty && pillarenv == standard && context.externalPillar == nil
        var start = context.pillar
        if start.isEmpty {
            start = try await compile(context, options["saltenv"]?.stringValue ?? "base", standard, [:], previous: [:])
            if isUsual { return start }
        }
        let isState = context.function.hasPrefix("state.")
        if isUsual, isState { return start }
        let wanted = pillarenv ?? (isState && PillarEnvironment.isFromSaltenv(options) ? saltenv : nil)
        return try await compile(context, saltenv, wanted, override, previous: start)
    }

    private func compile(
        _ context: CallContext, _ saltenv: String, _ pillarenv: String?, _ override: ValueMap, previous: ValueMap
    ) async throws -> ValueMap {
        var context = context
        context.saltenv = saltenv
        context.pillarenv = pillarenv
        var compiler = PillarCompiler(files: files, context: context, minionID: minionID, previous: previous)
        compiler.log = log
        return try await compiler.compile(pillarenv: pillarenv, override: override, external: context.externalPillar)
    }
}
