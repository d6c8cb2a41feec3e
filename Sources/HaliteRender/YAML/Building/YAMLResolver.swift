/// What a plain scalar means without a tag: YAML 1.1 as PyYAML's safe loader resolves it.
enum YAMLResolver {
    /// Most scalars are words, which the first byte tells at once.
    @inline(__always)
    static func tag(of bytes: UnsafeBufferPointer<UInt8>) -> YAMLTag {
        guard let first = bytes.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): return number(bytes)
        case UInt8(ascii: "~"): return bytes.count == 1 ? .null : .string
        case UInt8(ascii: "<"): return bytes.count == 2 && bytes[1] == first ? .merge : .string
        case UInt8(ascii: "="): return bytes.count == 1 ? .value : .string
        case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "t"), UInt8(ascii: "T"),
            UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            return bytes.count >= 2 && bytes.count <= 5 ? word(bytes) : .string
        default: return .string
        }
    }

    static func tag(of text: String) -> YAMLTag {
        var copy = text
        return copy.withUTF8 { tag(of: $0) }
    }

    private static let words: [(text: StaticString, tag: YAMLTag)] = [
        ("yes", .bool), ("no", .bool), ("true", .bool), ("false", .bool), ("on", .bool), ("off", .bool), ("null", .null),
    ]

    /// The words stand in three shapes: `true`, `True`, `TRUE`.
    private static func word(_ bytes: UnsafeBufferPointer<UInt8>) -> YAMLTag {
        let isUpper: (UInt8) -> Bool = { $0 < 0x60 }
        let tail = bytes.dropFirst()
        let sameCase = tail.allSatisfy(isUpper) ? isUpper(bytes[0]) : !tail.contains(where: isUpper)
        guard sameCase else { return .string }
        for (text, tag) in words where text.utf8CodeUnitCount == bytes.count {
            let matches = text.withUTF8Buffer { name in bytes.indices.allSatisfy { bytes[$0] | 0x20 == name[$0] && bytes[$0] >= 0x41 } }
            if matches { return tag }
        }
        return .string
    }

    static func isTrue(_ word: String) -> Bool { ["yes", "true", "on"].contains(word.lowercased()) }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> YAMLTag {
        if isFloat(bytes) { return .float }
        if isInt(bytes) { return .int }
        return isTimestamp(bytes) ? .timestamp : .string
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isDigitOrLine(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }
    private static func isSign(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }

    private typealias Part = Slice<UnsafeBufferPointer<UInt8>>

    /// `12`, `0b1`, `0x1F`, `017`, `1:30`, each with a sign and underscores.
    private static func isInt(_ all: UnsafeBufferPointer<UInt8>) -> Bool {
        let bytes = isSign(all.first) ? all.dropFirst() : all[...]
        guard let first = bytes.first, isDigit(first) else { return false }
        if first == UInt8(ascii: "0") {
            let rest = bytes.dropFirst()
            guard let kind = rest.first else { return true }
            let digits = rest.dropFirst()
            if kind == UInt8(ascii: "b") {
                return !digits.isEmpty && digits.allSatisfy { $0 == 0x30 || $0 == 0x31 || $0 == UInt8(ascii: "_") }
            }
            if kind == UInt8(ascii: "x") {
                return !digits.isEmpty && digits.allSatisfy { isDigitOrLine($0) || (0x41...0x46).contains($0 & 0xDF) }
            }
            return rest.allSatisfy { (0x30...0x37).contains($0) || $0 == UInt8(ascii: "_") }
        }
        let rest = bytes.drop(while: isDigitOrLine)
        return rest.isEmpty || isSixties(rest)
    }

    /// `:59` once or more.
    private static func isSixties(_ bytes: Part) -> Bool {
        guard bytes.first == UInt8(ascii: ":") else { return false }
        return bytes.dropFirst().split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).allSatisfy { part in
            guard part.allSatisfy(isDigit) else { return false }
            return part.count == 1 || (part.count == 2 && part[part.startIndex] <= UInt8(ascii: "5"))
        }
    }

    /// `1.5`, `.5`, `1.`, `1.5e+3` (the sign of the exponent is needed), `1:30.5`, `.inf`, `.nan`.
    private static func isFloat(_ all: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let dot = all.firstIndex(of: UInt8(ascii: ".")) else { return false }
        let signed = isSign(all.first)
        let before = all[(signed ? 1 : 0)..<max(dot, signed ? 1 : 0)]
        let after = all[(dot + 1)...]
        guard let first = before.first else {
            if after.count == 3 {
                if spells(after, "inf", "Inf", "INF") { return true }
                if !signed, spells(after, "nan", "NaN", "NAN") { return true }
            }
            // A sign before a leading dot makes no number in PyYAML.
            guard !signed, let digit = after.first, isDigit(digit) else { return false }
            return isFraction(after)
        }
        guard isDigit(first) else { return false }
        let rest = before.drop(while: isDigitOrLine)
        return rest.isEmpty ? isFraction(after) : isSixties(rest) && after.allSatisfy(isDigitOrLine)
    }

    private static func spells(_ bytes: Part, _ words: StaticString...) -> Bool {
        words.contains { word in word.withUTF8Buffer { bytes.elementsEqual($0) } }
    }

    /// `[0-9_]*([eE][-+][0-9]+)?`
    private static func isFraction(_ bytes: Part) -> Bool {
        let rest = bytes.drop(while: isDigitOrLine)
        guard let first = rest.first else { return true }
        guard first | 0x20 == UInt8(ascii: "e") else { return false }
        let exponent = rest.dropFirst()
        let digits = exponent.dropFirst()
        return isSign(exponent.first) && !digits.isEmpty && digits.allSatisfy(isDigit)
    }

    /// `2001-12-14`, or a day with a time behind it.
    private static func isTimestamp(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 8, isDigit(bytes[0]), bytes[4] == UInt8(ascii: "-") else { return false }
        var rest = bytes[...]
        func digits(_ range: ClosedRange<Int>) -> Int? {
            let count = rest.prefix(range.upperBound).prefix(while: isDigit).count
            guard count >= range.lowerBound else { return nil }
            rest = rest.dropFirst(count)
            return count
        }
        func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest = rest.dropFirst()
            return true
        }
        func blanks() -> Bool {
            let count = rest.count
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            return rest.count < count
        }
        let dash = UInt8(ascii: "-")
        let colon = UInt8(ascii: ":")
        guard digits(4...4) != nil, take(dash), let month = digits(1...2), take(dash), let day = digits(1...2) else { return false }
        if rest.isEmpty { return month == 2 && day == 2 }
        guard take(UInt8(ascii: "T")) || take(UInt8(ascii: "t")) || blanks() else { return false }
        guard digits(1...2) != nil, take(colon), digits(2...2) != nil, take(colon), digits(2...2) != nil else { return false }
        if take(UInt8(ascii: ".")) { rest = rest.drop(while: isDigit) }
        if rest.isEmpty { return true }
        _ = blanks()
        if take(UInt8(ascii: "Z")) { return rest.isEmpty }
        guard take(dash) || take(UInt8(ascii: "+")), digits(1...2) != nil else { return false }
        if rest.isEmpty { return true }
        return take(colon) && digits(2...2) != nil && rest.isEmpty
    }
}
