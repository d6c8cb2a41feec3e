import HaliteValue

/// One state to run: the module, the function, the name and the arguments.
package struct LowChunk: Sendable {
    /// Everything, in the form that `state.show_lowstate` prints.
    package var data: ValueMap

    package init(_ data: ValueMap) { self.data = data }

    package var state: String { data["state"]?.pythonString ?? "" }
    package var function: String { data["fun"]?.pythonString ?? "" }
    package var id: String { data["__id__"]?.pythonString ?? "" }
    package var name: String { data["name"]?.pythonString ?? "" }
    package var sls: String { data["__sls__"]?.pythonString ?? "" }
    package var saltenv: String { data["__env__"]?.pythonString ?? "base" }
    /// `file.managed`.
    package var fullName: String { "\(state).\(function)" }
    /// The key of the result, as Salt makes it.
    package var tag: String {
        let parts = [state, id, name, function]
        var tag = ""
        tag.reserveCapacity(parts.reduce(9) { $0 + $1.utf8.count })
        for (index, part) in parts.enumerated() {
            if index > 0 { tag += "_|-" }
            tag += part
        }
        return tag
    }

    /// What goes to the state function: without the engine's own words.
    var arguments: ValueMap {
        ValueMap(data.filter { !StateKeywords.isInternal($0.key.pythonString) }.map { ($0.key, $0.value) })
    }
}

extension HighData {
    /// The chunks in the order of the files, before requisites and `order` are looked at.
    func lowChunks() -> [LowChunk] {
        var chunks: [LowChunk] = []
        for (id, body) in ids {
            for (state, run) in body.declarations { chunks += Self.chunks(id: id, body: body, state: state, run: run) }
        }
        return chunks
    }

    private static func chunks(id: String, body: ValueMap, state: String, run: [Value]) -> [LowChunk] {
        var chunk = ValueMap()
        chunk.reserveCapacity(run.count + 7)
        chunk["state"] = .string(state)
        chunk["name"] = .string(id)
        for mark in ["__sls__", "__env__", "__sls_included_from__"] {
            if let value = body[mark] { chunk[mark] = value }
        }
        chunk["__id__"] = .string(id)
        var function: String?
        var names: [Value] = []
        var texts: Set<Value> = []
        for argument in run {
            switch argument {
            case .string(let text): function = text
            case .map(let map):
                for (key, value) in map {
                    switch key.stringValue {
                    case "names":
                        for name in value.listValue ?? [] {
                            // Maps have poor hashes, and there are few of them.
                            if name.mapValue == nil ? texts.insert(name).inserted : !names.contains(name) { names.append(name) }
                        }
                    case "state": continue
                    case "name" where value.stringValue == nil: chunk["name"] = .string(id)
                    default: chunk[key] = value
                    }
                }
            default: continue
            }
        }
        guard let function else { return [] }
        if names.isEmpty {
            chunk["fun"] = .string(function)
            return [LowChunk(chunk)]
        }
        return names.enumerated().map { index, entry in
            var live = chunk
            if case .map(let map) = entry, let (name, overrides) = map.first {
                live["name"] = name
                for override in overrides.listValue ?? [] { for (key, value) in override.mapValue ?? [:] { live[key] = value } }
            } else {
                live["name"] = entry
            }
            live["name_order"] = .int(index + 1)
            live["fun"] = .string(function)
            return LowChunk(live)
        }
    }
}
