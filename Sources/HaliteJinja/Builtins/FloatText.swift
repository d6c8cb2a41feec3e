import HaliteValue

/// The digits of floating point numbers in the notations of C, and in that of `repr`.
enum FloatText {
    enum Notation { case scientific, fixed, general, shortest }

    /// The text of a number that is not negative. `addsPoint` demands a digit behind the point, `isAlternate` the point
    /// and, in the general notation, all the digits.
    static func text(_ value: Double, _ notation: Notation, precision: Int, addsPoint: Bool = false, isAlternate: Bool = false) -> String {
        if !value.isFinite { return value.isNaN ? "nan" : "inf" }
        switch notation {
        case .fixed: return withPoint(Numbers.fixed(value, precision), precision, isAlternate)
        case .scientific:
            let text = Numbers.scientific(value, precision)
            guard isAlternate, precision == 0, let end = text.utf8.firstIndex(of: UInt8(ascii: "e")) else { return text }
            return text[..<end] + "." + text[end...]
        case .general:
            let count = max(1, precision)
            let (digits, exponent) = significant(value, count)
            let limit = addsPoint ? count - 1 : count
            return placed(
                digits, exponent, usesExponent: exponent < -4 || exponent >= limit, atLeast: isAlternate ? count : 0,
                addsPoint: addsPoint, isAlternate: isAlternate)
        case .shortest:
            let (digits, exponent) = PythonText.shortestDigits(value)
            return placed(
                digits, exponent, usesExponent: exponent < -4 || exponent >= 16, atLeast: 0, addsPoint: addsPoint,
                isAlternate: isAlternate)
        }
    }

    private static func withPoint(_ text: String, _ precision: Int, _ isAlternate: Bool) -> String {
        isAlternate && precision == 0 ? text + "." : text
    }

    /// So many digits without the zeros at their end, and the power of ten of the first.
    private static func significant(_ value: Double, _ count: Int) -> (digits: [UInt8], exponent: Int) {
        let parts = Numbers.scientific(value, count - 1).split(separator: "e")
        var digits = parts[0].utf8.filter { $0 != UInt8(ascii: ".") }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    }

    private static func placed(
        _ digits: [UInt8], _ exponent: Int, usesExponent: Bool, atLeast count: Int, addsPoint: Bool, isAlternate: Bool
    ) -> String {
        let point = usesExponent ? 1 : exponent + 1
        let end = max(max(digits.count, count), addsPoint && !usesExponent ? point + 1 : point)
        func digit(_ position: Int) -> UInt8 {
            position >= 0 && position < digits.count ? digits[position] : UInt8(ascii: "0")
        }
        var result: [UInt8] = []
        for position in min(0, point - 1)..<end {
            if position == point { result.append(UInt8(ascii: ".")) }
            result.append(digit(position))
        }
        if end <= point, isAlternate { result.append(UInt8(ascii: ".")) }
        let text = String(decoding: result, as: UTF8.self)
        return usesExponent ? text + PythonText.exponentSuffix(exponent) : text
    }
}
