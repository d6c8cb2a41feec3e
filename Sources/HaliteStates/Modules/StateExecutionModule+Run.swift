import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The functions that run states.
extension StateExecutionModule {
    static func apply(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        let request = try StateRequest(modules, keywords, in: context)
        if let refusal = disabledRun(request) { return refusal }
        return try await exclusively(request) { try await $0.runRequested() }
    }

    static func highstate(_ context: CallContext, _ keywords: ValueMap) async throws -> Value {
        try await apply(context, [], keywords)
    }

    static func top(_ context: CallContext, _ path: String, _ keywords: ValueMap) async throws -> Value {
        var request = try StateRequest([], keywords, in: context)
        request.topFile = path
        return try await exclusively(request) { try await $0.runRequested() }
    }

    static func runID(_ context: CallContext, _ id: String, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        try await exclusively(try StateRequest(modules, keywords, in: context)) { engine in
            let compilation = try await engine.compileWithoutExtend()
            let results = await engine.run(compilation, only: id)
            guard results.mapValue?.isEmpty == false else {
                let known = Set(compilation.compiled.chunks.map(\.id)).sorted()
                throw ExecutionError(
                    "No matches for ID '\(id)' found in SLS '\(engine.request.sls.joined(separator: ","))' within saltenv "
                        + "'\(engine.context.saltenv)'\(NearestName.hint(id, among: known))")
            }
            return results
        }
    }

    static func single(_ context: CallContext, _ function: String, _ arguments: [Value], _ keywords: ValueMap) async throws -> Value {
        let parts = function.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2 else {
            context.outcome.returnCode = 1
            return "Invalid function passed"
        }
        guard let name = keywords["name"] ?? arguments.first else {
            throw ExecutionError("state.single takes the name of the state as well, such as: state.single \(function) name=vim")
        }
        var data = ValueMap(keywords.filter { !engineKeywords.contains($0.key.pythonString) }.map { ($0.key, $0.value) })
        data["state"] = .string(parts[0])
        data["fun"] = .string(parts[1])
        data["name"] = name
        data["__id__"] = name
        return try await exclusively(try dataRequest(context, keywords)) { engine in
            let chunk = LowChunk(data)
            // As in Salt, states that it ran inside itself are not told here.
            let results = try await runOne(chunk, engine)
            return results.mapValue?[chunk.tag].map { [.string(chunk.tag): $0] } ?? results
        }
    }

    /// The keywords of `state.single` that speak to the engine and not to the state.
    private static let engineKeywords: Set<String> = ["test", "pillar", "pillar_enc", "pillarenv", "queue", "concurrent", "mock", "terse", "force"]

    static func low(_ context: CallContext, _ data: ValueMap, _ keywords: ValueMap) async throws -> Value {
        var map = data
        if map["__id__"] == nil { map["__id__"] = map["name"] ?? "" }
        let chunk = LowChunk(map)
        return try await exclusively(try dataRequest(context, keywords)) { engine in
            let results = try await runOne(chunk, engine)
            return results.mapValue?.values.first ?? results
        }
    }

    /// For states that come with the call. As under Salt they run also when the pillar has errors.
    private static func dataRequest(_ context: CallContext, _ keywords: ValueMap) throws -> StateRequest {
        var request = try StateRequest([], keywords, in: context)
        request.isForced = true
        return request
    }

    private static func runOne(_ chunk: LowChunk, _ engine: StateEngine) async throws -> Value {
        let complaints = await StateCall(context: engine.context, chunk: chunk, testRun: false).complaints()
        if !complaints.isEmpty { throw StateRefusal(messages: complaints.flatMap { $0.components(separatedBy: "\n") }, returnCode: 1) }
        return await engine.run(StateEngine.Compilation(compiled: try engine.order([withoutRequisites(chunk)])))
    }

    /// Nothing else is there to be required.
    private static func withoutRequisites(_ chunk: LowChunk) -> LowChunk {
        LowChunk(ValueMap(chunk.data.filter { !StateKeywords.requisites.contains($0.key.pythonString) }.map { ($0.key, $0.value) }))
    }

    // MARK: High data from elsewhere

    static func high(_ context: CallContext, _ data: ValueMap, _ keywords: ValueMap) async throws -> Value {
        try await exclusively(try dataRequest(context, keywords)) { await $0.run(try $0.compile(HighData(data))) }
    }

    static func template(_ context: CallContext, _ path: String, _ keywords: ValueMap) async throws -> Value {
        let path = path.hasSuffix(".sls") ? path : path + ".sls"
        return try await exclusively(try StateRequest([], keywords, in: context)) { engine in
            var loader = SLSLoader(context: engine.context)
            try await loader.load(localFile: path)
            if !loader.errors.isEmpty { throw StateRefusal(messages: loader.errors, returnCode: 1) }
            return await engine.run(try engine.compile(HighData(loader.high)))
        }
    }

    static func templateText(_ context: CallContext, _ text: String, _ keywords: ValueMap) async throws -> Value {
        let name = "<template-str>"
        return try await exclusively(try dataRequest(context, keywords)) { engine in
            let data = try await engine.context.services.templates.renderData(source: text, name: name, pipeline: nil, values: [:], in: engine.context)
            if !data.isTruthy { return data }
            guard case .map(var map) = data else { throw StateRefusal(messages: ["Template \(name) does not render to a dictionary"], returnCode: 1) }
            for word in ["include", "exclude", "extends"] where map[word] != nil {
                throw StateRefusal(messages: ["The '\(word)' declaration found on '\(name)' is invalid when rendering single templates"], returnCode: 1)
            }
            var normaliser = SLSNormaliser(sls: name, saltenv: engine.context.saltenv, isTemplate: true)
            normaliser.normalise(&map)
            if !normaliser.errors.isEmpty { throw StateRefusal(messages: normaliser.errors, returnCode: 1) }
            return await engine.run(try engine.compile(HighData(map)))
        }
    }

    // MARK: One at a time

    /// One state run at a time, unless told otherwise; the body gets the prepared engine.
    static func exclusively(_ request: StateRequest, _ body: (StateEngine) async throws -> Value) async throws -> Value {
        do {
            let ticket = try await ticket(request)
            let value = try await body(try await StateEngine.prepare(request))
            // Kept until here: others may start when it is let go.
            withExtendedLifetime(ticket) {}
            return value
        } catch let refusal as StateRefusal {
            request.context.outcome.returnCode = refusal.returnCode
            return refusal.value
        }
    }

    private static func ticket(_ request: StateRequest) async throws -> StateRunLock.Ticket? {
        guard let lock = try await lock(request.context) else { return nil }
        let function = request.context.function.isEmpty ? "state.apply" : request.context.function
        let jobID = JobID(request.context.jobID)?.description ?? JobID.make().description
        let admission: StateRunLock.Admission
        switch request.queue {
        case .refuse: admission = try lock.enter(jobID: jobID, function: function, alongside: request.concurrent)
        case .wait: admission = try lock.queue(jobID: jobID, function: function, limit: nil)
        case .waitUnless(let limit): admission = try lock.queue(jobID: jobID, function: function, limit: limit)
        }
        switch admission {
        case .refused(let others): throw StateRefusal(messages: others.map(\.conflict), returnCode: 1)
        case .granted(let ticket):
            guard let ticket, request.queue != .refuse else { return ticket }
            while try !lock.tryStart(ticket, jobID: jobID, function: function) { try await Task.sleep(for: .milliseconds(50)) }
            return ticket
        }
    }

    private static func lock(_ context: CallContext) async throws -> StateRunLock? {
        guard let folder = context.services.stateRunFolder else { return nil }
        do {
            try await LocalFolder.make(folder)
        } catch let error as HostError where error.code == .notPermitted && geteuid() != 0 {
            // Somebody without rights to the minion's cache tries a tree of his own. He stands in nobody's way.
            return nil
        }
        return StateRunLock(folder: folder)
    }

    static func running(_ context: CallContext, _ concurrent: Bool) async throws -> [String] {
        guard !concurrent, let folder = context.services.stateRunFolder else { return [] }
        return try StateRunLock(folder: folder).entries(except: context.jobID).map(\.conflict)
    }
}
