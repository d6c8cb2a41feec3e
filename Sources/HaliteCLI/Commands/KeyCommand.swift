import ArgumentParser
import HaliteAPI
import HaliteCore
import HaliteMaster
import HaliteTransport
import HaliteValue

/// `halite key`: which minions the master trusts.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "key", abstract: "Lists, accepts, rejects and deletes the keys of minions.")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var output: OutputArguments
    @Option(name: [.customShort("l"), .customLong("list")], help: ArgumentHelp("List un(accepted), acc(epted), rej(ected), den(ied) or all.", valueName: "which")) var list: String?
    @Flag(name: [.customShort("L"), .customLong("list-all")], help: "List all keys.") var listAll = false
    @Option(name: [.customShort("a"), .long], help: ArgumentHelp("Accept the keys that match.", valueName: "id")) var accept: String?
    @Flag(name: [.customShort("A"), .customLong("accept-all")], help: "Accept all pending keys.") var acceptAll = false
    @Option(name: [.customShort("r"), .long], help: ArgumentHelp("Reject the keys that match.", valueName: "id")) var reject: String?
    @Flag(name: [.customShort("R"), .customLong("reject-all")], help: "Reject all pending keys.") var rejectAll = false
    @Option(name: [.customShort("d"), .long], help: ArgumentHelp("Delete the keys that match.", valueName: "id")) var delete: String?
    @Flag(name: [.customShort("D"), .customLong("delete-all")], help: "Delete all keys.") var deleteAll = false
    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Show the fingerprints of the keys that match.", valueName: "id")) var finger: String?
    @Flag(name: [.customShort("F"), .customLong("finger-all")], help: "Show all fingerprints.") var fingerAll = false
    @Option(name: [.customShort("p"), .customLong("print")], help: ArgumentHelp("Show the public keys that match.", valueName: "id")) var printKey: String?
    @Flag(name: [.customShort("P"), .customLong("print-all")], help: "Show all public keys.") var printAll = false
    @Flag(name: [.customShort("y"), .long], help: "Answer all questions with yes.") var yes = false
    @Flag(name: .customLong("include-accepted"), help: "Also change accepted keys.") var includeAccepted = false
    @Flag(name: .customLong("include-rejected"), help: "Also change rejected keys.") var includeRejected = false
    @Flag(name: .customLong("include-denied"), help: "Also change denied keys.") var includeDenied = false

    func run() async throws {
        let options = try configuration.master()
        let keys = Keys(options: options)
        if let pattern = accept ?? (acceptAll ? "*" : nil) { return try await change("accept", pattern, keys) }
        if let pattern = reject ?? (rejectAll ? "*" : nil) { return try await change("reject", pattern, keys) }
        if let pattern = delete ?? (deleteAll ? "*" : nil) { return try await change("delete", pattern, keys) }
        if let pattern = finger ?? (fingerAll ? "*" : nil) { return try show(keys, try await keys.ask("finger", pattern, nil)) }
        if let pattern = printKey ?? (printAll ? "*" : nil) { return try show(keys, try await keys.ask("print", pattern, nil)) }
        try show(keys, try select(try await keys.ask("list", "*", nil)))
    }

    private func show(_ keys: Keys, _ data: ValueMap) throws {
        var options = output.options(keys.options.map)
        options.multiKey = true
        try output.emit(output.outputter("key", options).render(.map(data), options))
    }

    private func select(_ all: ValueMap) throws -> ValueMap {
        guard let list else { return all }
        let kinds: [(String, KeyRing.State)] = [("acc", .accepted), ("un", .pending), ("pre", .pending), ("rej", .rejected), ("den", .denied)]
        if list.hasPrefix("all") { return all }
        guard let state = kinds.first(where: { list.hasPrefix($0.0) })?.1 else {
            throw ValidationError("unknown list '\(list)' (known: acc, un, rej, den, all)")
        }
        return [.string(state.rawValue): all[state.rawValue] ?? []]
    }

    private func change(_ action: String, _ pattern: String, _ keys: Keys) async throws {
        var states: [KeyRing.State] = action == "delete" ? KeyRing.State.allCases : [.pending]
        if includeAccepted { states.append(.accepted) }
        if includeRejected { states.append(.rejected) }
        if includeDenied { states.append(.denied) }
        let all = try await keys.ask("list", "*", nil)
        let glob = GlobPattern(pattern)
        let concerned = ValueMap(states.compactMap { state -> (Value, Value)? in
            let ids = (all[state.rawValue]?.listValue ?? []).filter { glob.matches($0.pythonString) }
            return ids.isEmpty ? nil : (.string(state.rawValue), .list(ids))
        })
        guard !concerned.isEmpty else {
            let known = all.values.flatMap { ($0.listValue ?? []).map(\.pythonString) }
            let kind = action == "accept" ? "unaccepted keys" : action == "reject" ? "unaccepted keys" : "keys"
            throw CommandError("The key glob '\(pattern)' does not match any \(kind).\(NearestName.find(pattern, among: known).map { " Did you mean '\($0)'?" } ?? "")")
        }
        Terminal.print("The following keys are going to be \(action == "delete" ? "deleted" : action + "ed"):")
        try show(keys, concerned)
        if !yes, !confirmed() { throw CommandError("nothing was changed") }
        let result = try await keys.ask(action, pattern, states.map(\.rawValue))
        for (_, ids) in result {
            for id in ids.listValue ?? [] { Terminal.print("Key for minion \(id.pythonString) \(action == "delete" ? "deleted" : action + "ed").") }
        }
    }

    private func confirmed() -> Bool {
        Terminal.errorPart("Proceed? [n/Y] ")
        let answer = readLine() ?? "n"
        return answer.isEmpty || answer.lowercased().hasPrefix("y")
    }

    /// The keys by way of the running master, which cuts and admits connections; without one, the files themselves.
    private struct Keys {
        let options: MasterOptions

        func ask(_ action: String, _ pattern: String, _ states: [String]?) async throws -> ValueMap {
            var request: ValueMap = ["client": "key", "action": .string(action), "match": .string(pattern)]
            if let states { request["states"] = states.value }
            let lines: AsyncThrowingStream<ValueMap, any Error>
            do {
                lines = try await APIClient(socketPath: options.socketPath).run(request)
            } catch {
                return try await direct(action, pattern, states)
            }
            for try await line in lines {
                if line["type"]?.stringValue == "error" { throw CommandError(line["message"]?.pythonString ?? "") }
                return line["return"]?.mapValue ?? [:]
            }
            return [:]
        }

        private func direct(_ action: String, _ pattern: String, _ states: [String]?) async throws -> ValueMap {
            let ring = try KeyRing(directory: options.pkiDirectory)
            let identity = try Identity.load(directory: options.pkiDirectory, name: "master")
            return try OfflineKeys(ring: ring, fingerprint: identity.fingerprint).perform(action, pattern: pattern, states: states)
        }
    }
}
