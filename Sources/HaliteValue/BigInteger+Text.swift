extension BigInteger: CustomStringConvertible {
    /// Reads digits of a base between 2 and 36, without sign, prefix or underscores. Nil when a character is no digit.
    public init?(digits: some Sequence<UInt8>, radix: UInt32 = 10) {
        var words: [UInt32] = []
        var isEmpty = true
        for byte in digits {
            let digit: UInt32
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt32(byte - UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = UInt32(byte - UInt8(ascii: "A")) + 10
            default: return nil
            }
            guard digit < radix else { return nil }
            isEmpty = false
            var carry = UInt64(digit)
            for position in words.indices {
                let total = UInt64(words[position]) * UInt64(radix) + carry
                words[position] = UInt32(truncatingIfNeeded: total)
                carry = total >> 32
            }
            if carry > 0 { words.append(UInt32(carry)) }
        }
        guard !isEmpty else { return nil }
        self.init(magnitude: words, isNegative: false)
    }

    /// Reads a decimal number with an optional sign.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        guard let size = BigInteger(digits: bytes) else { return nil }
        self.init(magnitude: size.magnitude, isNegative: isNegative)
    }

    public var description: String { text(radix: 10) }

    /// The digits in a base between 2 and 36, with a minus sign when negative.
    public func text(radix: UInt32) -> String {
        if isZero { return "0" }
        // As many digits at a time as one word holds.
        var chunk = radix
        var width = 1
        while UInt64(chunk) * UInt64(radix) <= UInt64(UInt32.max) {
            chunk *= radix
            width += 1
        }
        var parts: [String] = []
        var rest = magnitude
        while !rest.isEmpty {
            let (quotient, remainder) = Self.divideSmall(rest, by: chunk)
            rest = quotient
            let digits = String(remainder, radix: Int(radix))
            parts.append(rest.isEmpty ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits)
        }
        return (isNegative ? "-" : "") + parts.reversed().joined()
    }
}
