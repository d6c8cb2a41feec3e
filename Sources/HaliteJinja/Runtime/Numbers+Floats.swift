import Glibc
import HaliteValue

// The C library has it, without the variable arguments of `snprintf`; the module map of Glibc leaves it out.
@_silgen_name("strfromd")
private func strfromd(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ format: UnsafePointer<CChar>?, _ value: Double
) -> Int32

extension Numbers {
    static func power(_ a: Double, _ b: Double) throws -> Double {
        if a == 0, b < 0 { throw JinjaError(.zeroDivision, "0.0 cannot be raised to a negative power") }
        let result = pow(a, b)
        if result.isInfinite, a.isFinite, b.isFinite { throw JinjaError(.overflow, "(34, 'Numerical result out of range')") }
        return result
    }

    /// The digits of a number with so many of them behind the point, rounded as C and Python do.
    static func fixed(_ value: Double, _ digits: Int) -> String { formatted(value, digits, 0x66) }
    static func scientific(_ value: Double, _ digits: Int) -> String { formatted(value, digits, 0x65) }

    private static func formatted(_ value: Double, _ digits: Int, _ letter: UInt8) -> String {
        let format = Array("%.\(max(0, min(digits, Int(Int32.max) - 1)))".utf8) + [letter, 0]
        return format.withUnsafeBytes { format in
            String(unsafeUninitializedCapacity: 400 + max(0, digits)) { buffer in
                let count = buffer.withMemoryRebound(to: CChar.self) {
                    strfromd($0.baseAddress, $0.count, format.bindMemory(to: CChar.self).baseAddress, value)
                }
                return max(0, min(Int(count), buffer.count))
            }
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
