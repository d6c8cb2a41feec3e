import HaliteValue

/// Methods of `int` and `float`.
enum NumberMethods {
    /// Booleans as numbers.
    private static func whole(_ value: JinjaValue) -> JinjaValue { value.integer.map { .int($0) } ?? value }

    static let integers: [String: NativeMethod] = [
        "bit_length": NativeMethod("int.bit_length", "") { value, _, _ in
            .int(value.bigInteger?.bitWidth ?? 0)
        },
        "bit_count": NativeMethod("int.bit_count", "") { value, _, _ in
            .int(value.bigInteger?.magnitude.reduce(0) { $0 + $1.nonzeroBitCount } ?? 0)
        },
        "conjugate": NativeMethod("int.conjugate", "") { value, _, _ in whole(value) },
        "as_integer_ratio": NativeMethod("int.as_integer_ratio", "") { value, _, _ in .pair(whole(value), .int(1)) },
        "to_bytes": NativeMethod("to_bytes", "length=, byteorder=, signed=", positionalOnly: false) { value, arguments, context in
            let length = arguments[0]?.integer ?? 1
            try context.state.reserve(length)
            if value.bigInteger?.isNegative == true { throw JinjaError(.overflow, "can't convert negative int to unsigned") }
            guard let number = value.bigInteger, number.bitWidth <= length * 8 else {
                throw JinjaError(.overflow, "int too big to convert")
            }
            var bytes = [UInt8](repeating: 0, count: length)
            for position in 0..<length {
                let word = position / 4
                if word < number.magnitude.count {
                    bytes[position] = UInt8(truncatingIfNeeded: number.magnitude[word] >> UInt32(8 * (position % 4)))
                }
            }
            return .bytes(arguments[1]?.text == "little" ? bytes : bytes.reversed())
        },
    ]

    static let floats: [String: NativeMethod] = [
        "is_integer": NativeMethod("float.is_integer", "") { value, _, _ in
            guard case .float(let number) = value else { return .bool(false) }
            return .bool(number.isFinite && number == number.rounded())
        },
        "conjugate": NativeMethod("float.conjugate", "") { value, _, _ in value },
        "hex": NativeMethod("float.hex", "") { value, _, _ in
            guard case .float(let number) = value else { return value }
            return .string(hex(number))
        },
        "as_integer_ratio": NativeMethod("float.as_integer_ratio", "") { value, _, _ in
            guard case .float(let number) = value, number.isFinite else {
                throw JinjaError(.overflow, "cannot convert Infinity to integer ratio")
            }
            if number == 0 { return .pair(.int(0), .int(1)) }
            // The odd part of the significand and the power of two that belongs to it.
            let significand = number.isNormal ? number.significandBitPattern | (1 << 52) : number.significandBitPattern
            let exponent = (number.isNormal ? Int(number.exponent) : -1022) - 52 + significand.trailingZeroBitCount
            let odd = BigInteger(Int(significand >> UInt64(significand.trailingZeroBitCount)))
            let numerator = exponent > 0 ? odd.shiftedLeft(exponent) : odd
            let denominator = exponent < 0 ? BigInteger(1).shiftedLeft(-exponent) : BigInteger(1)
            return .pair(JinjaValue(normalizing: number < 0 ? -numerator : numerator), JinjaValue(normalizing: denominator))
        },
    ]

    private static func hex(_ number: Double) -> String {
        if !number.isFinite { return PythonText.repr(number) }
        let sign = number.sign == .minus ? "-" : ""
        if number == 0 { return sign + "0x0.0p+0" }
        let digits = String(number.significandBitPattern, radix: 16)
        let mantissa = String(repeating: "0", count: 13 - digits.utf8.count) + digits
        let isNormal = number.isNormal
        let exponent = isNormal ? Int(number.exponent) : -1022
        return "\(sign)0x\(isNormal ? "1" : "0").\(mantissa)p\(exponent < 0 ? "-" : "+")\(abs(exponent))"
    }
}
