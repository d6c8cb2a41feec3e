import HaliteValue

/// The arguments of one call and the place it comes from.
public struct JinjaCall {
    public var positional: [JinjaValue]
    public var keywords: [(name: String, value: JinjaValue)]
    /// The variables and settings at the place of the call.
    public let context: TemplateContext

    public init(positional: [JinjaValue], keywords: [(name: String, value: JinjaValue)] = [], context: TemplateContext) {
        self.positional = positional
        self.keywords = keywords
        self.context = context
    }

    /// The value of a keyword argument.
    public func keyword(_ name: String) -> JinjaValue? {
        keywords.first { $0.name == name }?.value
    }

    /// An argument by place or by name.
    public func argument(_ position: Int, _ name: String) -> JinjaValue? {
        position < positional.count ? positional[position] : keyword(name)
    }

    /// The positional arguments as plain data.
    public func frozenPositional() throws -> [Value] { try positional.map { try $0.freeze() } }

    /// The keyword arguments as plain data.
    public func frozenKeywords() throws -> ValueMap {
        var map = ValueMap()
        for (name, value) in keywords { map[name] = try value.freeze() }
        return map
    }

    mutating func takeKeyword(_ name: String) -> JinjaValue? {
        guard let position = keywords.firstIndex(where: { $0.name == name }) else { return nil }
        return keywords.remove(at: position).value
    }
}

/// The parameters of a function of the engine, to match arguments as Python does and with its messages.
package final class Signature: Sendable {
    let name: String
    let parameters: [String]
    /// How many of the parameters, from the left, must be given.
    let required: Int
    let positionalOnly: Bool

    /// One where Python's function takes the environment first, which its messages count.
    let hidden: Int

    /// Whether Python's function is written in C, which words its messages in another way.
    let isNative: Bool

    /// `"value, old, new, count="`: a trailing `=` marks what may be left out, a leading `@` the hidden argument, a leading
    /// `/` a function written in C.
    package init(_ name: String, _ list: String, positionalOnly: Bool = false) {
        isNative = list.hasPrefix("/")
        self.name = name
        var parameters: [String] = []
        var required = 0
        hidden = list.hasPrefix("@") ? 1 : 0
        for part in list.split(separator: ",") {
            let word = part.drop { " @/".contains($0) }
            if word.isEmpty { continue }
            if word.hasSuffix("=") {
                parameters.append(String(word.dropLast()))
            } else {
                parameters.append(String(word))
                required += 1
            }
        }
        self.parameters = parameters
        self.required = required
        self.positionalOnly = positionalOnly
    }

    /// The arguments in the order of the parameters; nil for what was left out.
    package func bind(_ call: JinjaCall) throws -> [JinjaValue?] {
        if isNative { try requirePositional(call, shownName: name) }
        return try match(call)
    }

    func match(_ call: JinjaCall) throws -> [JinjaValue?] {
        let given = call.positional.count
        var values: [JinjaValue?] = []
        var extra: String?
        values.reserveCapacity(max(given, parameters.count))
        for value in call.positional { values.append(value) }
        while values.count < parameters.count { values.append(nil) }
        for (keyword, value) in call.keywords {
            guard let position = parameters.firstIndex(of: keyword) else {
                extra = extra ?? keyword
                continue
            }
            if position < given {
                throw JinjaError(.type, "\(name)() got multiple values for argument '\(keyword)'")
            }
            values[position] = value
        }
        if let extra { throw JinjaError(.type, "\(name)() got an unexpected keyword argument '\(extra)'") }
        if given > parameters.count {
            let takes =
                required == parameters.count
                ? "\(required + hidden) positional argument\(required + hidden == 1 ? "" : "s")"
                : "from \(required + hidden) to \(parameters.count + hidden) positional arguments"
            throw JinjaError(.type, "\(name)() takes \(takes) but \(given + hidden) \(given + hidden == 1 ? "was" : "were") given")
        }
        let missing = (0..<required).filter { if case .some = values[$0] { false } else { true } }.map { "'\(parameters[$0])'" }
        if !missing.isEmpty {
            let list =
                missing.count > 2
                ? missing.dropLast().joined(separator: ", ") + ", and " + missing[missing.count - 1]
                : missing.joined(separator: " and ")
            throw JinjaError(
                .type,
                "\(name)() missing \(missing.count) required positional argument\(missing.count == 1 ? "" : "s"): \(list)")
        }
        return values
    }

    /// Whether so many positional arguments are neither too few nor too many.
    func accepts(_ count: Int) -> Bool { count >= required && count <= parameters.count }

    /// The parameter of each argument behind the first, which is the value that a filter is applied to; nil when the
    /// arguments do not fit.
    func places(_ positional: Int, _ keywords: [String]) -> [Int]? {
        guard !parameters.isEmpty, positional < parameters.count else { return nil }
        var places = Array(1..<(positional + 1))
        for keyword in keywords {
            guard let place = parameters.firstIndex(of: keyword), place > 0, !places.contains(place) else { return nil }
            places.append(place)
        }
        guard (1..<max(1, required)).allSatisfy(places.contains) else { return nil }
        return places
    }

    /// Room for the arguments on the stack, empty at first.
    @inline(__always)
    func withArguments<Result>(_ body: (UnsafeMutableBufferPointer<JinjaValue?>) throws -> Result) throws -> Result {
        try withUnsafeTemporaryAllocation(of: JinjaValue?.self, capacity: parameters.count) { buffer in
            buffer.initialize(repeating: nil)
            defer { buffer.deinitialize() }
            return try body(buffer)
        }
    }
}

/// Arguments in the order of the parameters; nil for what was left out.
///
/// They live on the stack and end with the call: a body that hands work to a generator takes out what that needs first.
/// (`Span` would have the compiler check it, but Swift 6.3.1 fails on it in `a ?? b`.)
struct BoundArguments {
    private let base: UnsafePointer<JinjaValue?>?
    let count: Int

    init(_ buffer: UnsafeMutableBufferPointer<JinjaValue?>) { self.init(UnsafeBufferPointer(buffer)) }

    init(_ buffer: UnsafeBufferPointer<JinjaValue?>) {
        base = buffer.baseAddress
        count = buffer.count
    }

    @inline(__always)
    subscript(position: Int) -> JinjaValue? {
        guard let base, position < count else { return nil }
        return base[position]
    }
}

/// A function of the engine with its list of parameters.
final class BoundFunction: Sendable {
    typealias Body = @Sendable (BoundArguments, TemplateContext) throws -> JinjaValue

    let signature: Signature
    let body: Body

    init(signature: Signature, body: @escaping Body) {
        self.signature = signature
        self.body = body
    }

}

/// A filter or test of the engine.
struct BuiltinFunction: Sendable {
    let call: JinjaFunction
    let bound: BoundFunction?

    init(bound: BoundFunction) {
        self.bound = bound
        call = { call in
            let values = try bound.signature.bind(call)
            return try values.withUnsafeBufferPointer { try bound.body(BoundArguments($0), call.context) }
        }
    }

    /// - Parameter bound: what `call` does where the arguments fit and none is by keyword.
    init(bound: BoundFunction?, call: @escaping JinjaFunction) {
        self.bound = bound
        self.call = call
    }

    /// One that looks at its call itself.
    static func free(_ call: @escaping JinjaFunction) -> BuiltinFunction { BuiltinFunction(bound: nil, call: call) }
}

/// A filter or test that is called for many values, with the same further arguments each time.
final class RepeatedCall {
    private let function: BuiltinFunction
    private let rest: JinjaCall
    private let context: TemplateContext
    private let further: [JinjaValue]
    private let parameterCount: Int
    /// Nil where the arguments do not fit, or are by keyword.
    private let body: BoundFunction.Body?

    init(_ function: BuiltinFunction, _ rest: JinjaCall) {
        self.function = function
        self.rest = rest
        context = rest.context
        further = rest.positional
        let fits = rest.keywords.isEmpty && function.bound?.signature.accepts(rest.positional.count + 1) == true
        body = fits ? function.bound?.body : nil
        parameterCount = function.bound?.signature.parameters.count ?? 0
    }

    func apply(_ value: JinjaValue) throws -> JinjaValue {
        if let body {
            return try withUnsafeTemporaryAllocation(of: JinjaValue?.self, capacity: parameterCount) { buffer in
                buffer.initialize(repeating: nil)
                defer { buffer.deinitialize() }
                buffer[0] = value
                var position = 0
                while position < further.count {
                    buffer[position + 1] = further[position]
                    position += 1
                }
                return try body(BoundArguments(buffer), context)
            }
        }
        return try function.call(JinjaCall(positional: [value] + rest.positional, keywords: rest.keywords, context: rest.context))
    }
}
