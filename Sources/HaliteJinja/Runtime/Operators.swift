import HaliteValue

/// Python's operators.
package enum Operators {
    package static func apply(
        _ operation: BinaryOperator, _ left: JinjaValue, _ right: JinjaValue, _ context: TemplateContext, isInPlace: Bool = false
    ) throws -> JinjaValue {
        if case .undefined(let value) = left { throw value.error() }
        if case .undefined(let value) = right, !acceptsUndefined(operation, left) { throw value.error() }
        if let result = try Numbers.apply(operation, left, right) { return result }
        switch operation {
        case .sub: if let result = try SetObject.difference(left, right, context) { return result }
        case .add: if let result = try add(left, right, context) { return result }
        case .mul: if let result = try multiply(left, right, context) { return result }
        case .mod:
            if let text = left.text { return try PercentFormat.format(text, right, isMarkup: left.isMarkup) }
            if case .bytes(let bytes) = left { return try PercentFormat.format(bytes, right) }
        default: break
        }
        throw unsupported(operation, left, right, isInPlace: isInPlace)
    }

    /// Where Python asks the left value first and does not get to the undefined one.
    private static func acceptsUndefined(_ operation: BinaryOperator, _ left: JinjaValue) -> Bool {
        switch (operation, left) {
        case (.mod, .string), (.mod, .markup), (.mod, .bytes), (.mul, .markup): true
        case (.sub, .object(let object)): object is any SetLike
        default: false
        }
    }

    private static func unsupported(
        _ operation: BinaryOperator, _ left: JinjaValue, _ right: JinjaValue, isInPlace: Bool
    ) -> JinjaError {
        let symbol =
            switch operation {
            case .add: isInPlace ? "+=" : "+"
            case .sub: "-"
            case .mul: "*"
            case .div: "/"
            case .floordiv: "//"
            case .mod: "%"
            case .pow: "** or pow()"
            }
        if operation == .add {
            switch left {
            case .string: return JinjaError(.type, "can only concatenate str (not \"\(right.typeName)\") to str")
            case .list: return JinjaError(.type, "can only concatenate list (not \"\(right.typeName)\") to list")
            case .tuple: return JinjaError(.type, "can only concatenate tuple (not \"\(right.typeName)\") to tuple")
            case .bytes: return JinjaError(.type, "can't concat \(right.typeName) to bytes")
            default: break
            }
        }
        if operation == .mul {
            // Markup multiplies itself, with its own message.
            if left.isMarkup { return JinjaError(.type, "'\(right.typeName)' object cannot be interpreted as an integer") }
            if right.isMarkup { return JinjaError(.type, "'\(left.typeName)' object cannot be interpreted as an integer") }
            if left.isRepeatable { return JinjaError(.type, "can't multiply sequence by non-int of type '\(right.typeName)'") }
            if right.isRepeatable { return JinjaError(.type, "can't multiply sequence by non-int of type '\(left.typeName)'") }
        }
        return JinjaError(.type, "unsupported operand type(s) for \(symbol): '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func add(_ left: JinjaValue, _ right: JinjaValue, _ context: TemplateContext) throws -> JinjaValue? {
        switch (left, right) {
        case (.string(let a), .string(let b)):
            try context.state.reserve(a.utf8.count + b.utf8.count)
            return .string(a + b)
        case (.markup(let a), .string), (.markup(let a), .markup): return .markup(a + (try Markup.escape(right)))
        case (.string, .markup(let b)): return .markup(try Markup.escape(left) + b)
        case (.list(let a), .list(let b)):
            try context.state.step(a.count + b.count)
            return .list(of: a.items + b.items)
        case (.tuple(let a), .tuple(let b)): return .tuple(of: a.items + b.items)
        case (.bytes(let a), .bytes(let b)): return .bytes(a + b)
        default: return nil
        }
    }

    private static func multiply(_ left: JinjaValue, _ right: JinjaValue, _ context: TemplateContext) throws -> JinjaValue? {
        if left.isRepeatable, case .big = right { throw JinjaError(.overflow, "cannot fit 'int' into an index-sized integer") }
        if right.isRepeatable, case .big = left { throw JinjaError(.overflow, "cannot fit 'int' into an index-sized integer") }
        if let count = right.integer, let result = try repeated(left, count, context) { return result }
        if let count = left.integer, let result = try repeated(right, count, context) { return result }
        return nil
    }

    private static func repeated(_ value: JinjaValue, _ count: Int, _ context: TemplateContext) throws -> JinjaValue? {
        let times = max(0, count)
        func check(_ size: Int) throws {
            let (total, overflow) = size.multipliedReportingOverflow(by: times)
            try context.state.reserve(overflow ? -1 : total)
        }
        // Nothing times a large number would take long to become nothing.
        if times == 0 || (try? value.length()) == 0 { return emptied(value) }
        switch value {
        case .string(let text):
            try check(text.utf8.count)
            return .string(String(repeating: text, count: times))
        case .markup(let text):
            try check(text.utf8.count)
            return .markup(String(repeating: text, count: times))
        case .list(let list):
            try check(list.count * 24)
            return .list(of: Array(repeatElement(list.items, count: times).joined()))
        case .tuple(let tuple):
            try check(tuple.items.count * 24)
            return .tuple(of: Array(repeatElement(tuple.items, count: times).joined()))
        case .bytes(let bytes):
            try check(bytes.count)
            return .bytes(Array(repeatElement(bytes, count: times).joined()))
        default: return nil
        }
    }

    private static func emptied(_ value: JinjaValue) -> JinjaValue? {
        switch value {
        case .string: .string("")
        case .markup: .markup("")
        case .list: .list(of: [])
        case .tuple: .tuple(of: [])
        case .bytes: .bytes([])
        default: nil
        }
    }

    static func unary(negates: Bool, _ value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .undefined(let undefined): throw undefined.error()
        case .int(let number):
            if !negates { return value }
            return number == .min ? .big(-BigInteger(number)) : .int(-number)
        case .bool(let flag): return .int(flag ? (negates ? -1 : 1) : 0)
        case .float(let number): return .float(negates ? -number : number)
        case .big(let number): return negates ? JinjaValue(normalizing: -number) : value
        default: throw JinjaError(.type, "bad operand type for unary \(negates ? "-" : "+"): '\(value.typeName)'")
        }
    }

    static func compare(_ operation: Comparison, _ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
        if case .object(let a) = left, case .object(let b) = right, let result = try SetObject.compare(operation, a, b) { return result }
        switch operation {
        case .gt, .gteq:
            // The operand on the left is the one that Python asks first.
            if case .undefined(let undefined) = left { throw undefined.error() }
            return operation == .gt
                ? try right.isLess(than: left, symbol: ">") : try right.isAtMost(left, symbol: ">=")
        case .eq: return try left.isEqual(to: right)
        case .ne: return try !left.isEqual(to: right)
        case .lt: return try left.isLess(than: right, symbol: "<")
        case .lteq: return try left.isAtMost(right, symbol: "<=")
        case .contained: return try right.contains(left)
        case .notContained: return try !right.contains(left)
        }
    }
}

extension JinjaValue {
    /// Whether `*` with a number repeats it.
    fileprivate var isRepeatable: Bool {
        switch self {
        case .string, .markup, .list, .tuple, .bytes: true
        default: false
        }
    }
}

/// Python's numbers.
enum Numbers {
    /// Nil when one of the values is no number.
    static func apply(_ operation: BinaryOperator, _ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue? {
        if let a = left.integer, let b = right.integer { return try integers(operation, a, b) }
        if let a = left.bigInteger, let b = right.bigInteger { return try big(operation, a, b) }
        let isFloat: Bool
        switch (left, right) {
        case (.float, _), (_, .float): isFloat = true
        default: isFloat = false
        }
        guard isFloat, left.isNumber, right.isNumber else { return nil }
        let (a, b) = (try left.double(), try right.double())
        if operation == .pow, a < 0, a.isFinite, b.isFinite, b != b.rounded() { return .object(ComplexObject.power(a, b)) }
        return .float(try floats(operation, a, b))
    }

    private static func integers(_ operation: BinaryOperator, _ a: Int, _ b: Int) throws -> JinjaValue {
        switch operation {
        case .add:
            let (value, overflow) = a.addingReportingOverflow(b)
            if !overflow { return .int(value) }
        case .sub:
            let (value, overflow) = a.subtractingReportingOverflow(b)
            if !overflow { return .int(value) }
        case .mul:
            let (value, overflow) = a.multipliedReportingOverflow(by: b)
            if !overflow { return .int(value) }
        case .div:
            guard b != 0 else { throw JinjaError(.zeroDivision, "division by zero") }
            // Both exact as doubles: one rounding, as Python's.
            if a.magnitude <= 1 << 53, b.magnitude <= 1 << 53 { return .float(Double(a) / Double(b)) }
        case .floordiv:
            guard b != 0 else { throw JinjaError(.zeroDivision, "integer division or modulo by zero") }
            if !(a == .min && b == -1) {
                let quotient = a / b
                return .int(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient)
            }
        case .mod:
            guard b != 0 else { throw JinjaError(.zeroDivision, "integer modulo by zero") }
            if b == -1 { return .int(0) }
            let rest = a % b
            return .int(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest)
        case .pow: break
        }
        return try big(operation, BigInteger(a), BigInteger(b))
    }

    private static func big(_ operation: BinaryOperator, _ a: BigInteger, _ b: BigInteger) throws -> JinjaValue {
        // Beyond this many bits a number takes longer than anybody waits for a template.
        func check(_ bits: Int) throws {
            if bits > 4_000_000 { throw JinjaError(.memory, "the number would be larger than the limit") }
        }
        switch operation {
        case .add: return JinjaValue(normalizing: a + b)
        case .sub: return JinjaValue(normalizing: a - b)
        case .mul:
            try check(a.bitWidth + b.bitWidth)
            return JinjaValue(normalizing: a * b)
        case .div:
            guard !b.isZero else { throw JinjaError(.zeroDivision, "division by zero") }
            guard let value = a.trueDivided(by: b) else {
                throw JinjaError(.overflow, "integer division result too large for a float")
            }
            return .float(value)
        case .floordiv, .mod:
            guard let (quotient, remainder) = a.floorDivided(by: b) else {
                throw JinjaError(
                    .zeroDivision, operation == .mod ? "integer modulo by zero" : "integer division or modulo by zero")
            }
            return JinjaValue(normalizing: operation == .mod ? remainder : quotient)
        case .pow:
            if b.isNegative {
                if a.isZero { throw JinjaError(.zeroDivision, "0.0 cannot be raised to a negative power") }
                return .float(try power(try JinjaValue.big(a).double(), try JinjaValue.big(b).double()))
            }
            guard let exponent = b.intValue else {
                if a.magnitude == [1] || a.isZero { return JinjaValue(normalizing: a.power(b.magnitude[0] & 1 == 0 ? 2 : 1)) }
                throw JinjaError(.memory, "the number would be larger than the limit")
            }
            if a.bitWidth > 1 {
                let (bits, overflow) = a.bitWidth.multipliedReportingOverflow(by: exponent)
                try check(overflow ? .max : bits)
            }
            return JinjaValue(normalizing: a.power(exponent))
        }
    }

    private static func floats(_ operation: BinaryOperator, _ a: Double, _ b: Double) throws -> Double {
        switch operation {
        case .add: return a + b
        case .sub: return a - b
        case .mul: return a * b
        case .div:
            guard b != 0 else { throw JinjaError(.zeroDivision, "float division by zero") }
            return a / b
        case .floordiv:
            guard b != 0 else { throw JinjaError(.zeroDivision, "float floor division by zero") }
            return divmod(a, b).quotient
        case .mod:
            guard b != 0 else { throw JinjaError(.zeroDivision, "float modulo") }
            return divmod(a, b).remainder
        case .pow: return try power(a, b)
        }
    }

    /// Python's `divmod` of floats.
    private static func divmod(_ a: Double, _ b: Double) -> (quotient: Double, remainder: Double) {
        var remainder = a.truncatingRemainder(dividingBy: b)
        var quotient = (a - remainder) / b
        if remainder != 0 {
            if (b < 0) != (remainder < 0) {
                remainder += b
                quotient -= 1
            }
        } else {
            remainder = b.sign == .minus ? -0.0 : 0.0
        }
        var floor = 0.0
        if quotient != 0 {
            floor = quotient.rounded(.down)
            if quotient - floor > 0.5 { floor += 1 }
        } else {
            floor = (a / b).sign == .minus ? -0.0 : 0.0
        }
        return (floor, remainder)
    }
}
