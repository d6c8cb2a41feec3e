import HaliteValue

/// Says whether a run went well: no state failed, or another one was there for the failure and succeeded.
///
/// A state with `onfail` and `onfail_stop: False` takes the failure upon itself, as in Salt's `check_result`.
struct StateVerdict {
    private var handlers: [String: [(id: String, state: String)]] = [:]

    /// - Parameter high: the high data of the run; `onfail` is looked up in it.
    init(high: ValueMap) {
        for (id, body) in high {
            guard let id = id.stringValue, let body = body.mapValue else { continue }
            for (state, run) in body.declarations where run.contains(where: { $0["onfail_stop"] == .bool(false) }) {
                for item in run.flatMap({ $0["onfail"]?.listValue ?? [] }) {
                    for (target, name) in item.mapValue ?? [:] {
                        handlers["\(target.pythonString):\(name.pythonString)", default: []].append((id, state))
                    }
                }
            }
        }
    }

    func isGood(_ results: ValueMap) -> Bool {
        if results.isEmpty { return false }
        for (tag, result) in results where result["result"] == .bool(false) {
            guard isHandled(tag.pythonString, results) else { return false }
        }
        return true
    }

    private func isHandled(_ tag: String, _ results: ValueMap) -> Bool {
        let parts = tag.components(separatedBy: "_|-")
        guard parts.count == 4, let responsible = handlers["\(parts[0]):\(parts[1])"] else { return false }
        var verdict = false
        for (id, state) in responsible where id != parts[1] {
            for (other, result) in results {
                let place = other.pythonString.components(separatedBy: "_|-")
                guard place.count == 4, place[0] == state, place[1] == id, let value = result["result"]?.boolValue else { continue }
                verdict = value
                if !value { return false }
            }
        }
        return verdict
    }
}

extension String {
    /// Split at a text, as Python's `str.split(separator)`.
    func components(separatedBy separator: String) -> [String] {
        let bytes = Array(utf8)
        let wanted = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        var index = 0
        while index + wanted.count <= bytes.count {
            if bytes[index] == wanted[0], bytes[index..<(index + wanted.count)].elementsEqual(wanted) {
                parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += wanted.count
                start = index
            } else {
                index += 1
            }
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }
}
