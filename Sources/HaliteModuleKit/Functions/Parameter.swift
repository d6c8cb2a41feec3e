import HaliteCore
import HaliteValue

/// One declared argument of a function: its name, its Swift type, its default and its sentence.
package struct Parameter<Argument: ValueConvertible>: Sendable {
    package let info: ParameterInfo
    let defaultValue: Argument?

    /// An argument that the caller must give.
    package static func required(_ name: String, _ summary: String) -> Self {
        Self(info: .init(name: name, kind: .required, type: Argument.valueDescription, summary: summary), defaultValue: nil)
    }

    package static func optional(_ name: String, _ defaultValue: Argument, _ summary: String) -> Self {
        let info = ParameterInfo(
            name: name, kind: .optional(defaultValue.value), type: Argument.valueDescription, summary: summary)
        return Self(info: info, defaultValue: defaultValue)
    }

    /// Takes what is left of the positional arguments (Python's `*args`).
    package static func rest(_ name: String, _ summary: String) -> Self where Argument == [Value] {
        Self(info: .init(name: name, kind: .rest, type: Argument.valueDescription, summary: summary), defaultValue: [])
    }

    /// Takes all keywords that no other parameter names (Python's `**kwargs`).
    package static func keywords(_ name: String, _ summary: String) -> Self where Argument == ValueMap {
        Self(info: .init(name: name, kind: .keywords, type: Argument.valueDescription, summary: summary), defaultValue: [:])
    }
}

/// What documentation, argument errors and `sys.argspec` need to know of a parameter.
package struct ParameterInfo: Sendable {
    package enum Kind: Sendable {
        case required
        case optional(Value)
        case rest
        case keywords
    }

    package let name: String
    package let kind: Kind
    package let type: String
    package let summary: String
}

/// Arguments that do not fit a function, worded with the function's name and the nearest known argument.
package struct ArgumentError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Hands out the given arguments to the declared parameters, one after the other, and refuses what is left.
struct ArgumentBinder {
    let function: String
    let parameters: [ParameterInfo]
    private var positional: ArraySlice<Value>
    private var keywords: ValueMap

    init(function: String, parameters: [ParameterInfo], arguments: Arguments) {
        self.function = function
        self.parameters = parameters
        positional = arguments.positional[...]
        // Keywords such as `__pub_jid` belong to the job, not to the function.
        keywords = arguments.keywords
        for (key, _) in arguments.keywords {
            if let name = key.stringValue, name.hasPrefix("__") { keywords.removeValue(forKey: key) }
        }
    }

    mutating func take<A>(_ parameter: Parameter<A>) throws -> A {
        let info = parameter.info
        let given: Value
        switch info.kind {
        case .rest:
            given = .list(Array(positional))
            positional = []
        case .keywords:
            // As in Python, `*args` and `**kwargs` cannot be given by their names: such keywords are among the rest.
            let named = Set(
                parameters.compactMap { parameter -> String? in
                    switch parameter.kind {
                    case .required, .optional: parameter.name
                    case .rest, .keywords: nil
                    }
                })
            let extra = keywords.filter { pair in pair.key.stringValue.map { !named.contains($0) } ?? true }
            for pair in extra { keywords.removeValue(forKey: pair.key) }
            given = .map(ValueMap(extra.map { ($0.key, $0.value) }))
        case .required, .optional:
            if let keyword = keywords.removeValue(forKey: info.name) {
                given = keyword
            } else if let next = positional.popFirst() {
                given = next
            } else if let defaultValue = parameter.defaultValue {
                return defaultValue
            } else {
                throw ArgumentError("\(function) needs the argument '\(info.name)' (\(info.type)): \(info.summary)")
            }
        }
        // An explicit null means the default, as `None` does nearly everywhere in Salt.
        if given.isNull, let defaultValue = parameter.defaultValue { return defaultValue }
        do {
            return try A(value: given)
        } catch {
            throw ArgumentError("\(function), argument '\(info.name)': \(error)")
        }
    }

    /// The keywords that no parameter took, which are then no error.
    mutating func takeUnknown() -> ValueMap {
        defer { keywords = [:] }
        return keywords
    }

    func finish() throws {
        if let (key, _) = keywords.first {
            let name = key.pythonString
            let hint = NearestName.hint(name, among: parameters.map(\.name))
            throw ArgumentError("\(function) has no argument '\(name)'\(hint)")
        }
        if !positional.isEmpty {
            let most = parameters.count { if case .keywords = $0.kind { false } else { true } }
            throw ArgumentError("\(function) takes at most \(most) arguments, got \(most + positional.count)")
        }
    }
}
