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
struct Signature: Sendable {
    let name: String
    let parameters: [String]
    /// How many of the parameters, from the left, must be given.
    let required: Int
    let positionalOnly: Bool

    /// One where Python's function takes the environment first, which its messages count.
    let hidden: Int

    /// `"value, old, new, count="`: a trailing `=` marks what may be left out, a leading `@` the hidden argument.
    init(_ name: String, _ list: String, positionalOnly: Bool = false) {
        self.name = name
        var parameters: [String] = []
        var required = 0
        hidden = list.hasPrefix("@") ? 1 : 0
        for part in list.split(separator: ",") {
            let word = part.drop { $0 == " " || $0 == "@" }
            if word.hasSuffix("=") { parameters.append(String(word.dropLast())) } else {
                parameters.append(String(word))
                required += 1
            }
        }
        self.parameters = parameters
        self.required = required
        self.positionalOnly = positionalOnly
    }

    /// The arguments in the order of the parameters; nil for what was left out.
    func bind(_ call: JinjaCall) throws -> [JinjaValue?] {
        let given = call.positional.count
        if call.keywords.isEmpty, given == parameters.count { return call.positional }
        if positionalOnly, !call.keywords.isEmpty {
            throw JinjaError(.type, "\(name)() takes no keyword arguments")
        }
        var values: [JinjaValue?] = call.positional
        var extra: String?
        values.reserveCapacity(parameters.count)
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
}
