import HaliteValue

/// Python's operations on texts, as the outputters need them: by code points and with its notion of white space.
enum OutputText {
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// `str.splitlines`.
    static func lines(_ text: String, keepEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var rest = text.unicodeScalars[...]
        while let end = rest.firstIndex(where: isLineEnd) {
            var next = rest.index(after: end)
            if rest[end] == "\r", next < rest.endIndex, rest[next] == "\n" { next = rest.index(after: next) }
            lines.append(String(rest[..<(keepEnds ? next : end)]))
            rest = rest[next...]
        }
        if !rest.isEmpty { lines.append(String(rest)) }
        return lines
    }

    /// `str.split` with one code point; an empty text has one part.
    static func parts(_ text: String, at separator: Unicode.Scalar) -> [String] {
        text.unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }

    /// `str.rstrip`.
    static func trimmedEnd(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let last = scalars.last, isSpace(last) else { return text }
        guard let end = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(scalars[...end])
    }

    /// `str.strip`.
    static func trimmed(_ text: String) -> String {
        String(trimmedEnd(text).unicodeScalars.drop(while: isSpace))
    }

    static func replaced(_ text: String, _ old: Unicode.Scalar, by new: String) -> String {
        guard text.unicodeScalars.contains(old) else { return text }
        return parts(text, at: old).joined(separator: new)
    }

    /// Makes a terminal's escape sequences harmless, as Salt does.
    static func withoutEscapes(_ text: String) -> String { replaced(text, "\u{1B}", by: "?") }

    /// A value as Python's `str.format` shows it, with bytes decoded where they are text.
    static func shown(_ value: Value, stripColours: Bool = false) -> String {
        var text = value.pythonString
        if case .bytes(let bytes) = value { text = String(validating: bytes, as: UTF8.self) ?? text }
        return stripColours ? withoutEscapes(text) : text
    }

    /// Bytes as texts, as far as they are UTF-8.
    static func decoded(_ value: Value) -> Value {
        switch value {
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self).map { .string($0) } ?? value
        case .list(let list): .list(list.map(decoded))
        case .map(let map): .map(ValueMap(map.map { (decoded($0.key), decoded($0.value)) }))
        default: value
        }
    }

    static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    /// `str.rjust`.
    static func right(_ text: String, _ width: Int) -> String { spaces(width - text.unicodeScalars.count) + text }

    /// `str.ljust`.
    static func left(_ text: String, _ width: Int) -> String { text + spaces(width - text.unicodeScalars.count) }

    /// `str.center`: of an odd number of spaces the larger half goes left when the width is odd.
    static func centred(_ text: String, _ width: Int) -> String {
        let padding = width - text.unicodeScalars.count
        guard padding > 0 else { return text }
        let before = padding / 2 + (padding & width & 1)
        return spaces(before) + text + spaces(padding - before)
    }

    /// A number with a fixed count of decimals (three at most), rounded as `format` rounds: exactly, ties to even.
    static func fixed(_ number: Double, decimals: Int) -> String {
        guard number.isFinite else { return PythonText.repr(number) }
        let size = number.magnitude
        guard size < 9e15 else {
            let fraction = decimals == 0 ? "" : "." + String(repeating: "0", count: decimals)
            return (number.sign == .minus ? "-" : "") + (BigInteger(exactlyTruncating: size)?.description ?? "") + fraction
        }
        let scale = [1.0, 10, 100, 1000][decimals]
        let whole = size.rounded(.down)
        let product = (size - whole) * scale
        let lost = (-product).addingProduct(size - whole, scale)
        var digits = product.rounded(.down)
        let overHalf = product - digits - 0.5
        let isOdd = digits.truncatingRemainder(dividingBy: 2) == 1
        if overHalf + lost > 0 || (overHalf == 0 && lost == 0 && isOdd) { digits += 1 }
        var units = Int(whole)
        if digits == scale {
            digits = 0
            units += 1
        }
        let fraction = String(Int(digits))
        let zeros = String(repeating: "0", count: decimals - (decimals == 0 ? 0 : fraction.utf8.count))
        let sign = number.sign == .minus ? "-" : ""
        return decimals == 0 ? sign + String(units) : "\(sign)\(units).\(zeros)\(fraction)"
    }
}
