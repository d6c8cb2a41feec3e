import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteStates
import HaliteStore
import HaliteValue
import Logging

/// What an accepted minion may ask. Who asks is known by the key of its connection, never by what it says.
struct MinionRequests: Sendable {
    static let partSize = 1 << 20
    let master: MasterService
    let session: MinionSession

    func answer(_ operation: String, _ arguments: ValueMap) async throws -> Value {
        let saltenv = arguments["saltenv"]?.stringValue ?? "base"
        let path = arguments["path"]?.stringValue ?? ""
        switch operation {
        case "file": return try await file(path, saltenv, known: arguments["hash"]?.stringValue ?? "")
        case "file_part": return try await part(path, saltenv, offset: arguments["offset"]?.intValue ?? 0)
        case "file_list": return try await master.fileRoots.list(saltenv: saltenv).value
        case "file_empty": return try await master.fileRoots.emptyDirectories(saltenv: saltenv).value
        case "file_envs": return try await master.fileRoots.environments().value
        case "pillar": return .map(try await pillar(arguments, saltenv))
        case "event":
            let tag = arguments["tag"]?.stringValue ?? ""
            guard !tag.isEmpty, tag.utf8.count < 1024 else { throw ExecutionError("an event needs a tag") }
            // As Salt wraps the events of minions. Who sent it is known by the key, whatever the data say.
            var load: ValueMap = ["cmd": "_minion_event", "tag": .string(tag), "data": arguments["data"] ?? [:], "id": .string(session.id)]
            if let data = arguments["data"]?["data"], arguments["data"]?["cmd"] == "_minion_event" { load["data"] = data }
            master.events.publish(tag, load)
            return true
        case "mine_send":
            try master.store.saveMine(of: session.id, arguments["data"]?.mapValue ?? [:], clear: arguments["clear"]?.isTruthy ?? false)
            return true
        case "mine_delete":
            try master.store.deleteMine(of: session.id, function: arguments["fun"]?.stringValue)
            return true
        case "mine_get": return .map(try mine(arguments))
        default: throw ExecutionError("the master does not know the request '\(operation.prefix(40))'")
        }
    }

    private func file(_ path: String, _ saltenv: String, known: String) async throws -> Value {
        guard let file = try await master.fileRoots.fetch(path, saltenv: saltenv) else { return .null }
        let host = LocalHost()
        let hash = try await host.digest(file.localPath, .sha256)
        if !known.isEmpty, known == hash { return .map(["unchanged": true, "mode": .int(file.mode)]) }
        let size = try await host.status(file.localPath)?.size ?? 0
        let content =
            size <= Self.partSize ? try await host.read(file.localPath) : try await FilePart.read(file.localPath, 0, Self.partSize)
        return .map(["size": .int(max(size, content.count)), "hash": .string(hash), "mode": .int(file.mode), "data": .bytes(content)])
    }

    private func part(_ path: String, _ saltenv: String, offset: Int) async throws -> Value {
        guard let file = try await master.fileRoots.fetch(path, saltenv: saltenv), offset >= 0 else { return .null }
        return .bytes(try await FilePart.read(file.localPath, offset, Self.partSize))
    }

    private func pillar(_ arguments: ValueMap, _ saltenv: String) async throws -> ValueMap {
        if let grains = arguments["grains"]?.mapValue {
            session.grains = grains
            try master.store.saveFacts(of: session.id, grains: grains)
        }
        let override = arguments["override"]?.mapValue ?? [:]
        let pillarenv = arguments["pillarenv"]?.stringValue
        let pillar = try await master.compilePillar(
            minion: session.id, grains: session.grains, saltenv: saltenv, pillarenv: pillarenv, override: override)
        // Targeting by pillar sees what the minion has when nothing special is asked for.
        if override.isEmpty, pillarenv == nil { try master.store.saveFacts(of: session.id, pillar: pillar) }
        return pillar
    }

    private func mine(_ arguments: ValueMap) throws -> ValueMap {
        try master.mine(
            target: arguments["tgt"]?.pythonString ?? "*", function: arguments["fun"]?.pythonString ?? "",
            targetType: arguments["tgt_type"]?.stringValue ?? "glob", asker: session.id)
    }
}

extension MasterService {
    package func compilePillar(
        minion: String, grains: ValueMap, saltenv: String, pillarenv: String?, override: ValueMap
    ) async throws -> ValueMap {
        var grains = grains
        grains["id"] = .string(minion)
        let context = runtime.pillarContext(grains: grains, saltenv: saltenv, pillarenv: pillarenv)
        var compiler = PillarCompiler(files: pillarRoots, context: context, minionID: minion, nodegroups: options.nodegroups)
        compiler.log = { [logger] in logger.error("pillar of \(minion): \($0)") }
        return try await compiler.compile(pillarenv: pillarenv, override: override)
    }

    /// What the minions of a target gave under a name.
    /// - Parameter asker: the minion that wants to know, nil for the master itself. What was given with `allow_tgt` is shown
    ///   only to those that it names.
    package func mine(target: String, function: String, targetType: String, asker: String? = nil) throws -> ValueMap {
        guard let kind = Target.Kind(name: targetType) else {
            throw ExecutionError(
                "unknown target type '\(targetType)'\(NearestName.hint(targetType, among: Target.Kind.allCases.map(\.rawValue)))")
        }
        let wanted = Set(try minions(matching: Target(.string(target), kind: kind)))
        let data = try store.mine(function: function)
        return try ValueMap(
            data.filter { wanted.contains($0.key.pythonString) }.compactMap { minion, value in
                guard case .map(let entry) = value, entry["__saltmine_acl__"]?.isTruthy == true else { return (minion, value) }
                guard try isAllowed(asker, by: entry) else { return nil }
                return (minion, entry["__data__"] ?? .null)
            })
    }

    private func isAllowed(_ asker: String?, by entry: ValueMap) throws -> Bool {
        guard let asker else { return true }
        guard let allowed = entry["allow_tgt"], let kind = Target.Kind(name: entry["allow_tgt_type"]?.stringValue ?? "glob") else {
            return false
        }
        return try minions(matching: Target(allowed, kind: kind)).contains(asker)
    }
}
