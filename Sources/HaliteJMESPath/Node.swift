import HaliteValue

/// A part of an expression, as Python's `jmespath` builds it.
indirect enum Node: Sendable {
    case field(String)
    case literal(Value)
    case current
    /// Each applied to what the one before gives.
    case subexpression([Node])
    case indexExpression([Node])
    case index(Int)
    case slice(start: Int?, stop: Int?, step: Int?)
    case projection(Node, Node)
    case valueProjection(Node, Node)
    case filterProjection(Node, Node, condition: Node)
    case flatten(Node)
    case comparison(Token.Kind, Node, Node)
    case or(Node, Node)
    case and(Node, Node)
    case not(Node)
    case pipe(Node, Node)
    case list([Node])
    case map([(key: Value, value: Node)])
    case function(String, [Node])
    case reference(Node)
}
