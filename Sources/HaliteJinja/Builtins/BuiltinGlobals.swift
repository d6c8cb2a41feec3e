import HaliteValue

/// The names every template sees.
enum BuiltinGlobals {
    static let table: [String: JinjaGlobal] = [
        "range": .function(range),
        "dict": .function(dict),
        "lipsum": .function(lipsum),
        "cycler": .function { call in
            if let keyword = call.keywords.first {
                throw JinjaError(.type, "Cycler.__init__() got an unexpected keyword argument '\(keyword.name)'")
            }
            guard !call.positional.isEmpty else {
                throw JinjaError(.runtime, "at least one item has to be provided")
            }
            return .object(CyclerObject(call.positional))
        },
        "joiner": .function { call in
            let values = try Signature("Joiner.__init__", "@sep=").bind(call)
            return .object(JoinerObject(separator: values[0] ?? .string(", ")))
        },
        "namespace": .function { call in .object(NamespaceObject(try Self.pairs(call))) },
    ]

    private static func range(_ call: JinjaCall) throws -> JinjaValue {
        guard call.keywords.isEmpty else { throw JinjaError(.type, "range() takes no keyword arguments") }
        guard !call.positional.isEmpty else { throw JinjaError(.type, "range expected at least 1 argument, got 0") }
        guard call.positional.count <= 3 else {
            throw JinjaError(.type, "range expected at most 3 arguments, got \(call.positional.count)")
        }
        if let range = try LargeRange(call.positional) { return .object(range) }
        let numbers = try call.positional.map { try $0.requiredIndex() }
        let step = numbers.count > 2 ? numbers[2] : 1
        if step == 0 { throw JinjaError(.value, "range() arg 3 must not be zero") }
        let range =
            numbers.count == 1
            ? RangeObject(start: 0, stop: numbers[0], step: 1)
            : RangeObject(start: numbers[0], stop: numbers[1], step: step)
        if call.context.environment.options.sandboxed, range.length() ?? 0 > 100_000 {
            throw JinjaError(.overflow, "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
        }
        return .object(range)
    }

    /// The dictionary of an optional mapping or sequence of pairs and of keyword arguments.
    static func pairs(_ call: JinjaCall) throws -> JinjaDict {
        guard call.positional.count <= 1 else {
            throw JinjaError(.type, "dict expected at most 1 argument, got \(call.positional.count)")
        }
        let dict = JinjaDict()
        if let source = call.positional.first { try update(dict, from: source, call.context) }
        for (key, value) in call.keywords { dict.set(key, value) }
        return dict
    }

    static func update(_ dict: JinjaDict, from source: JinjaValue, _ context: TemplateContext) throws {
        if case .dict(let other) = source {
            for entry in other.entries { try dict.set(entry.key, entry.value) }
            return
        }
        if case .undefined(let undefined) = source { throw undefined.error() }
        if case .object(let object) = source, object.isMapping {
            for key in try source.elements(context) { try dict.set(key, object.item(key) ?? .null) }
            return
        }
        for (position, element) in try source.elements(context).enumerated() {
            guard try element.iterator() != nil else {
                throw JinjaError(.type, "cannot convert dictionary update sequence element #\(position) to a sequence")
            }
            let pair = try element.elements(context)
            guard pair.count == 2 else {
                throw JinjaError(
                    .value, "dictionary update sequence element #\(position) has length \(pair.count); 2 is required")
            }
            try dict.set(pair[0], pair[1])
        }
    }

    private static func dict(_ call: JinjaCall) throws -> JinjaValue { .dict(try pairs(call)) }

    /// Random text has no place in a configuration: the same text each time.
    private static func lipsum(_ call: JinjaCall) throws -> JinjaValue {
        let values = try Signature("generate_lorem_ipsum", "n=, html=, min=, max=").bind(call)
        let count = try values[0]?.requiredIndex() ?? 5
        let html = try values[1]?.isTrue() ?? true
        try call.context.state.reserve(max(0, count) * 500)
        let words = [
            "lorem", "ipsum", "dolor", "sit", "amet", "consectetuer", "adipiscing", "elit", "sed", "diam", "nonummy", "nibh",
            "euismod", "tincidunt", "ut", "laoreet", "dolore", "magna", "aliquam", "erat", "volutpat",
        ]
        let size = max(1, values[2]?.integer ?? 20)
        let paragraphs = (0..<max(0, count)).map { paragraph in
            let text = (0..<size).map { words[($0 * 7 + paragraph) % words.count] }.joined(separator: " ")
            return text.prefix(1).uppercased() + text.dropFirst() + "."
        }
        if html { return .markup(paragraphs.map { "<p>\($0)</p>" }.joined(separator: "\n")) }
        return .string(paragraphs.joined(separator: "\n\n"))
    }
}
