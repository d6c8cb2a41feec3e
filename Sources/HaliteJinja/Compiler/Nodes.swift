import HaliteValue

/// What a statement did to the loop around it.
enum Flow { case normal, breakLoop, continueLoop }

/// A compiled expression.
class ExpressionNode {
    /// The value when it never changes.
    var constant: JinjaValue? { nil }

    func evaluate(_ frame: Frame) throws -> JinjaValue { fatalError("abstract") }

    /// The value, or nil where it would be undefined: saves making an undefined value that nobody looks at.
    func evaluateIfDefined(_ frame: Frame) throws -> JinjaValue? {
        let value = try evaluate(frame)
        return value.isUndefined ? nil : value
    }

    /// The dictionary that the expression names, lent without being counted until somebody changes something; nil where it
    /// names none or more than names has to be evaluated.
    func lendDict(_ frame: Frame) -> Unmanaged<JinjaDict>? { nil }

    /// Prints the value, if possible without making it first.
    func emit(_ frame: Frame, _ output: Output) throws { try output.write(evaluate(frame)) }

    func isTrue(_ frame: Frame) throws -> Bool { try evaluate(frame).isTrue() }
}

/// A compiled tag.
class StatementNode {
    let line: Int
    init(line: Int) { self.line = line }
    func execute(_ frame: Frame, _ output: Output) throws -> Flow { fatalError("abstract") }
}

/// Statements that follow each other; an error gets its line here.
final class Body {
    private let nodes: NodeList<StatementNode>

    init(_ nodes: [StatementNode]) { self.nodes = NodeList(nodes) }

    var isEmpty: Bool { nodes.isEmpty }

    func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        for position in 0..<nodes.count {
            let flow = try nodes.at(position) { node in
                do { return try node.execute(frame, output) } catch { throw frame.located(error, line: node.line) }
            }
            if flow != .normal { return flow }
        }
        return .normal
    }

    /// The text that the statements print.
    func text(_ frame: Frame) throws -> String {
        let output = frame.state.output()
        _ = try execute(frame, output)
        return output.text
    }
}

extension Output {
    /// Prints a value as Python's `str()` does.
    func write(_ value: JinjaValue) throws {
        switch value {
        case .string(let text), .markup(let text): try write(text)
        case .int(let number): try write(number)
        default:
            if let finalize { return try write(finalize(value).str()) }
            try write(value.str())
        }
    }

    func writeEscaped(_ value: JinjaValue) throws {
        switch value {
        case .markup(let text): try write(text)
        case .string: try write(Markup.escape(value))
        default: try write(Markup.escape(finalize?(value) ?? value))
        }
    }

    func write(_ number: Int) throws {
        if number >= 0, number < 10 { return try write(byte: UInt8(0x30 + number)) }
        try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            var rest = number.magnitude
            var position = 20
            while rest > 0 {
                position -= 1
                buffer[position] = UInt8(0x30 + rest % 10)
                rest /= 10
            }
            if number < 0 {
                position -= 1
                buffer[position] = 0x2D
            }
            try write(UnsafeBufferPointer(rebasing: buffer[position...]))
        }
    }
}
