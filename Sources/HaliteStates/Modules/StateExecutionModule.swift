import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs states and shows what they would be.
package struct StateExecutionModule: ExecutionModule {
    package static let name = "state"
    package static let summary = "Runs states and shows what they would be."

    private static let modules = Parameter<[Value]>.rest("mods", "Names of SLS files, separated by commas; none means the highstate.")
    private static let settings = Parameter<ValueMap>.keywords(
        "kwargs", "test, pillar, saltenv, pillarenv, exclude, queue, concurrent.")

    package static let functions: [Function] = [
        Function("apply", "Runs the named SLS files, or the highstate when none is named.", modules, settings,
            example: "halite '*' state.apply web test=True", body: apply),
        Function("highstate", "Runs what the top files give this minion.", settings, example: "halite '*' state.highstate", body: highstate),
        Function("sls", "Runs the named SLS files.", modules, settings, example: "halite '*' state.sls core,web", body: apply),
        Function("sls_id", "Runs one ID of the named SLS files, with nothing else.",
            .required("id", "The ID, or the name of a state."), modules, settings, body: runID),
        Function("single", "Runs one state given on the command line.",
            .required("fun", "The state function, such as pkg.installed."), .rest("args", "The name, when it is not a keyword."),
            settings, example: "halite '*' state.single pkg.installed name=vim", body: single),
        Function("high", "Runs high data given as an argument.", .required("data", "High data."), settings, body: high),
        Function("low", "Runs one low chunk given as an argument.", .required("data", "A low chunk."), settings, body: low),
        Function("template", "Runs the states of a template file, without includes.", .required("tem", "A path on the minion."), settings, body: template),
        Function("template_str", "Runs the states of a text, without includes.", .required("tem", "The text of an SLS file."), settings, body: templateText),
        Function("show_sls", "Shows the high data of SLS files.", modules, settings, body: showHigh),
        Function("show_highstate", "Shows the high data of the highstate.", settings) { context, keywords in
            try await showHigh(context, [], keywords)
        },
        Function("show_low_sls", "Shows the low chunks of SLS files in their order.", modules, settings, body: showLow),
        Function("show_lowstate", "Shows the low chunks of the highstate in their order.", settings) { context, keywords in
            try await showLow(context, [], keywords)
        },
        Function("show_top", "Shows what the top files give this minion.", settings, body: showTop),
        Function("show_states", "Lists the SLS files that the highstate uses.", settings, body: showStates),
        Function("show_state_usage", "Counts the states that the highstate uses.", settings, body: showUsage),
        Function("sls_exists", "Tells whether all named SLS files render.", modules, settings, body: exists),
        Function("id_exists", "Tells whether IDs are in SLS files.", .required("ids", "IDs, separated by commas."), modules, settings, body: idExists),
        Function("running", "Tells whether a state run is going on.", .optional("concurrent", false, "Ignore what runs."), body: running),
    ]

    // MARK: Run

    private static func apply(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await exclusively(try StateRequest(modules, keywords, in: context)) { try await $0.runRequested() }
    }

    private static func highstate(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await apply(context, [], keywords)
    }

    private static func runID(_ context: CallContext, _ id: String, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await exclusively(try StateRequest(modules, keywords, in: context)) { engine in
            let compiled = try await engine.compile(try await engine.requestedMatches())
            let chunks = compiled.chunks.filter { $0.id == id || $0.name == id }
            if chunks.isEmpty {
                let known = Set(compiled.chunks.map(\.id)).sorted()
                throw StateRefusal(messages: ["No matches for ID '\(id)' found in SLS '\(engine.request.sls.joined(separator: ","))' within saltenv '\(engine.context.saltenv)'\(NearestName.hint(id, among: known))"], returnCode: 1)
            }
            return await engine.run(try engine.order(chunks.map(withoutRequisites)))
        }
    }

    /// The rest of the tree is not there to be required.
    private static func withoutRequisites(_ chunk: LowChunk) -> LowChunk {
        LowChunk(ValueMap(chunk.data.filter { !StateKeywords.requisites.contains($0.key.pythonString) }.map { ($0.key, $0.value) }))
    }

    private static func single(_ context: CallContext, _ function: String, _ arguments: [Value], _ keywords: ValueMap) async throws -> Value {
        let parts = function.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw ExecutionError("Invalid function passed: '\(function)' (expected the form 'module.function')") }
        var data: ValueMap = ["state": .string(parts[0]), "fun": .string(parts[1])]
        for (key, value) in keywords where !["test", "pillar", "saltenv", "pillarenv", "queue", "concurrent"].contains(key.pythonString) {
            data[key] = value
        }
        data["name"] = .string((keywords["name"] ?? arguments.first)?.pythonString ?? "")
        data["__id__"] = data["name"] ?? ""
        let chunk = LowChunk(data)
        return try await exclusively(try StateRequest([], keywords, in: context)) { await $0.run(try $0.order([chunk])) }
    }

    private static func high(_ context: CallContext, _ data: ValueMap, _ keywords: ValueMap) async throws -> Value {
        try await exclusively(try StateRequest([], keywords, in: context)) { engine in
            var normaliser = SLSNormaliser(sls: "high", saltenv: engine.context.saltenv)
            var map = data
            normaliser.normalise(&map)
            if !normaliser.errors.isEmpty { throw StateRefusal(messages: normaliser.errors, returnCode: 1) }
            return await engine.run(try engine.compile(HighData(map)))
        }
    }

    private static func low(_ context: CallContext, _ data: ValueMap, _ keywords: ValueMap) async throws -> Value {
        var map = data
        if map["__id__"] == nil { map["__id__"] = map["name"] ?? "" }
        let chunk = LowChunk(map)
        return try await exclusively(try StateRequest([], keywords, in: context)) { engine in
            let results = await engine.run(try engine.order([chunk]))
            return results.mapValue?.values.first ?? results
        }
    }

    private static func template(_ context: CallContext, _ path: String, _ keywords: ValueMap) async throws -> Value {
        try await runText(context, try await context.host.readText(path), name: path, keywords)
    }

    private static func templateText(_ context: CallContext, _ text: String, _ keywords: ValueMap) async throws -> Value {
        try await runText(context, text, name: "<template-str>", keywords)
    }

    private static func runText(_ context: CallContext, _ text: String, name: String, _ keywords: ValueMap) async throws -> Value {
        try await exclusively(try StateRequest([], keywords, in: context)) { engine in
            let data = try await engine.context.services.templates.renderData(source: text, name: name, pipeline: nil, values: [:], in: engine.context)
            guard case .map(var map) = data else { throw StateRefusal(messages: ["Template \(name) does not render to a dictionary"], returnCode: 1) }
            for word in ["include", "exclude", "extends"] where map[word] != nil {
                throw StateRefusal(messages: ["The '\(word)' declaration found on '\(name)' is invalid when rendering single templates"], returnCode: 1)
            }
            var normaliser = SLSNormaliser(sls: name, saltenv: engine.context.saltenv)
            normaliser.normalise(&map)
            if !normaliser.errors.isEmpty { throw StateRefusal(messages: normaliser.errors, returnCode: 1) }
            return await engine.run(try engine.compile(HighData(map)))
        }
    }

    /// One state run at a time, unless told otherwise; the body gets the prepared engine.
    private static func exclusively(
        _ request: StateRequest, _ body: (StateEngine) async throws -> Value
    ) async throws -> Value {
        do {
            if !request.concurrent { try await waitForOthers(request) }
            return try await body(try await StateEngine.prepare(request))
        } catch let refusal as StateRefusal {
            request.context.outcome.returnCode = refusal.returnCode
            return refusal.value
        }
    }

    private static func waitForOthers(_ request: StateRequest) async throws {
        while true {
            let others = await conflicts(request.context)
            if others.isEmpty { return }
            guard request.queue else { throw StateRefusal(messages: others, returnCode: 1) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// The state runs of earlier jobs, worded as Salt does.
    private static func conflicts(_ context: CallContext) async -> [String] {
        await context.services.runningJobs().compactMap { job -> String? in
            let function = job["fun"]?.pythonString ?? ""
            let jid = job["jid"]?.pythonString ?? ""
            guard function.hasPrefix("state."), !["state.running", "state.show_sls", "state.show_low_sls", "state.show_top"].contains(function),
                !function.hasPrefix("state.show"), jid != context.jobID, jid < context.jobID || context.jobID.isEmpty
            else { return nil }
            return "The function \"\(function)\" is running as PID \(job["pid"]?.pythonString ?? "?") and was started at "
                + "\(JobID(jid).map(\.display) ?? "an unknown time") with jid \(jid)"
        }
    }

    // MARK: Show

    private static func showHigh(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await shown(modules, keywords, context) { .map(try await $0.shownHighData().map) }
    }

    private static func showLow(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await shown(modules, keywords, context) { engine in
            // Salt applies `require_in` and its kind for the highstate only.
            let chunks =
                engine.request.sls.isEmpty
                ? try await engine.compile(try await engine.topMatches()).chunks : try await engine.shownLowChunks()
            return .list(chunks.map { .map($0.data) })
        }
    }

    private static func showTop(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await shown([], keywords, context) { engine in
            .map(ValueMap(try await engine.topMatches().map { (.string($0.saltenv), $0.sls.value) }))
        }
    }

    private static func showStates(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await shown([], keywords, context) { engine in
            var seen: [String] = []
            for chunk in try await engine.compile(try await engine.topMatches()).chunks where !seen.contains(chunk.sls) { seen.append(chunk.sls) }
            return seen.value
        }
    }

    private static func showUsage(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await shown([], keywords, context) { engine in
            var counts = ValueMap()
            for chunk in try await engine.compile(try await engine.topMatches()).chunks {
                counts[chunk.fullName] = .int((counts[chunk.fullName]?.intValue ?? 0) + 1)
            }
            return .map(counts)
        }
    }

    private static func exists(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Bool {
        let shown = try await showHigh(context, modules, keywords)
        context.outcome.returnCode = 0
        return shown.mapValue != nil
    }

    private static func idExists(_ context: CallContext, _ ids: String, _ modules: [Value], _ keywords: ValueMap) async throws -> Bool {
        let shown = try await showHigh(context, modules, keywords)
        context.outcome.returnCode = 0
        return ids.split(separator: ",").allSatisfy { shown[String($0)] != nil }
    }

    private static func shown(
        _ modules: [Value], _ keywords: ValueMap, _ context: CallContext, _ body: (StateEngine) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(try await StateEngine.prepare(try StateRequest(modules, keywords, in: context)))
        } catch let refusal as StateRefusal {
            context.outcome.returnCode = refusal.returnCode
            return refusal.value
        }
    }

    private static func running(_ context: CallContext, _ concurrent: Bool) async throws -> [String] {
        concurrent ? [] : await conflicts(context)
    }
}
