import Glibc
import HaliteValue

/// A complex number, as a power of a negative number gives it: to be printed and compared, not to be calculated with.
final class ComplexObject: JinjaObject {
    private let real: Double
    private let imaginary: Double

    init(real: Double, imaginary: Double) {
        self.real = real
        self.imaginary = imaginary
    }

    /// A negative number to the power of a fraction, in the steps that Python takes.
    static func power(_ base: Double, _ exponent: Double) -> ComplexObject {
        let length = pow(abs(base), exponent)
        let angle = atan2(0, base) * exponent
        return ComplexObject(real: length * cos(angle), imaginary: length * sin(angle))
    }

    override var typeName: String { "complex" }
    override func isTrue() -> Bool { real != 0 || imaginary != 0 }
    override func isEqual(to other: JinjaObject) -> Bool {
        guard let other = other as? ComplexObject else { return false }
        return real == other.real && imaginary == other.imaginary
    }
    override func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "real": .float(real)
        case "imag": .float(imaginary)
        default: nil
        }
    }
    override func repr() -> String {
        func text(_ number: Double) -> String {
            let repr = PythonText.repr(number)
            return repr.hasSuffix(".0") ? String(repr.dropLast(2)) : repr
        }
        let tail = text(imaginary)
        if real == 0, real.sign == .plus { return tail + "j" }
        return "(\(text(real))\(tail.hasPrefix("-") ? "" : "+")\(tail)j)"
    }
}
