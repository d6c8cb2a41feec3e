import HaliteValue

/// Finds a value at a path such as `site:hosts:0:name` in data, as `pillar.get`, `grains.get` and targets do.
package enum DataPath {
    /// Nil when nothing is there. A list is entered by index, or through the first of its maps that has the key.
    package static func traverse(_ data: Value, _ path: String, delimiter: String = ":") -> Value? {
        traverse(data, split(path, delimiter))
    }

    package static func traverse(_ data: Value, _ parts: some Sequence<String>) -> Value? {
        var current = data
        for part in parts {
            guard let next = step(current, part) else { return nil }
            current = next
        }
        return current
    }

    /// As Python's `str.split` with a separator; an empty one divides nothing.
    package static func split(_ text: String, _ delimiter: String) -> [String] {
        guard !delimiter.isEmpty, !text.isEmpty else { return [text] }
        let bytes = Array(text.utf8)
        let mark = Array(delimiter.utf8)
        var parts: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            if bytes[index..<index + mark.count].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    private static func step(_ value: Value, _ part: String) -> Value? {
        switch value {
        case .map(let map):
            if let found = map[part] { return found }
            return loaded(part).flatMap { map[$0] }
        case .list(let list):
            guard let index = integer(part) else { return list.lazy.compactMap { $0.mapValue?[part] }.first }
            if let found = list.lazy.compactMap({ $0.mapValue?[.int(index)] }).first { return found }
            let position = index < 0 ? list.count + index : index
            guard list.indices.contains(position) else { return nil }
            return list[position]
        default: return nil
        }
    }

    /// A number as Python's `int` reads it, for the usual ways of writing one.
    private static func integer(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { $0 != 0x20 }), let last = bytes.lastIndex(where: { $0 != 0x20 }) else { return nil }
        return Int(String(decoding: bytes[first...last], as: UTF8.self))
    }

    /// What YAML makes of a part that is no text: keys of maps may be numbers and truth values.
    private static func loaded(_ part: String) -> Value? {
        switch part {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case "null", "Null", "NULL", "~", "None": return .null
        default: break
        }
        if part.utf8.contains(UInt8(ascii: "_")) { return nil }
        let isDecimal = part.utf8.first != UInt8(ascii: "0") || part.utf8.count == 1
        if isDecimal, let number = Int(part) { return .int(number) }
        guard part.utf8.contains(UInt8(ascii: ".")), part.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
        return Double(part).map { .float($0) }
    }
}
