import HaliteValue

/// A JMESPath expression, such as `reservations[].instances[?state == 'running'].id`.
///
/// It behaves as Python's `jmespath` 1.1, errors and their messages included. Reading an expression costs more than
/// applying it: keep it when it is used again.
public struct JMESPath: Sendable {
    public let expression: String
    private let node: Node

    public init(_ expression: String) throws(JMESPathError) {
        self.expression = expression
        node = try Parser.parse(expression)
    }

    /// What the expression selects from the data; null when nothing.
    public func search(_ data: Value) throws(JMESPathError) -> Value {
        var interpreter = Interpreter()
        return try interpreter.value(node, data)
    }

    /// Reads an expression and applies it once.
    public static func search(_ expression: String, in data: Value) throws(JMESPathError) -> Value {
        try JMESPath(expression).search(data)
    }
}
