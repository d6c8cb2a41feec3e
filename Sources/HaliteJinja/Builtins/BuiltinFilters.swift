import HaliteValue

/// The filters of Jinja2, by name.
enum BuiltinFilters {
    static let table: [String: BuiltinFunction] = {
        var table: [String: BuiltinFunction] = [:]
        for group in [TextFilters.table, NumberFilters.table, SequenceFilters.table, SelectionFilters.table, HTMLFilters.table] {
            table.merge(group) { $1 }
        }
        return table
    }()

    /// A filter whose arguments are matched with a list of parameters.
    static func define(
        _ name: String, _ parameters: String,
        _ body: @escaping @Sendable (_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue
    ) -> BuiltinFunction {
        BuiltinFunction(bound: BoundFunction(signature: Signature(name, parameters), body: body))
    }
}

extension BoundArguments {
    /// An argument that is given, or its default.
    func value(_ position: Int, default fallback: JinjaValue = .null) -> JinjaValue {
        position < count ? self[position] ?? fallback : fallback
    }

    /// An argument that is neither left out nor `none`.
    func given(_ position: Int) -> JinjaValue? {
        guard position < count, let value = self[position] else { return nil }
        if case .null = value { return nil }
        return value
    }

    func flag(_ position: Int, default fallback: Bool = false) throws -> Bool {
        try position < count ? self[position]?.isTrue() ?? fallback : fallback
    }

    func integer(_ position: Int, default fallback: Int) throws -> Int {
        try self[position]?.requiredIndex() ?? fallback
    }

    /// A flag where Python wants a number.
    func numericFlag(_ position: Int) throws -> Bool { try integer(position, default: 0) != 0 }

    /// The text of an argument, as `soft_str` gives it.
    func text(_ position: Int) throws -> String {
        let value = value(position)
        return try value.text ?? value.str()
    }
}

/// How filters find the part of an element that they look at: `attribute='a.b.0'`.
final class AttributePath {
    private struct Part {
        let key: JinjaValue
        /// The key when it is a text, with its hash.
        let text: (String, hash: Int)?

        init(_ key: JinjaValue) {
            self.key = key
            text = key.text.map { ($0, $0.bytesHash) }
        }

        @inline(__always)
        func value(of item: JinjaValue, _ context: TemplateContext) throws -> JinjaValue {
            if let text, case .dict(let dict) = item, let found = dict.value(text.0, hash: text.hash) { return found }
            return try Access.item(item, key, context)
        }
    }

    private let first: Part?
    private let rest: [Part]

    convenience init(_ attribute: JinjaValue?) {
        switch attribute {
        case nil, .null?: self.init(parts: [])
        case .string(let text)?, .markup(let text)?: self.init(parts: Self.split(text))
        case let other?: self.init(parts: [other])
        }
    }

    private init(parts: [JinjaValue]) {
        first = parts.first.map(Part.init)
        rest = parts.dropFirst().map(Part.init)
    }

    /// Several paths, separated by commas.
    static func list(_ attribute: JinjaValue?) -> [AttributePath] {
        guard let text = attribute?.text else { return [AttributePath(attribute)] }
        return PythonSplit.parts(text, ",", limit: -1).map { AttributePath(parts: split($0)) }
    }

    private static func split(_ text: String) -> [JinjaValue] {
        PythonSplit.parts(text, ".", limit: -1).map { part in
            PythonCase.all(part, PythonCase.isDigit) ? Int(part).map { .int($0) } ?? .string(part) : .string(part)
        }
    }

    func value(of item: JinjaValue, default fallback: JinjaValue? = nil, _ context: TemplateContext) throws -> JinjaValue {
        guard let first else { return item }
        var value = try first.value(of: item, context)
        if let fallback, value.isUndefined { value = fallback }
        if rest.isEmpty { return value }
        for part in rest {
            value = try part.value(of: value, context)
            if let fallback, value.isUndefined { value = fallback }
        }
        return value
    }
}

extension JinjaValue {
    /// Python's `len()`.
    func requiredLength() throws -> Int {
        guard let count = try length() else { throw JinjaError(.type, "object of type '\(typeName)' has no len()") }
        return count
    }

    /// The error for a method that the value lacks.
    func lacks(_ attribute: String) -> JinjaError {
        if case .undefined(let undefined) = self { return undefined.error() }
        if case .object(let object) = self, object.namespace != nil { return JinjaError(.attribute, attribute) }
        return JinjaError(.attribute, "'\(typeName)' object has no attribute '\(attribute)'")
    }

    /// Texts are compared without regard to case by default.
    var ignoringCase: JinjaValue {
        switch self {
        case .string(let text): .string(PythonCase.lower(text))
        case .markup(let text): .markup(PythonCase.lower(text))
        default: self
        }
    }
}
