import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The functions that show what would be run.
extension StateExecutionModule {
    static func showHigh(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await shown(modules, keywords, context) { .map(try await $0.shownHighData().map) }
    }

    static func showLow(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await shown(modules, keywords, context) { engine in
            // Salt applies `require_in` and its kind for the highstate only.
            let chunks = engine.request.sls.isEmpty ? try await engine.compileAll() : try await engine.shownLowChunks()
            return .list(chunks.map { .map($0.data) })
        }
    }

    static func showTop(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await shown([], keywords, context) { engine in
            .map(ValueMap(try await engine.topMatches().map { (.string($0.saltenv), $0.sls.value) }))
        }
    }

    static func showStates(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await shown([], keywords, context) { engine in
            var seen: Set<String> = []
            return try await engine.compileAll().map(\.sls).filter { seen.insert($0).inserted }.value
        }
    }

    static func showUsage(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await shown([], keywords, context) { engine in
            let matches = try await engine.topMatches()
            let files = engine.context.services.files
            var usage = ValueMap()
            for saltenv in try await files.environments() {
                let used = Set(matches.first { $0.saltenv == saltenv }?.sls ?? [])
                let names = SLSCatalogue(files: try await files.list(saltenv: saltenv)).names
                let (inUse, unused) = (names.filter(used.contains), names.filter { !used.contains($0) })
                usage[saltenv] = .map([
                    "used": inUse.value, "unused": unused.value, "count_all": .int(names.count), "count_used": .int(inUse.count),
                    "count_unused": .int(unused.count),
                ])
            }
            return .map(usage)
        }
    }

    static func exists(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Bool {
        let shown = try await showHigh(context, modules, keywords)
        context.outcome.returnCode = 0
        return shown.mapValue != nil
    }

    static func idExists(_ context: CallContext, _ ids: String, _ modules: [Value], _ keywords: ValueMap) async throws -> Bool {
        let shown = try await showLow(context, modules, keywords)
        context.outcome.returnCode = 0
        let known = Set((shown.listValue ?? []).compactMap { $0["__id__"]?.stringValue })
        return ids.split(separator: ",").allSatisfy { known.contains(String($0).trimmingSpaces) }
    }

    private static func shown(
        _ modules: [Value], _ keywords: ValueMap, _ context: CallContext, _ body: (StateEngine) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(try await StateEngine.prepare(try StateRequest(modules, keywords, in: context)))
        } catch let refusal as StateRefusal where refusal.returnCode == StateRefusal.pillarFailure {
            // What only shows something raises an error here, as in Salt; a run returns the messages.
            let details = refusal.messages.dropFirst().map { "- \($0)" }.joined(separator: "\n")
            throw ExecutionError("Pillar failed to render. Additional info follows:\n\n\(details)")
        } catch let refusal as StateRefusal {
            context.outcome.returnCode = refusal.returnCode
            return refusal.value
        }
    }
}
