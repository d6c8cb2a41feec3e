/// A tag or a stretch of output as it was written.
final class Statement {
    enum Kind {
        /// Text and printed expressions that follow each other.
        case output([OutputItem])
        case loop(LoopTag)
        case condition(ConditionTag)
        case macro(MacroTag)
        case callBlock(MacroTag, call: Expression)
        case filterBlock(Expression, body: [Statement])
        case with(targets: [Expression], values: [Expression], body: [Statement])
        case assign(target: Expression, value: Expression)
        case assignBlock(target: Expression, filter: Expression?, body: [Statement])
        case block(BlockTag)
        case extends(Expression)
        case include(Expression, ignoreMissing: Bool, withContext: Bool)
        case importModule(Expression, target: String, withContext: Bool)
        case importNames(Expression, names: [(name: String, alias: String)], withContext: Bool)
        case autoescape(Expression, body: [Statement])
        case expression(Expression)
        case breakLoop
        case continueLoop
        /// `load_yaml as x`; the body is rendered and parsed.
        case loadData(format: String, target: Expression, body: [Statement])
        case importData(format: String, source: Expression, target: String, withContext: Bool)
        case profile(name: Expression, body: [Statement])
    }

    enum OutputItem {
        case text(String)
        case value(Expression)
    }

    let kind: Kind
    let line: Int

    init(_ kind: Kind, line: Int) {
        self.kind = kind
        self.line = line
    }
}

struct LoopTag {
    let target: Expression
    let iterable: Expression
    let body: [Statement]
    let otherwise: [Statement]
    let test: Expression?
    let isRecursive: Bool
}

struct ConditionTag {
    struct Branch {
        let test: Expression
        let body: [Statement]
        let line: Int
    }
    /// `if` and every `elif`.
    let branches: [Branch]
    let otherwise: [Statement]
}

struct MacroTag {
    /// Nil for the body of a call block.
    let name: String?
    let parameters: [Expression]
    /// For the last parameters.
    let defaults: [Expression]
    let body: [Statement]
}

struct BlockTag {
    let name: String
    let body: [Statement]
    let isScoped: Bool
    let isRequired: Bool
}

/// A template as it was written.
struct SyntaxTree {
    let body: [Statement]
    /// The special names that occur anywhere in it: nobody has to look for the others.
    let specialNames: Set<String>
}
