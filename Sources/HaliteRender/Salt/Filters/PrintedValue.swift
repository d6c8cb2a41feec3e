import HaliteJinja
import HaliteValue

/// How Salt prints values: dictionaries so that YAML reads them back, line breaks in their texts included.
enum PrintedValue {
    /// What stands in the output for a container; everything else stays what it is.
    static let finalize: @Sendable (JinjaValue) throws -> JinjaValue = { value in
        switch value {
        case .dict, .list, .tuple:
            var bytes: [UInt8] = []
            try append(value, isTop: true, to: &bytes, depth: 0)
            return .string(String(decoding: bytes, as: UTF8.self))
        default: return value
        }
    }

    private static func append(_ value: JinjaValue, isTop: Bool, to bytes: inout [UInt8], depth: Int) throws {
        guard bytes.count < 256 << 20 else { throw JinjaError(.memory, "the value would be larger than the limit") }
        // Inside of itself a container is looked through without end.
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded in __instancecheck__") }
        switch value {
        case .dict(let dict):
            bytes.append(UInt8(ascii: "{"))
            for (position, entry) in dict.entries.enumerated() {
                if position > 0 { bytes.append(contentsOf: ", ".utf8) }
                bytes.append(contentsOf: try entry.key.repr().utf8)
                bytes.append(contentsOf: ": ".utf8)
                switch entry.value {
                case .string(let text) where YAMLQuoting.hasControl(text), .markup(let text) where YAMLQuoting.hasControl(text):
                    bytes.append(contentsOf: YAMLQuoting.doubleQuoted(text, unicode: true).utf8)
                case .string, .markup: bytes.append(contentsOf: try entry.value.repr().utf8)
                default: try append(entry.value, isTop: isTop, to: &bytes, depth: depth + 1)
                }
            }
            bytes.append(UInt8(ascii: "}"))
        case .list(let list): try append(list.items, "[", "]", to: &bytes, depth)
        case .tuple(let tuple):
            if value.isGroup {
                throw JinjaError(.type, "_GroupTuple.__new__() missing 1 required positional argument: 'list'")
            }
            try append(tuple.items, "(", tuple.items.count == 1 ? ",)" : ")", to: &bytes, depth)
        default: bytes.append(contentsOf: try isTop ? value.str().utf8 : value.repr().utf8)
        }
    }

    private static func append(
        _ items: [JinjaValue], _ start: String, _ end: String, to bytes: inout [UInt8], _ depth: Int
    ) throws {
        bytes.append(contentsOf: start.utf8)
        for (position, item) in items.enumerated() {
            if position > 0 { bytes.append(contentsOf: ", ".utf8) }
            switch item {
            case .string, .markup: bytes.append(contentsOf: try item.repr().utf8)
            default: try append(item, isTop: false, to: &bytes, depth: depth + 1)
            }
        }
        bytes.append(contentsOf: end.utf8)
    }
}

extension JinjaValue {
    /// Whether it is an element of `groupby`.
    var isGroup: Bool {
        guard case .tuple(let tuple) = self else { return false }
        return tuple.isGroup
    }
}

/// Texts in the quotes of YAML, as PyYAML's emitter writes them when no line is too long.
enum YAMLQuoting {
    static func hasControl(_ text: String) -> Bool { text.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 } }

    private static let letters: [UInt32: String] = [
        0x00: "0", 0x07: "a", 0x08: "b", 0x09: "t", 0x0A: "n", 0x0B: "v", 0x0C: "f", 0x0D: "r", 0x1B: "e", 0x22: "\"", 0x5C: "\\",
        0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P",
    ]

    /// - Parameter unicode: whether printable characters outside of ASCII stay what they are.
    static func doubleQuoted(_ text: String, unicode: Bool) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            let code = scalar.value
            let isSpecial = [0x22, 0x5C, 0x85, 0x2028, 0x2029, 0xFEFF].contains(code)
            let isPlain = (0x20...0x7E).contains(code) || (unicode && ((0xA0...0xD7FF).contains(code) || (0xE000...0xFFFD).contains(code)))
            if isPlain, !isSpecial {
                quoted.unicodeScalars.append(scalar)
            } else if let letter = letters[code] {
                quoted += "\\" + letter
            } else {
                let hex = String(code, radix: 16, uppercase: true)
                let (letter, width) = code <= 0xFF ? ("x", 2) : code <= 0xFFFF ? ("u", 4) : ("U", 8)
                quoted += "\\" + letter + String(repeating: "0", count: width - hex.utf8.count) + hex
            }
        }
        return quoted + "\""
    }

    static func singleQuoted(_ text: String) -> String {
        var quoted = "'"
        var inBreaks = false
        for scalar in text.unicodeScalars {
            let isBreak = [0x0A, 0x85, 0x2028, 0x2029].contains(scalar.value)
            // A line break is written twice where a run of them begins, because one is folded away.
            if isBreak, !inBreaks, scalar == "\n" { quoted += "\n" }
            inBreaks = isBreak
            if scalar == "'" { quoted += "''" } else { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "'"
    }
}
