/// A method of one of Python's types.
final class NativeMethod: Sendable {
    let invoke: @Sendable (JinjaValue, JinjaCall) throws -> JinjaValue
    /// The parameters and what is done with them, where the arguments are matched with parameters.
    let signature: Signature?
    private let body: @Sendable (JinjaValue, BoundArguments, TemplateContext) throws -> JinjaValue

    init(_ invoke: @escaping @Sendable (JinjaValue, JinjaCall) throws -> JinjaValue) {
        self.invoke = invoke
        signature = nil
        body = { _, _, _ in .null }
    }

    /// A method whose arguments are matched with a list of parameters; nil stands for what was left out.
    init(
        _ name: String, _ parameters: String, positionalOnly: Bool = true,
        _ body: @escaping @Sendable (JinjaValue, BoundArguments, TemplateContext) throws -> JinjaValue
    ) {
        let signature = Signature(name, parameters, positionalOnly: positionalOnly)
        self.signature = signature
        self.body = body
        invoke = { receiver, call in
            let values = try signature.bindMethod(call, of: receiver.typeName)
            return try values.withUnsafeBufferPointer { try body(receiver, BoundArguments($0), call.context) }
        }
    }

    /// Calls it with arguments that are by position and fit.
    func invoke(
        _ receiver: JinjaValue, _ nodes: NodeList<ExpressionNode>, _ signature: Signature, _ frame: Frame
    ) throws -> JinjaValue {
        try signature.withArguments { buffer in
            for position in 0..<nodes.count { buffer[position] = try nodes.at(position) { try $0.evaluate(frame) } }
            return try body(receiver, BoundArguments(buffer), frame.context)
        }
    }
}

extension JinjaValue {
    /// The number that the value is as an index or count.
    func requiredIndex() throws -> Int {
        if let number = integer { return number }
        if case .big = self { throw JinjaError(.overflow, "Python int too large to convert to C ssize_t") }
        throw JinjaError(.type, "'\(typeName)' object cannot be interpreted as an integer")
    }

    /// The type as messages about arguments of methods name it.
    var argumentTypeName: String { if case .null = self { "None" } else { typeName } }
}

extension Signature {
    private var short: String { name.split(separator: ".").last.map(String.init) ?? name }

    /// As `bind`, with the messages of methods written in C.
    func bindMethod(_ call: JinjaCall, of type: String) throws -> [JinjaValue?] {
        if positionalOnly {
            try requirePositional(call, shownName: "\(type).\(short)")
        } else {
            try requireNames(call)
        }
        return try match(call)
    }

    /// Checks the arguments of what takes none by name.
    func requirePositional(_ call: JinjaCall, shownName: String) throws {
        let given = call.positional.count
        if !call.keywords.isEmpty { throw JinjaError(.type, "\(shownName)() takes no keyword arguments") }
        if parameters.isEmpty, given > 0 {
            throw JinjaError(.type, "\(shownName)() takes no arguments (\(given) given)")
        }
        if required == 1, parameters.count == 1, given != 1 {
            throw JinjaError(.type, "\(shownName)() takes exactly one argument (\(given) given)")
        }
        let isFixed = required == parameters.count
        guard let limit = given < required ? required : given > parameters.count ? parameters.count : nil else { return }
        let least = given < required
        let plural = limit == 1 ? "" : "s"
        if isNative {
            throw JinjaError(.type, "\(short)() takes at \(least ? "least" : "most") \(limit) argument\(plural) (\(given) given)")
        }
        let bound = isFixed ? "" : least ? "at least " : "at most "
        throw JinjaError(.type, "\(short) expected \(bound)\(limit) argument\(plural), got \(given)")
    }

    /// Checks the arguments of a method that takes them by name too.
    private func requireNames(_ call: JinjaCall) throws {
        let given = call.positional.count
        let total = given + call.keywords.count
        if total > parameters.count {
            let kind = given == 0 ? "keyword " : ""
            let plural = parameters.count == 1 ? "" : "s"
            throw JinjaError(.type, "\(short)() takes at most \(parameters.count) \(kind)argument\(plural) (\(total) given)")
        }
        for (keyword, _) in call.keywords {
            guard let position = parameters.firstIndex(of: keyword) else {
                throw JinjaError(.type, "\(keyword.quoted) is an invalid keyword argument for \(short)()")
            }
            if position < given {
                throw JinjaError(.type, "argument for \(short)() given by name (\(keyword.quoted)) and position (\(position + 1))")
            }
        }
    }
}

/// What an attribute name means to the types that nodes know, looked up once for each place that uses it.
struct NameTraits: Sendable {
    let methods: MethodLookup
    /// Whether dictionaries have an attribute of this name, which wins over a key.
    let isDictAttribute: Bool
    let loopAttribute: LoopAttribute?

    static func of(_ name: String) -> NameTraits? { table[name] }

    private static let table: [String: NameTraits] = {
        var names = Set(StringMethods.table.keys).union(DictMethods.table.keys).union(ListMethods.table.keys)
        names.formUnion(LoopAttribute.allCases.map(\.rawValue))
        names.insert("__class__")
        var table: [String: NameTraits] = [:]
        for name in names {
            table[name] = NameTraits(
                methods: MethodLookup(name), isDictAttribute: DictMethods.table[name] != nil || name == "__class__",
                loopAttribute: LoopAttribute(rawValue: name))
        }
        return table
    }()
}

/// The methods of one name in the types that have most of them.
struct MethodLookup: @unchecked Sendable {
    // The tables live as long as the program and never change.
    private let string: Unmanaged<NativeMethod>?
    private let dict: Unmanaged<NativeMethod>?
    private let list: Unmanaged<NativeMethod>?

    static let none = MethodLookup("")

    init(_ name: String) {
        string = StringMethods.table[name].map(Unmanaged.passUnretained)
        dict = DictMethods.table[name].map(Unmanaged.passUnretained)
        list = ListMethods.table[name].map(Unmanaged.passUnretained)
    }

    @inline(__always)
    func method(for value: JinjaValue) -> Unmanaged<NativeMethod>? {
        switch value {
        case .string: string
        case .dict: dict
        case .list: list
        default: nil
        }
    }

    static func find(_ name: String, for value: JinjaValue) -> NativeMethod? {
        switch value {
        case .string: StringMethods.table[name]
        case .markup: MarkupMethods.table[name] ?? StringMethods.table[name]
        case .dict: DictMethods.table[name]
        case .list: ListMethods.table[name]
        case .tuple: ListMethods.tupleTable[name]
        case .int, .big, .bool: NumberMethods.integers[name]
        case .float: NumberMethods.floats[name]
        case .bytes: BytesMethods.table[name]
        default: nil
        }
    }
}
