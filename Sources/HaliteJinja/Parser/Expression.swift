/// Whether a name is read, written, or a parameter.
enum NameUse { case load, store, parameter }

package enum BinaryOperator: Sendable { case add, sub, mul, div, floordiv, mod, pow }
enum Comparison: Sendable { case eq, ne, gt, gteq, lt, lteq, contained, notContained }

/// An expression of a template as it was written.
final class Expression {
    enum Kind {
        case constant(JinjaValue)
        case name(String, NameUse)
        /// `namespace.attribute` as the target of an assignment.
        case namespaceReference(String, String)
        case tuple([Expression])
        case list([Expression])
        case dict([(key: Expression, value: Expression)])
        case condition(test: Expression, then: Expression, otherwise: Expression?)
        case or(Expression, Expression)
        case and(Expression, Expression)
        case not(Expression)
        case compare(Expression, [(Comparison, Expression)])
        case binary(BinaryOperator, Expression, Expression)
        case concat([Expression])
        case negate(Expression)
        case positive(Expression)
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression?, Expression?, Expression?)
        case call(Expression, CallArguments)
        /// The value is nil where the filter is applied to a block.
        case filter(Expression?, String, CallArguments)
        case test(Expression, String, CallArguments)
    }

    let kind: Kind
    let line: Int
    let offset: Int
    /// Levels of expressions below, to refuse what would exhaust the stack.
    let height: Int

    init(_ kind: Kind, line: Int, offset: Int) {
        self.kind = kind
        self.line = line
        self.offset = offset
        var tallest = 0
        Expression.forEachChild(of: kind) { tallest = max(tallest, $0.height) }
        height = tallest + 1
    }

    /// Whether Jinja2 can compute it when it compiles.
    var isConstant: Bool {
        switch kind {
        case .name, .namespaceReference, .call: return false
        case .filter(nil, _, _): return false
        case .filter(_, let name, _) where ["map", "select", "reject", "selectattr", "rejectattr", "random"].contains(name):
            return false
        default:
            var result = true
            forEachChild { result = result && $0.isConstant }
            return result
        }
    }

    /// Whether it does something with its parts, rather than to hold them.
    var isOperation: Bool {
        switch kind {
        case .constant, .name, .namespaceReference, .tuple, .list, .dict, .slice: false
        default: true
        }
    }

    /// The type that keeps a literal from being a key.
    var unhashableType: String? {
        switch kind {
        case .list: "list"
        case .dict: "dict"
        case .tuple(let items): items.lazy.compactMap(\.unhashableType).first
        default: nil
        }
    }

    /// The class name of Jinja2's node, for the message about wrong targets.
    var nodeName: String {
        switch kind {
        case .constant: "const"
        case .name: "name"
        case .namespaceReference: "nsref"
        case .tuple: "tuple"
        case .list: "list"
        case .dict: "dict"
        default: "expr"
        }
    }

    var canBeAssigned: Bool {
        switch kind {
        case .name(let name, _): !["true", "false", "none", "True", "False", "None"].contains(name)
        case .namespaceReference: true
        case .tuple(let items): items.allSatisfy(\.canBeAssigned)
        default: false
        }
    }

    /// The expression with its names used in another way, as targets are parsed before it is known that they are.
    func used(as use: NameUse) -> Expression {
        switch kind {
        case .name(let name, _): Expression(.name(name, use), line: line, offset: offset)
        case .tuple(let items): Expression(.tuple(items.map { $0.used(as: use) }), line: line, offset: offset)
        default: self
        }
    }

    /// Visits the expressions directly below, in the order in which Jinja2 visits them.
    func forEachChild(_ visit: (Expression) -> Void) { Expression.forEachChild(of: kind, visit) }

    private static func forEachChild(of kind: Kind, _ visit: (Expression) -> Void) {
        switch kind {
        case .constant, .name, .namespaceReference: break
        case .tuple(let items), .list(let items), .concat(let items): items.forEach(visit)
        case .dict(let pairs):
            for (key, value) in pairs {
                visit(key)
                visit(value)
            }
        case .condition(let test, let then, let otherwise):
            visit(test)
            visit(then)
            otherwise.map(visit)
        case .or(let left, let right), .and(let left, let right), .binary(_, let left, let right), .item(let left, let right):
            visit(left)
            visit(right)
        case .not(let value), .negate(let value), .positive(let value), .attribute(let value, _): visit(value)
        case .compare(let first, let rest):
            visit(first)
            for (_, operand) in rest { visit(operand) }
        case .slice(let start, let stop, let step):
            start.map(visit)
            stop.map(visit)
            step.map(visit)
        case .call(let target, let arguments):
            visit(target)
            arguments.forEach(visit)
        case .filter(let value, _, let arguments):
            value.map(visit)
            arguments.forEach(visit)
        case .test(let value, _, let arguments):
            visit(value)
            arguments.forEach(visit)
        }
    }
}

/// The arguments of a call as written.
struct CallArguments {
    var positional: [Expression] = []
    var keywords: [(name: String, value: Expression)] = []
    var spread: Expression?
    var keywordSpread: Expression?

    func forEach(_ visit: (Expression) -> Void) {
        positional.forEach(visit)
        for (_, value) in keywords { visit(value) }
        spread.map(visit)
        keywordSpread.map(visit)
    }
}
