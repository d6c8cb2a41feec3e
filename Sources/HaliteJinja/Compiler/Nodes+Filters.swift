import HaliteValue

/// A filter or test that takes its call as it is.
final class FilterNode: ExpressionNode {
    private let value: ExpressionNode
    private let function: JinjaFunction
    private let arguments: ArgumentNodes
    init(_ value: ExpressionNode, _ function: @escaping JinjaFunction, _ arguments: ArgumentNodes) {
        self.value = value
        self.function = function
        self.arguments = arguments
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let first = try value.evaluate(frame)
        return try function(arguments.call(frame, first: first))
    }
}

/// A filter or test of the engine whose arguments were matched with its parameters when the template was compiled.
final class BoundFilterNode: ExpressionNode {
    private let body: BoundFunction.Body
    private let parameterCount: Int
    private let value: ExpressionNode
    private let arguments: NodeList<ExpressionNode>
    /// The parameter that each argument is for.
    private let places: UnsafeMutablePointer<Int>

    /// Nil when the arguments do not fit, which is an error when the filter is reached.
    init?(_ function: BoundFunction, _ value: ExpressionNode, _ arguments: ArgumentNodes) {
        guard arguments.isFixed, let places = function.signature.places(arguments.positional.count, arguments.keywordNames)
        else { return nil }
        body = function.body
        parameterCount = function.signature.parameters.count
        self.value = value
        self.arguments = NodeList(arguments.all)
        self.places = .allocate(capacity: max(1, places.count))
        self.places.initialize(from: places, count: places.count)
    }

    deinit { places.deallocate() }

    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        try withUnsafeTemporaryAllocation(of: JinjaValue?.self, capacity: parameterCount) { buffer in
            buffer.initialize(repeating: nil)
            defer { buffer.deinitialize() }
            buffer[0] = try value.evaluate(frame)
            for position in 0..<arguments.count {
                buffer[places[position]] = try arguments.at(position) { try $0.evaluate(frame) }
            }
            return try body(BoundArguments(buffer), frame.context)
        }
    }
}

/// `value|default(other)`, without making an undefined value to ask it.
final class DefaultNode: ExpressionNode {
    private let value: ExpressionNode
    private let fallback: ExpressionNode
    init(_ value: ExpressionNode, _ fallback: ExpressionNode) {
        self.value = value
        self.fallback = fallback
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        // The fallback is an argument: it is evaluated whether it is needed or not.
        let found = try value.evaluateIfDefined(frame)
        let other = try fallback.evaluate(frame)
        return found ?? other
    }
}

/// A built-in test without arguments.
final class SimpleTestNode: ExpressionNode {
    private let value: ExpressionNode
    private let function: SimpleTest
    init(_ value: ExpressionNode, _ function: @escaping SimpleTest) {
        self.value = value
        self.function = function
    }
    override func isTrue(_ frame: Frame) throws -> Bool { try function(value.evaluate(frame), frame.context) }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

/// `x is defined`, without making an undefined value to ask it.
final class DefinedNode: ExpressionNode {
    private let value: ExpressionNode
    private let wantsDefined: Bool
    init(_ value: ExpressionNode, wantsDefined: Bool) {
        self.value = value
        self.wantsDefined = wantsDefined
    }
    override func isTrue(_ frame: Frame) throws -> Bool { try (value.evaluateIfDefined(frame) != nil) == wantsDefined }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

/// The text of the block that a filter tag or a block assignment is applied to.
final class BodyTextNode: ExpressionNode {
    private let entry: ScopeEntry
    private let body: Body
    private let mode: EscapeMode
    init(entry: ScopeEntry, body: Body, mode: EscapeMode) {
        self.entry = entry
        self.body = body
        self.mode = mode
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        try entry.enter(frame)
        let text = try body.text(frame)
        return mode.escapes(frame) ? .markup(text) : .string(text)
    }
}
