extension PythonText {
    /// What Python's `int()` reads in a text; nil where it raises `ValueError`.
    /// - Parameter base: 0 takes it from the prefix, 2 to 36 otherwise.
    public static func integer(_ text: String, base: Int = 10) -> Value? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var rest = numberBytes(text)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var radix = base
        if rest.count > 1, rest.first == UInt8(ascii: "0"), let letter = rest.dropFirst().first.map({ $0 | 0x20 }) {
            let named = letter == UInt8(ascii: "x") ? 16 : letter == UInt8(ascii: "o") ? 8 : letter == UInt8(ascii: "b") ? 2 : 0
            if named != 0, base == 0 || base == named {
                radix = named
                rest = rest.dropFirst(2)
                // One underscore may stand behind the prefix.
                if rest.first == UInt8(ascii: "_") { rest = rest.dropFirst() }
            }
        }
        guard let digits = withoutUnderscores(rest) else { return nil }
        if radix == 0 {
            guard digits.first != UInt8(ascii: "0") || digits.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
            radix = 10
        }
        // Python refuses to read decimal texts that are longer.
        guard digits.count <= 4300 || radix & (radix - 1) == 0, digits.count <= 100_000 else { return nil }
        guard let size = BigInteger(digits: digits, radix: UInt32(radix)) else { return nil }
        return Value(normalizing: BigInteger(magnitude: size.magnitude, isNegative: isNegative))
    }

    /// What Python's `float()` reads in a text; nil where it raises `ValueError`.
    public static func float(_ text: String) -> Double? {
        var rest = numberBytes(text)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let word = String(decoding: rest, as: UTF8.self).lowercased()
        if word == "inf" || word == "infinity" { return isNegative ? -.infinity : .infinity }
        if word == "nan" { return .nan }
        guard let digits = withoutUnderscores(rest), isDecimal(digits) else { return nil }
        return Double((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self))
    }

    /// The text without white space around and with the digits of all scripts as ASCII.
    private static func numberBytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, isNumberSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isNumberSpace(last) { scalars.removeLast() }
        for scalar in scalars {
            if scalar.isASCII {
                bytes.append(UInt8(scalar.value))
            } else if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue {
                bytes.append(UInt8(ascii: "0") + UInt8(value))
            } else {
                bytes.append(0xFF)
            }
        }
        return bytes
    }

    private static func isNumberSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    /// Underscores may stand between two digits only.
    private static func withoutUnderscores(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "_") {
                guard isAlphanumeric(previous) else { return nil }
            } else {
                if previous == UInt8(ascii: "_"), !isAlphanumeric(byte) { return nil }
                result.append(byte)
            }
            previous = byte
        }
        return previous == UInt8(ascii: "_") || result.isEmpty ? nil : result
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    private static func isDecimal(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        var count = digits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            count += digits()
        }
        guard count > 0 else { return false }
        if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

extension Value {
    /// An integer in the smallest shape.
    public init(normalizing number: BigInteger) {
        self = number.intValue.map { .int($0) } ?? .big(number)
    }
}
