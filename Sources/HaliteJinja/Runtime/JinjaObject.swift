import HaliteValue

/// A value with behaviour: functions, macros, loops, generators, and what the host offers to templates.
///
/// A subclass overrides what it can do; everything else raises the error that Python raises.
open class JinjaObject {
    /// The objects that nodes know: asking for the role costs less than a cast, and nothing is counted.
    enum Role: UInt8 { case macro, loop, namespace, other }

    /// Set by the classes themselves when they are made.
    @exclusivity(unchecked) final var role = Role.other

    public init() {}

    /// The object when it is a macro.
    @inline(__always)
    final var macro: Macro? { role == .macro ? unsafeDowncast(self, to: Macro.self) : nil }
    /// The object when it is a `loop`.
    @inline(__always)
    final var loop: LoopObject? { role == .loop ? unsafeDowncast(self, to: LoopObject.self) : nil }
    /// The object when it is a `namespace()`.
    @inline(__always)
    final var namespace: NamespaceObject? { role == .namespace ? unsafeDowncast(self, to: NamespaceObject.self) : nil }

    /// The name of the type, for messages.
    open var typeName: String { "object" }
    /// The name with its module, for messages about missing attributes.
    open var qualifiedTypeName: String { typeName }

    /// The attribute (`object.name`), or nil when there is none.
    open func attribute(_ name: String) throws -> JinjaValue? { nil }
    /// The element (`object[key]`), or nil when there is none.
    open func item(_ key: JinjaValue) throws -> JinjaValue? { nil }
    open func setItem(_ key: JinjaValue, _ value: JinjaValue) throws {
        throw JinjaError(.type, "'\(typeName)' object does not support item assignment")
    }

    open var isCallable: Bool { false }
    open func call(_ call: JinjaCall) throws -> JinjaValue {
        throw JinjaError(.type, "'\(typeName)' object is not callable")
    }

    /// A fresh run over the elements; nil when it cannot be iterated.
    open func iterate() throws -> JinjaIterator? { nil }
    /// The number of elements; nil when it has none to count.
    open func length() throws -> Int? { nil }
    open func isTrue() throws -> Bool { try length().map { $0 != 0 } ?? true }
    /// Whether it contains the value; nil to look at the elements one by one.
    open func contains(_ value: JinjaValue) throws -> Bool? { nil }
    open func isEqual(to other: JinjaObject) throws -> Bool { self === other }
    /// Whether it can be a key of a dictionary.
    open var isHashable: Bool { true }
    /// Whether it behaves as a mapping for `is mapping`, `dictsort` and `items`.
    open var isMapping: Bool { false }

    open func str() throws -> String { try repr() }
    open func repr() throws -> String { "<\(qualifiedTypeName) object at 0x7f0000000000>" }
    /// Writes the representation inside of containers, which must not be entered again.
    func appendRepr(to bytes: inout [UInt8], open: [ObjectIdentifier]) throws { bytes.append(contentsOf: try repr().utf8) }
    /// A run over the elements for a loop, where there is a quicker one than `iterate()`.
    func cursor() -> Cursor? { nil }
    /// The object as HTML, where it needs no escaping; nil to escape its text.
    open func html() throws -> String? { nil }
    /// The object as plain data.
    open func freeze() throws -> Value { try freeze(depth: 0) }

    func freeze(depth: Int) throws -> Value {
        guard let iterator = try iterate() else { return .string(try str()) }
        var list: [Value] = []
        while let element = try iterator.next() { list.append(try element.freeze(depth: depth + 1)) }
        return .list(list)
    }
}

/// A run over elements; it is a value too, as a generator is in Python, and can be consumed once.
public final class JinjaIterator: JinjaObject {
    private let kind: String
    /// The name of the function whose generator it is.
    private let name: String?
    @exclusivity(unchecked) private var produce: (() throws -> JinjaValue?)?

    public init(kind: String = "generator", name: String? = nil, _ produce: @escaping () throws -> JinjaValue?) {
        self.kind = kind
        self.name = name
        self.produce = produce
    }

    convenience init(kind: String = "generator", array: [JinjaValue]) {
        var position = 0
        self.init(kind: kind) {
            guard position < array.count else { return nil }
            position += 1
            return array[position - 1]
        }
    }

    /// How many generators are read inside each other; deep ones would exhaust the stack.
    private(set) var depth = 0

    /// A generator that reads another value.
    convenience init(name: String, over source: JinjaValue, _ produce: @escaping () throws -> JinjaValue?) throws {
        self.init(name: name, produce)
        guard case .object(let inner as JinjaIterator) = source else { return }
        depth = inner.depth + 1
        if depth > 100 { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
    }

    /// A generator whose elements come from a cursor, which reads another value and stays at its end.
    convenience init(name: String, over source: JinjaValue, _ cursor: Cursor) throws {
        try self.init(name: name, over: source) { try cursor.next() }
        ownCursor = cursor
    }

    private var ownCursor: Cursor?

    override func cursor() -> Cursor? { ownCursor }

    /// The next element, nil at the end and ever after, also after an error.
    public func next() throws -> JinjaValue? {
        guard let produce else { return nil }
        do {
            if let value = try produce() { return value }
        } catch {
            self.produce = nil
            throw error
        }
        self.produce = nil
        return nil
    }

    public override var typeName: String { kind }
    public override func iterate() -> JinjaIterator? { self }
    public override func repr() -> String {
        "<\(kind) object \(name.map { $0 + " " } ?? "")at 0x7f0000000000>"
    }
}

/// A function of the host or of the engine.
public final class JinjaFunctionObject: JinjaObject {
    let name: String
    private let body: (JinjaCall) throws -> JinjaValue

    public init(name: String, _ body: @escaping (JinjaCall) throws -> JinjaValue) {
        self.name = name
        self.body = body
    }

    /// The names of globals that are classes in Python.
    private static let classes = [
        "range": "range", "dict": "dict", "namespace": "jinja2.utils.Namespace", "cycler": "jinja2.utils.Cycler",
        "joiner": "jinja2.utils.Joiner",
    ]

    public override var typeName: String { Self.classes[name] == nil ? "function" : "type" }
    public override var isCallable: Bool { true }
    public override func call(_ call: JinjaCall) throws -> JinjaValue { try body(call) }
    public override func repr() -> String {
        Self.classes[name].map { "<class '\($0)'>" } ?? "<function \(name) at 0x7f0000000000>"
    }
    public override func attribute(_ attribute: String) -> JinjaValue? {
        attribute == "__name__" ? .string(name) : nil
    }
}

/// A method bound to its value, made only where a template passes it on instead of calling it.
final class BoundMethod: JinjaObject {
    let receiver: JinjaValue
    let name: String
    private let method: NativeMethod

    init(receiver: JinjaValue, name: String, method: NativeMethod) {
        self.receiver = receiver
        self.name = name
        self.method = method
    }

    override var typeName: String { receiver.isMarkup ? "method" : "builtin_function_or_method" }
    override var isCallable: Bool { true }
    override func call(_ call: JinjaCall) throws -> JinjaValue { try method.invoke(receiver, call) }
    override func repr() throws -> String {
        if receiver.isMarkup { return "<bound method Markup.\(name) of \(try receiver.repr())>" }
        return "<built-in method \(name) of \(receiver.typeName) object at 0x7f0000000000>"
    }
    override func isEqual(to other: JinjaObject) -> Bool {
        guard let other = other as? BoundMethod else { return false }
        return name == other.name && receiver.isSame(as: other.receiver)
    }
}

/// A method of an object of the engine, as one written in Python looks.
final class ObjectMethod: JinjaObject {
    private let name: String
    private let owner: JinjaObject
    private let takesAny: Bool
    private let body: (JinjaCall) throws -> JinjaValue

    /// `takesAny` for `*args`; otherwise it takes no arguments.
    init(_ name: String, of owner: JinjaObject, takesAny: Bool = false, _ body: @escaping (JinjaCall) throws -> JinjaValue) {
        self.name = name
        self.owner = owner
        self.takesAny = takesAny
        self.body = body
    }

    override var typeName: String { "method" }
    override var isCallable: Bool { true }
    override func call(_ call: JinjaCall) throws -> JinjaValue {
        if !takesAny || !call.keywords.isEmpty {
            let given = takesAny ? JinjaCall(positional: [], keywords: call.keywords, context: call.context) : call
            _ = try Signature("\(owner.typeName).\(name)", "@").bind(given)
        }
        return try body(call)
    }
    override func repr() throws -> String { "<bound method \(owner.typeName).\(name) of \(try owner.repr())>" }
    override func isEqual(to other: JinjaObject) -> Bool {
        guard let other = other as? ObjectMethod else { return false }
        return name == other.name && owner === other.owner
    }
}
