import HaliteCore
import HaliteMaster
import HaliteModuleKit
import HaliteValue

/// What can be asked of a master: `POST /run` (calls, runners, keys) and `GET /events`.
struct MasterRoutes: Sendable {
    let master: MasterService

    func handle(method: String, path: String, body: [UInt8], user: String, write: @escaping LineWriter) async throws {
        switch (method, path) {
        case ("POST", "/run"):
            let request: ValueMap
            do {
                request = try ValueMap(value: try Value(json: body))
            } catch {
                throw APIError("the request is no JSON object: \(error)")
            }
            try await run(request, user, write)
        case ("GET", "/events"): try await events(write)
        default: throw APIError("there is nothing at \(method) \(path)")
        }
    }

    private func run(_ request: ValueMap, _ user: String, _ write: @escaping LineWriter) async throws {
        switch request["client"]?.stringValue {
        case "local": try await local(request, user, write)
        case "runner": try await runner(request, user, write)
        case "key": try await KeyRoutes(master: master).handle(request, write)
        default: throw APIError("unknown client '\(request["client"]?.pythonString ?? "")' (known: local, runner, key)")
        }
    }

    // MARK: Calls on minions

    private func local(_ request: ValueMap, _ user: String, _ write: @escaping LineWriter) async throws {
        let kindName = request["tgt_type"]?.stringValue ?? "glob"
        guard let kind = Target.Kind(name: kindName) else { throw APIError("unknown target type '\(kindName)'") }
        let function = request["fun"]?.stringValue ?? ""
        let target = Target(request["tgt"] ?? "*", kind: kind, delimiter: request["delimiter"]?.stringValue ?? ":")
        if request["preview"]?.isTruthy == true {
            try await write(["type": "job", "jid": "", "minions": try master.minions(matching: target).value])
            return
        }
        var chosen = target
        if let subset = request["subset"]?.intValue {
            chosen = Target(Array(try master.minions(matching: target).shuffled().prefix(subset)).value, kind: .list)
        }
        let arguments = Arguments(jobForm: request["arg"]?.listValue ?? [])
        let job = try await master.publish(function, arguments, target: chosen, user: user)
        try await write(["type": "job", "jid": .string(job.jobID), "minions": job.minions.value])
        if request["async"]?.isTruthy == true { return }
        try await follow(job, write)
    }

    private func follow(_ job: PublishedJob, _ write: @escaping LineWriter) async throws {
        for await update in job.updates {
            switch update {
            case .returned(let result):
                var line = result.map
                line["type"] = "return"
                try await write(line)
            case .missing(let minion, let reason):
                try await write(["type": "missing", "id": .string(minion), "reason": .string(reason)])
            }
        }
    }

    // MARK: Runners

    private func runner(_ request: ValueMap, _ user: String, _ write: @escaping LineWriter) async throws {
        let function = request["fun"]?.stringValue ?? ""
        let arguments = Arguments(jobForm: request["arg"]?.listValue ?? [])
        if function == "state.event" {
            try await watch(arguments, write)
            return
        }
        let jobID = JobID.make().description
        try await write(["type": "job", "jid": .string(jobID), "minions": []])
        // What happens below this orchestration goes to whoever waits for it.
        let progress = master.events.events()
        let follower = Task {
            for await event in progress where event.tag.hasSuffix("/new") || event.tag.contains("/ret/") {
                try await write(["type": "event", "tag": .string(event.tag), "data": .map(event.data)])
            }
        }
        defer { follower.cancel() }
        do {
            let (value, code) = try await master.runtime.run(function, arguments, jobID: jobID, user: user)
            try await write(["type": "result", "return": value, "retcode": .int(code)])
        } catch let error as UnknownFunctionError {
            try await write(["type": "unknown", "message": .string(error.description)])
        } catch {
            try await write(["type": "exception", "message": .string("\(error)")])
        }
    }

    /// `state.event`: the bus, for so many events, or until the client goes.
    private func watch(_ arguments: Arguments, _ write: @escaping LineWriter) async throws {
        let pattern = (arguments.keywords["tagmatch"] ?? arguments.positional.first)?.pythonString ?? "*"
        var left = arguments.keywords["count"]?.intValue ?? -1
        let glob = GlobPattern(pattern)
        for await event in master.events.events() where glob.matches(event.tag) {
            try await write(["type": "event", "tag": .string(event.tag), "data": .map(event.data)])
            left -= 1
            if left == 0 { return }
        }
    }

    private func events(_ write: @escaping LineWriter) async throws {
        for await event in master.events.events() { try await write(["tag": .string(event.tag), "data": .map(event.data)]) }
    }
}

/// What `halite key` asks.
struct KeyRoutes: Sendable {
    let master: MasterService

    func handle(_ request: ValueMap, _ write: LineWriter) async throws {
        let action = request["action"]?.stringValue ?? ""
        let pattern = request["match"]?.pythonString ?? "*"
        let result = try await master.keyAction(action, pattern: pattern, states: request["states"].map { ($0.listValue ?? []).map(\.pythonString) })
        try await write(["type": "result", "return": .map(result), "retcode": 0])
    }
}
