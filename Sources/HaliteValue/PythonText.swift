extension Value {
    /// What Python's `str()` gives.
    public var pythonString: String {
        if case .string(let text) = self { text } else { pythonRepr }
    }

    /// What Python's `repr()` gives.
    public var pythonRepr: String {
        switch self {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .big(let value): value.description
        case .float(let value): PythonText.repr(value)
        case .string(let value): PythonText.repr(value)
        case .bytes(let value): PythonText.repr(value)
        case .list(let value): "[" + value.map(\.pythonRepr).joined(separator: ", ") + "]"
        case .map(let value):
            "{" + value.map { "\($0.key.pythonRepr): \($0.value.pythonRepr)" }.joined(separator: ", ") + "}"
        }
    }
}

/// Python's way of writing numbers, texts and bytes.
public enum PythonText {
    /// `repr()` of a float: the shortest digits that read back, an exponent below 1e-4 and from 1e16 on.
    public static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == value.rounded(), abs(value) < 1e15 {
            let whole = String(Int(value)) + ".0"
            return value.sign == .minus && value == 0 ? "-0.0" : whole
        }
        let (digits, exponent) = shortestDigits(value)
        var text = value.sign == .minus ? "-" : ""
        if exponent >= -4, exponent < 16 {
            text += fixed(digits: digits, exponent: exponent)
        } else {
            text.unicodeScalars.append(Unicode.Scalar(digits[0]))
            if digits.count > 1 {
                text += "." + String(decoding: digits[1...], as: UTF8.self)
            }
            text += exponentSuffix(exponent)
        }
        return text
    }

    /// The shortest decimal digits of a finite number, and the power of ten of the first one.
    public static func shortestDigits(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        // Swift prints the shortest digits too, only in another shape.
        var digits: [UInt8] = []
        var exponent = 0
        var pointPosition: Int?
        var exponentText: [UInt8] = []
        var inExponent = false
        for byte in value.description.utf8 {
            switch byte {
            case UInt8(ascii: "-") where !inExponent, UInt8(ascii: "+") where !inExponent: continue
            case UInt8(ascii: "."): pointPosition = digits.count
            case UInt8(ascii: "e"): inExponent = true
            default: if inExponent { exponentText.append(byte) } else { digits.append(byte) }
            }
        }
        let written = Int(String(decoding: exponentText, as: UTF8.self)) ?? 0
        exponent = (pointPosition ?? digits.count) - 1 + written
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits == [UInt8(ascii: "0")] { exponent = 0 }
        return (digits, exponent)
    }

    private static func fixed(digits: [UInt8], exponent: Int) -> String {
        if exponent < 0 {
            return "0." + String(repeating: "0", count: -exponent - 1) + String(decoding: digits, as: UTF8.self)
        }
        if digits.count <= exponent + 1 {
            return String(decoding: digits, as: UTF8.self)
                + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return String(decoding: digits[...exponent], as: UTF8.self) + "."
            + String(decoding: digits[(exponent + 1)...], as: UTF8.self)
    }

    /// An exponent as Python writes it: a sign and two digits at least.
    public static func exponentSuffix(_ exponent: Int, letter: String = "e") -> String {
        let size = abs(exponent)
        return letter + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + String(size)
    }
}
