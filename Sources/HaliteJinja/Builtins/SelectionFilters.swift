import HaliteValue

/// `map`, `select` and their relatives; all of them are lazy, as in Jinja2.
enum SelectionFilters {
    static let table: [String: BuiltinFunction] = [
        "map": .free(map),
        "select": .free { call in try select(call, "sync_do_select", negates: false, byAttribute: false) },
        "reject": .free { call in try select(call, "sync_do_reject", negates: true, byAttribute: false) },
        "selectattr": .free { call in try select(call, "sync_do_selectattr", negates: false, byAttribute: true) },
        "rejectattr": .free { call in try select(call, "sync_do_rejectattr", negates: true, byAttribute: true) },
    ]

    private typealias Transform = (JinjaValue) throws -> JinjaValue?

    /// A run over the elements of a value; the next filter reads it without going through its generator.
    private final class Run: Cursor {
        private let value: JinjaValue
        private let state: RenderState
        private let prepare: () throws -> Transform
        @exclusivity(unchecked) private var cursor: Cursor?
        @exclusivity(unchecked) private var transform: Transform?
        /// Once at the end a generator stays there, also after an error.
        @exclusivity(unchecked) private var isDone = false

        init(_ value: JinjaValue, _ state: RenderState, _ prepare: @escaping () throws -> Transform) {
            self.value = value
            self.state = state
            self.prepare = prepare
        }

        override func next() throws -> JinjaValue? {
            if isDone { return nil }
            // Set aside while an element is made: an error leaves it so.
            isDone = true
            if cursor == nil { try start() }
            guard let cursor, let transform else { return nil }
            while let item = try cursor.next() {
                try state.step()
                if let result = try transform(item) {
                    isDone = false
                    return result
                }
            }
            return nil
        }

        private func start() throws {
            guard try value.isTrue() else { return }
            transform = try prepare()
            cursor = try Cursor.over(value)
            if cursor == nil { _ = try value.requiredIterator() }
        }
    }

    /// Makes a generator that prepares itself when the first element is asked for, so that mistakes show there.
    private static func generator(
        _ name: String, _ value: JinjaValue, _ context: TemplateContext, _ prepare: @escaping () throws -> Transform
    ) throws -> JinjaValue {
        let run = Run(value, context.state, prepare)
        return .object(try JinjaIterator(name: name, over: value, run))
    }

    private static func map(_ call: JinjaCall) throws -> JinjaValue {
        guard let value = call.positional.first else {
            throw JinjaError(.type, "sync_do_map() missing 1 required positional argument: 'value'")
        }
        let context = call.context
        return try generator("sync_do_map", value, context) {
            var rest = call
            rest.positional.removeFirst()
            if rest.positional.isEmpty, let attribute = rest.takeKeyword("attribute") {
                var fallback = rest.takeKeyword("default")
                if case .null? = fallback { fallback = nil }
                if let extra = rest.keywords.first {
                    throw JinjaError(.filterArgument, "Unexpected keyword argument \(extra.name.quoted)")
                }
                let path = AttributePath(attribute)
                return { [fallback] in try path.value(of: $0, default: fallback, context) }
            }
            guard !rest.positional.isEmpty else { throw JinjaError(.filterArgument, "map requires a filter argument") }
            let name = rest.positional.removeFirst()
            // An unknown filter is a mistake only where there is an element for it.
            var call: RepeatedCall?
            return { [rest] item in
                let known = try call ?? RepeatedCall(lookup(name, "filter", context) { context.environment.filter($0) }, rest)
                call = known
                return try known.apply(item)
            }
        }
    }

    private static func lookup(
        _ name: JinjaValue, _ kind: String, _ context: TemplateContext, _ find: (String) -> BuiltinFunction?
    ) throws -> BuiltinFunction {
        if case .undefined(let undefined) = name {
            throw JinjaError(.templateRuntime, "No \(kind) named Undefined. (\(undefined.message))")
        }
        guard let text = name.text, let function = find(text) else {
            throw JinjaError(.templateRuntime, "No \(kind) named \(try name.repr()).")
        }
        return function
    }

    private static func select(
        _ call: JinjaCall, _ pythonName: String, negates: Bool, byAttribute: Bool
    ) throws -> JinjaValue {
        guard let value = call.positional.first else {
            throw JinjaError(.type, "\(pythonName)() missing 1 required positional argument: 'value'")
        }
        let context = call.context
        return try generator("select_or_reject", value, context) {
            var rest = Array(call.positional.dropFirst())
            var path: AttributePath?
            if byAttribute {
                guard !rest.isEmpty else { throw JinjaError(.filterArgument, "Missing parameter for attribute name") }
                path = AttributePath(rest.removeFirst())
            }
            guard !rest.isEmpty else {
                return { [path] item in
                    try (path?.value(of: item, context) ?? item).isTrue() != negates ? item : nil
                }
            }
            let name = rest.removeFirst()
            let further = JinjaCall(positional: rest, keywords: call.keywords, context: context)
            var test: RepeatedCall?
            return { [path] item in
                let subject = try path?.value(of: item, context) ?? item
                let known = try test ?? RepeatedCall(lookup(name, "test", context) { context.environment.test($0) }, further)
                test = known
                return try known.apply(subject).isTrue() != negates ? item : nil
            }
        }
    }
}
