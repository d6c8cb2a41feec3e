import HaliteCore
import HaliteModuleKit
import HaliteStore
import HaliteValue

/// Orchestrations, and the event bus to watch.
struct StateRunner: ExecutionModule {
    static let name = "state"
    static let summary = "Runs orchestrations."

    private static let modules = Parameter<Value>.required("mods", "The names of the SLS files, separated by commas.")
    private static let settings = Parameter<ValueMap>.keywords("kwargs", "saltenv, test, exclude, pillar, pillarenv.")

    static let functions: [Function] = [
        Function(
            "orchestrate", "Runs the states of SLS files on the master.", modules, settings,
            example: "halite run state.orchestrate orch.deploy pillarenv=test", body: orchestrate),
        Function("orch", "Runs the states of SLS files on the master.", modules, settings, body: orchestrate),
        Function("sls", "Runs the states of SLS files on the master.", modules, settings, body: orchestrate),
        Function(
            "orchestrate_single", "Runs one state on the master.", .required("fun", "The state, such as salt.state."),
            .required("name", "Its name."), settings, body: single),
        Function("orchestrate_show_sls", "Shows the high data of an orchestration.", modules, settings, body: show),
        Function("orch_show_sls", "Shows the high data of an orchestration.", modules, settings, body: show),
        Function(
            "graph", "Draws the requisites of an orchestration.", modules,
            .keywords("kwargs", "format: dot, graphviz, svg or text; saltenv, pillar, pillarenv."), example: "halite run state.graph orch.deploy format=text",
            body: graph),
    ]

    private static func orchestrate(_ context: CallContext, _ modules: Value, _ keywords: ValueMap) async throws -> Value {
        try await run("state.sls", [modules], keywords, context)
    }

    private static func single(_ context: CallContext, _ function: String, _ name: String, _ keywords: ValueMap) async throws -> Value {
        try await run("state.single", [.string(function), .string(name)], keywords, context)
    }

    private static func graph(_ context: CallContext, _ modules: Value, _ keywords: ValueMap) async throws -> Value {
        guard keywords["tgt"]?.isTruthy != true else {
            throw ExecutionError("the graph of a minion comes from the minion: halite \(keywords["tgt"]?.pythonString ?? "") state.graph \(modules.pythonString)")
        }
        return try await context.services.call("state.graph", Arguments([modules], keywords: keywords), in: context)
    }

    private static func run(_ function: String, _ arguments: [Value], _ keywords: ValueMap, _ context: CallContext) async throws -> Value {
        if let pillar = keywords["pillar"], !pillar.isNull, pillar.mapValue == nil {
            throw ExecutionError("Pillar data must be formatted as a dictionary")
        }
        let results = try await context.services.call(function, Arguments(arguments, keywords: keywords), in: context)
        context.outcome.returnCode = MinionJudgement.isGood(.map([.string(context.services.id): results])) ? 0 : 1
        return .map(["data": .map([.string(context.services.id): results]), "outputter": "highstate"])
    }

    private static func show(_ context: CallContext, _ modules: Value, _ keywords: ValueMap) async throws -> Value {
        .map([
            .string(context.services.id): try await context.services.call(
                "state.show_sls", Arguments([modules], keywords: keywords), in: context)
        ])
    }
}
