import HaliteValue

extension StateRun {
    /// `listen`: the `mod_watch` of those who listen to a changed state, once, after everything else.
    func callListeners(_ order: [Int]) async {
        await settleAll()
        var seen: Set<String> = []
        let chunks = order.map { graph.chunks[$0] }.filter { seen.insert($0.tag).inserted }
        var listeners: [(state: String, name: String, targets: [Value])] = []
        for chunk in chunks {
            if let listen = chunk.data["listen"]?.listValue { listeners.append((chunk.state, chunk.id, listen)) }
            for element in chunk.data["listen_in"]?.listValue ?? [] {
                for (state, name) in element.mapValue ?? [:] {
                    listeners.append((state.pythonString, name.pythonString, [.map([.string(chunk.state): .string(chunk.id)])]))
                }
            }
        }
        if listeners.isEmpty { return }
        let index = ListenIndex(chunks)
        var watchers: [LowChunk] = []
        var errors: [(tag: String, name: String, comment: String)] = []
        for listener in listeners {
            for target in listener.targets {
                var pairs: [(String, String)] = []
                switch target {
                case .map(let map): pairs = map.map { ($0.key.pythonString.stateModule, $0.value.pythonString) }
                case .string(let name):
                    if let chunk = index.last(name) { pairs = [(chunk.state, chunk.id)] }
                default: continue
                }
                for (state, name) in pairs {
                    let targets = index.matching(state, name)
                    if targets.isEmpty { errors.append(Self.listenError(state, name)) }
                    for changed in targets where results[changed.tag]?["changes"]?.isTruthy == true {
                        let found = index.matching(listener.state, listener.name)
                        if found.isEmpty { errors.append(Self.listenError(listener.state, listener.name)) }
                        watchers += found
                    }
                }
            }
        }
        var order: [Int] = []
        for watcher in watchers {
            var chunk = watcher
            chunk.data["sfun"] = .string(watcher.function)
            chunk.data["fun"] = "mod_watch"
            chunk.data["__id__"] = .string("listener_" + watcher.id)
            for key in StateKeywords.requisites { chunk.data.removeValue(forKey: key) }
            graph.add(chunk)
            order.append(graph.chunks.count - 1)
        }
        await call(order)
        for error in errors where results[error.tag] == nil {
            results[error.tag] = .map([
                "comment": .string(error.comment), "name": .string(error.name), "result": false, "changes": [:],
                "__run_num__": .int(runNumber),
            ])
            runNumber += 1
        }
    }

    private static func listenError(_ state: String, _ name: String) -> (tag: String, name: String, comment: String) {
        (
            "Listen_Error_|-listen_\(name)_|-listen_\(state)_|-Listen_Error", "listen_\(state):\(name)",
            "Referenced state \(state): \(name) does not exist"
        )
    }
}

/// Finds the chunks that a listener names, in the order of the run.
private struct ListenIndex {
    private var byReference: [String: [LowChunk]] = [:]
    private var lastByName: [String: LowChunk] = [:]

    init(_ chunks: [LowChunk]) {
        for chunk in chunks {
            for name in Set([chunk.id, chunk.name, chunk.state]) { byReference[Self.key(chunk.state, name), default: []].append(chunk) }
            for name in [chunk.id, chunk.name] { lastByName[name] = chunk }
        }
    }

    func matching(_ state: String, _ name: String) -> [LowChunk] { byReference[Self.key(state, name)] ?? [] }

    /// The last chunk with this id or name.
    func last(_ name: String) -> LowChunk? { lastByName[name] }

    private static func key(_ state: String, _ name: String) -> String { "\(state)\u{0}\(name)" }
}
