import HaliteValue

/// Decides what a plain scalar means: YAML 1.1 as PyYAML's safe loader resolves it, with Salt's changes.
///
/// Salt (3008, `salt/utils/yamlloader.py`) reads integers with leading zeros as decimal, so that `mode: 0644` is 644,
/// and leaves timestamps as text.
enum YAMLScalar {
    enum Tag { case string, bool, int, float, null, merge }

    static func resolve(_ text: String) -> Value {
        switch tag(of: text) {
        case .string, .merge: .string(text)
        case .null: .null
        case .bool: .bool(isTrue(text))
        case .int: int(text)
        case .float: float(text)
        }
    }

    /// The implicit tag of a plain scalar. Most scalars are words, which the first byte tells at once.
    static func tag(of text: String) -> Tag {
        var copy = text
        return copy.withUTF8 { bytes in
            guard let first = bytes.first else { return .null }
            switch first {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
                if isFloat(bytes) { return .float }
                return isInt(bytes) ? .int : .string
            case UInt8(ascii: "~"): return bytes.count == 1 ? .null : .string
            case UInt8(ascii: "<"): return bytes.count == 2 && bytes[1] == first ? .merge : .string
            case UInt8(ascii: "n"), UInt8(ascii: "N"):
                if ["null", "Null", "NULL"].contains(text) { return .null }
                return ["no", "No", "NO"].contains(text) ? .bool : .string
            case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"),
                UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
                return bytes.count <= 5 && words.contains(text) ? .bool : .string
            default: return .string
            }
        }
    }

    private static let words: Set<String> = [
        "yes", "Yes", "YES", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF",
    ]

    static func isTrue(_ text: String) -> Bool { ["yes", "true", "on"].contains(text.lowercased()) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isDigitOrLine(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }

    /// `12`, `0b1`, `0x1F`, `017`, `1:30`, each with a sign and underscores.
    private static func isInt(_ all: UnsafeBufferPointer<UInt8>) -> Bool {
        var bytes = all[...]
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        guard let first = bytes.first, isDigit(first) else { return false }
        if first == UInt8(ascii: "0") {
            let rest = bytes.dropFirst()
            guard let kind = rest.first else { return true }
            let digits = rest.dropFirst()
            if kind == UInt8(ascii: "b") { return !digits.isEmpty && digits.allSatisfy { $0 == 0x30 || $0 == 0x31 || $0 == UInt8(ascii: "_") } }
            if kind == UInt8(ascii: "x") { return !digits.isEmpty && digits.allSatisfy { isDigitOrLine($0) || (0x41...0x46).contains($0 & 0xDF) } }
            return rest.allSatisfy { (0x30...0x37).contains($0) || $0 == UInt8(ascii: "_") }
        }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts[0].allSatisfy(isDigitOrLine) else { return false }
        return parts.dropFirst().allSatisfy(isSixty)
    }

    /// `[0-5]?[0-9]`
    private static func isSixty(_ part: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard part.allSatisfy(isDigit) else { return false }
        if part.count == 1 { return true }
        return part.count == 2 && part[part.startIndex] <= UInt8(ascii: "5")
    }

    /// `1.5`, `.5`, `1.`, `1.5e+3` (the sign of the exponent is needed), `1:30.5`, `.inf`, `.nan`.
    private static func isFloat(_ all: UnsafeBufferPointer<UInt8>) -> Bool {
        var bytes = all[...]
        let signed = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+")
        if signed { bytes = bytes.dropFirst() }
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")) else { return false }
        let before = bytes[..<dot]
        let after = bytes[(dot + 1)...]
        if before.isEmpty {
            let word = String(decoding: after, as: UTF8.self)
            if ["inf", "Inf", "INF"].contains(word) { return true }
            if !signed, ["nan", "NaN", "NAN"].contains(word) { return true }
            // A sign before a leading dot makes no number in PyYAML.
            guard !signed, let first = after.first, isDigit(first) else { return false }
            return isFraction(after)
        }
        guard isDigit(before[before.startIndex]) else { return false }
        let parts = before.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts[0].allSatisfy(isDigitOrLine) else { return false }
        if parts.count > 1 { return parts.dropFirst().allSatisfy(isSixty) && after.allSatisfy(isDigitOrLine) }
        return isFraction(after)
    }

    /// `[0-9_]*([eE][-+][0-9]+)?`
    private static func isFraction(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let rest = bytes.drop(while: isDigitOrLine)
        guard let first = rest.first else { return true }
        guard first | 0x20 == UInt8(ascii: "e") else { return false }
        let exponent = rest.dropFirst()
        guard let sign = exponent.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return false }
        let digits = exponent.dropFirst()
        return !digits.isEmpty && digits.allSatisfy(isDigit)
    }

    static func int(_ text: String) -> Value {
        var digits = text.filter { $0 != "_" }
        if digits.hasPrefix("0"), digits.count > 1, !digits.hasPrefix("0b"), !digits.hasPrefix("0x") {
            digits = String(digits.drop { $0 == "0" })
            if digits.isEmpty { return .int(0) }
        }
        var negative = false
        if digits.hasPrefix("-") || digits.hasPrefix("+") {
            negative = digits.hasPrefix("-")
            digits.removeFirst()
        }
        let magnitude: Value
        if digits.hasPrefix("0b") {
            guard let number = Int(digits.dropFirst(2), radix: 2) else { return wide(digits.dropFirst(2), bitsPerDigit: 1, negative) }
            magnitude = .int(number)
        } else if digits.hasPrefix("0x") {
            guard let number = Int(digits.dropFirst(2), radix: 16) else { return wide(digits.dropFirst(2), bitsPerDigit: 4, negative) }
            magnitude = .int(number)
        } else if digits.hasPrefix("0"), digits.count > 1 {
            magnitude = Int(digits, radix: 8).map(Value.int) ?? .null
        } else if digits.contains(":") {
            magnitude = .int(digits.split(separator: ":").reduce(0) { $0 &* 60 &+ (Int($1) ?? 0) })
        } else if let number = Int(digits) {
            magnitude = .int(number)
        } else {
            return BigInteger((negative ? "-" : "") + digits).map(Value.big) ?? .string(text)
        }
        guard case .int(let number) = magnitude else { return .string(text) }
        return .int(negative ? -number : number)
    }

    /// Hexadecimal and binary numbers beyond 64 bits.
    private static func wide(_ digits: Substring, bitsPerDigit: Int, _ negative: Bool) -> Value {
        var words: [UInt32] = []
        var bit = 0
        for digit in digits.reversed() {
            let value = UInt32(digit.hexDigitValue ?? 0)
            if bit / 32 >= words.count { words.append(0) }
            words[bit / 32] |= value << UInt32(bit % 32)
            bit += bitsPerDigit
        }
        return .big(BigInteger(magnitude: words, isNegative: negative))
    }

    static func float(_ text: String) -> Value {
        var digits = text.filter { $0 != "_" }.lowercased()
        var sign = 1.0
        if digits.hasPrefix("-") || digits.hasPrefix("+") {
            sign = digits.hasPrefix("-") ? -1 : 1
            digits.removeFirst()
        }
        if digits == ".inf" { return .float(sign * .infinity) }
        if digits == ".nan" { return .float(.nan) }
        if digits.contains(":") {
            return .float(sign * digits.split(separator: ":").reduce(0) { $0 * 60 + (Double($1) ?? 0) })
        }
        if digits.hasSuffix(".") { digits += "0" }
        digits = digits.split(separator: ".e", maxSplits: 1).joined(separator: ".0e")
        if digits.hasPrefix(".") { digits = "0" + digits }
        return Double(digits).map { .float(sign * $0) } ?? .string(text)
    }
}
