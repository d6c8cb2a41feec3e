import Glibc
import HaliteValue

extension Numbers {
    static func power(_ a: Double, _ b: Double) throws -> Double {
        if a == 0, b < 0 { throw JinjaError(.zeroDivision, "0.0 cannot be raised to a negative power") }
        let result = pow(a, b)
        if result.isInfinite, a.isFinite, b.isFinite { throw JinjaError(.overflow, "(34, 'Numerical result out of range')") }
        return result
    }

    /// The digits of a number with so many of them behind the point, rounded as C and Python do.
    static func fixed(_ value: Double, _ digits: Int) -> String { formatted("%.*f", value, digits) }
    static func scientific(_ value: Double, _ digits: Int) -> String { formatted("%.*e", value, digits) }

    private static func formatted(_ format: String, _ value: Double, _ digits: Int) -> String {
        withVaList([Int32(clamping: digits), value]) { arguments in
            var buffer = [CChar](repeating: 0, count: 400 + max(0, digits))
            let count = vsnprintf(&buffer, buffer.count, format, arguments)
            return String(decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// Python's `round(value, digits)`.
    static func round(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, digits < 324 else { return value }
        if digits >= 0 { return Double(fixed(value, digits)) ?? value }
        if digits < -308 { return 0 }
        let scale = pow(10.0, Double(-digits))
        return (value / scale).rounded(.toNearestOrEven) * scale
    }
}

extension JinjaValue {
    package var isNumber: Bool {
        switch self {
        case .int, .big, .float, .bool: true
        default: false
        }
    }

    var isMarkup: Bool {
        if case .markup = self { true } else { false }
    }

    /// The number as a double.
    func double() throws -> Double {
        switch self {
        case .float(let number): return number
        case .int(let number): return Double(number)
        case .bool(let flag): return flag ? 1 : 0
        case .big(let number):
            let value = number.roundedDouble
            if value.isInfinite { throw JinjaError(.overflow, "int too large to convert to float") }
            return value
        case .undefined(let value): throw value.error()
        default: throw JinjaError(.type, "must be real number, not \(typeName)")
        }
    }
}
