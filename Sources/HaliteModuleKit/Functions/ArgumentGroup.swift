import HaliteCore
import HaliteValue

/// The arguments of a function that takes many, as one structure whose initial values are the defaults.
///
/// ```swift
/// struct Settings: ArgumentGroup {
///     var source: [String] = []
///     var makedirs = false
///     static let fields: [ArgumentField<Settings>] = [
///         .field("source", \.source, "Where the content comes from."),
///         .field("makedirs", \.makedirs, "Make missing parents."),
///     ]
/// }
/// ```
package protocol ArgumentGroup: Sendable {
    init()
    /// In the order of positional arguments.
    static var fields: [ArgumentField<Self>] { get }
}

/// One argument of a group: its name, where its value goes and its sentence.
package struct ArgumentField<Group: ArgumentGroup>: Sendable {
    let name: String
    let type: String
    let summary: String
    let isRequired: Bool
    let defaultValue: @Sendable (Group) -> Value
    let assign: @Sendable (inout Group, Value) throws -> Void

    package static func field<Argument: ValueConvertible>(
        _ name: String, _ path: any WritableKeyPath<Group, Argument> & Sendable, _ summary: String, required: Bool = false
    ) -> Self {
        Self(
            name: name, type: Argument.valueDescription, summary: summary, isRequired: required,
            defaultValue: { group in group[keyPath: path].value },
            assign: { group, value in group[keyPath: path] = try Argument(value: value) })
    }
}

extension ArgumentField {
    package var argumentName: String { name }

    /// The same argument of a group that is part of another.
    package func within<Outer: ArgumentGroup>(_ path: any WritableKeyPath<Outer, Group> & Sendable) -> ArgumentField<Outer> {
        let (inner, fallback) = (assign, defaultValue)
        return ArgumentField<Outer>(
            name: name, type: type, summary: summary, isRequired: isRequired,
            defaultValue: { outer in fallback(outer[keyPath: path]) },
            assign: { outer, value in try inner(&outer[keyPath: path], value) })
    }
}

extension ArgumentGroup {
    static var parameters: [ParameterInfo] {
        let defaults = Self()
        return fields.map { field in
            ParameterInfo(
                name: field.name, kind: field.isRequired ? .required : .optional(field.defaultValue(defaults)),
                type: field.type, summary: field.summary)
        }
    }

    /// Takes this group's arguments; what is left stays in `arguments`.
    package static func bind(_ arguments: inout Arguments, function: String) throws -> Self {
        var group = Self()
        for field in fields {
            let given: Value
            if let keyword = arguments.keywords.removeValue(forKey: field.name) {
                given = keyword
            } else if !arguments.positional.isEmpty {
                given = arguments.positional.removeFirst()
            } else if field.isRequired {
                throw ArgumentError("\(function) needs the argument '\(field.name)' (\(field.type)): \(field.summary)")
            } else {
                continue
            }
            // An explicit null means the default, as for single parameters.
            if given.isNull, !field.isRequired { continue }
            do {
                try field.assign(&group, given)
            } catch {
                throw ArgumentError("\(function), argument '\(field.name)': \(error)")
            }
        }
        return group
    }
}

extension Function {
    /// A function that takes its arguments as a group.
    package init<Group: ArgumentGroup, Result: ValueConvertible>(
        _ name: String, _ summary: String, _ group: Group.Type, example: String? = nil,
        body: @escaping @Sendable (CallContext, Group) async throws -> Result
    ) {
        self.init(name: name, summary: summary, example: example, parameters: Group.parameters) { context, arguments in
            var rest = arguments.withoutJobKeywords
            let bound = try Group.bind(&rest, function: context.function)
            if let (key, _) = rest.keywords.first {
                let unknown = key.pythonString
                let hint = NearestName.hint(unknown, among: Group.fields.map(\.name))
                throw ArgumentError("\(context.function) has no argument '\(unknown)'\(hint)")
            }
            if !rest.positional.isEmpty {
                let most = Group.fields.count
                throw ArgumentError("\(context.function) takes at most \(most) arguments, got \(most + rest.positional.count)")
            }
            return try await body(context, bound).value
        }
    }
}

extension StateFunction {
    /// A state function that takes its arguments, beside `name`, as a group.
    package init<Group: ArgumentGroup>(
        _ name: String, _ summary: String, _ group: Group.Type,
        body: @escaping @Sendable (StateContext, Group) async throws -> StateResult
    ) {
        let nameInfo = ParameterInfo(name: "name", kind: .required, type: String.valueDescription, summary: "What the state is about.")
        self.init(name: name, summary: summary, parameters: [nameInfo] + Group.parameters) { context, arguments in
            var rest = arguments.withoutJobKeywords
            if rest.keywords.removeValue(forKey: "name") == nil, !rest.positional.isEmpty { rest.positional.removeFirst() }
            let bound = try Group.bind(&rest, function: context.call.function)
            var result = try await body(context, bound)
            result.warnings += StateFunction.warnings(rest.keywords, context, known: Group.fields.map(\.name))
            return result
        }
    }

    /// Unknown arguments of states are ignored in Salt, mostly in silence; here they are at least told.
    static func warnings(_ unknown: ValueMap, _ context: StateContext, known: [String]) -> [String] {
        unknown.keys.map { key in
            let name = key.pythonString
            let hint = NearestName.hint(name, among: known)
            return "'\(name)' is an invalid keyword argument for '\(context.call.function)' and was ignored\(hint)"
        }
    }
}

extension Arguments {
    /// Keywords such as `__pub_jid` belong to the job, not to the function.
    var withoutJobKeywords: Arguments {
        var copy = self
        for (key, _) in keywords {
            if let name = key.stringValue, name.hasPrefix("__") { copy.keywords.removeValue(forKey: key) }
        }
        return copy
    }
}
