import HaliteJinja
import HaliteValue

/// Values as YAML, JSON, XML and Python's literals, and back.
enum SerializerFilters {
    static let table: [String: JinjaFunction] = [
        "json": SaltFilter.strict("SerializerExtension.format_json", "@value, sort_keys=, indent=") { arguments, _ in
            var dumper = JSONDumper()
            dumper.sortKeys = try arguments.flag(1, default: true)
            // A text alone has no lines to indent.
            dumper.indent = arguments.value(0).isText ? nil : try JSONDumper.indentation(arguments.given(2))
            if dumper.indent != nil { dumper.itemSeparator = "," }
            return .markup(try dumper.dump(arguments.value(0)))
        },
        "tojson": toJSON,
        "yaml": SaltFilter.strict("SerializerExtension.format_yaml", "@value, flow_style=") { arguments, context in
            .markup(try yaml(arguments.value(0), flow: arguments.flag(1, default: true), context))
        },
        "dict_to_sls_yaml_params": SaltFilter.strict("SerializerExtension.dict_to_sls_yaml_params", "@value, flow_style=") {
            arguments, context in
            guard case .dict(let dict) = arguments.value(0) else { throw SaltFilter.noAttribute(arguments.value(0), "items") }
            let items = dict.entries.map { entry in
                let single = JinjaDict()
                try? single.set(entry.key, entry.value)
                return JinjaValue.dict(single)
            }
            return .markup(try yaml(.list(of: items), flow: arguments.flag(1), context))
        },
        "python": SaltFilter.strict("SerializerExtension.format_python", "@value") { arguments, _ in
            .markup(PythonSplit.strip(try PrettyPrinter.format(arguments.value(0)), left: true, right: true, characters: nil))
        },
        "xml": SaltFilter.strict("SerializerExtension.format_xml", "@value") { arguments, context in
            .markup(try XMLText.document(arguments.value(0), context))
        },
        "load_yaml": SaltFilter.strict("SerializerExtension.load_yaml", "@value") { arguments, context in
            JinjaValue(try DataTags.yaml(arguments.value(0), template: context.name))
        },
        "load_json": SaltFilter.strict("SerializerExtension.load_json", "@value") { arguments, _ in
            JinjaValue(try DataTags.json(arguments.value(0)))
        },
        "load_text": SaltFilter.strict("SerializerExtension.load_text", "@value") { arguments, _ in
            DataTags.moduleText(arguments.value(0)).map { .string($0) } ?? arguments.value(0)
        },
    ]

    private static func yaml(_ value: JinjaValue, flow: Bool, _ context: TemplateContext) throws -> String {
        guard let data = try YAMLData.sorted(value, context, depth: 0) else { return "NULL" }
        var text = YAML.dump(data, flow: flow, sortKeys: false)
        text = PythonSplit.strip(text, left: true, right: true, characters: nil)
        if text.hasSuffix("\n...") { text.removeLast(4) }
        return text
    }

    /// Takes any argument of `json.dumps`.
    private static let toJSON: JinjaFunction = { call in
        guard let value = call.positional.first ?? call.keyword("val") else {
            throw JinjaError(.type, "tojson() missing 1 required positional argument: 'val'")
        }
        if let undefined = StrictUndefined.joined(in: value) { return undefined }
        guard call.positional.count <= 2 else {
            throw JinjaError(.type, "tojson() takes from 1 to 2 positional arguments but \(call.positional.count) were given")
        }
        var options: [(name: String, value: JinjaValue)] = [("ensure_ascii", .bool(true))]
        options += call.keywords.filter { $0.name != "val" }
        if call.positional.count > 1, !call.positional[1].isNull { options.append(("indent", call.positional[1])) }
        var dumper = try JSONDumper(options, call.context)
        var safe = ""
        for scalar in try dumper.dump(value).unicodeScalars {
            switch scalar {
            case "<": safe += "\\u003c"
            case ">": safe += "\\u003e"
            case "&": safe += "\\u0026"
            case "'": safe += "\\u0027"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return .string(safe)
    }
}

/// What the data tags and the filters of the same names read.
enum DataTags {
    /// The text of an imported template.
    static func moduleText(_ value: JinjaValue) -> String? {
        if case .object(let object) = value, let module = object as? TemplateModule { module.text } else { nil }
    }

    static let parse: @Sendable (DataTagInput) throws -> Value = { input in
        switch input.format {
        case "yaml": try yaml(.string(input.text), template: input.template)
        case "json": try json(.string(input.text))
        default: .string(input.text)
        }
    }

    static func yaml(_ value: JinjaValue, template: String) throws -> Value {
        let text: String
        switch value {
        case .string(let given), .markup(let given): text = given
        case .bytes(let bytes): text = try SaltFilter.decoded(bytes)
        default:
            guard let given = moduleText(value) else {
                throw JinjaError(.type, "a string or stream input is required")
            }
            text = given
        }
        let data: Value
        do throws(YAMLError) {
            data = try YAML.loadPlainly(text)
        } catch {
            throw JinjaError(
                .templateRuntime, "Encountered error loading yaml: \(error.message(file: "<unicode string>", whole: true))")
        }
        return try decoded(data)
    }

    /// Bytes become the text that they are.
    private static func decoded(_ value: Value) throws -> Value {
        switch value {
        case .bytes(let bytes): .string(try SaltFilter.decoded(bytes))
        case .list(let list): .list(try list.map(decoded))
        case .map(let map): .map(ValueMap(try map.map { (try decoded($0.key), try decoded($0.value)) }))
        default: value
        }
    }

    static func json(_ value: JinjaValue) throws -> Value {
        var text = value.text ?? moduleText(value)
        if case .bytes(let bytes) = value { text = String(validating: bytes, as: UTF8.self) }
        guard let text, let data = try? Value(jsonText: text) else {
            throw JinjaError(.templateRuntime, "Unable to load json from \(try moduleText(value) ?? value.str())")
        }
        return data
    }
}

/// Data in the order in which PyYAML writes it.
enum YAMLData {
    /// Nil for what PyYAML cannot represent, which Salt writes as `NULL`.
    static func sorted(_ value: JinjaValue, _ context: TemplateContext, depth: Int) throws -> Value? {
        try context.state.step(8)
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        switch value {
        case .undefined, .markup: return nil
        case .list(let list): return .list(try list.items.map { try sorted($0, context, depth: depth + 1) ?? .null })
        case .tuple(let tuple): return .list(try tuple.items.map { try sorted($0, context, depth: depth + 1) ?? .null })
        case .dict(let dict):
            var entries = dict.entries
            // Keys that cannot be compared stay in their order.
            if !dict.isOrdered, let order = try? Sorting.sorted(entries.indices.map({ .int($0) }), key: { entries[$0.integer ?? 0].key }) {
                entries = order.map { entries[$0.integer ?? 0] }
            }
            var map = ValueMap()
            for entry in entries {
                map[try sorted(entry.key, context, depth: depth + 1) ?? .null] = try sorted(entry.value, context, depth: depth + 1) ?? .null
            }
            return .map(map)
        case .object(let object):
            guard object is SetObject else { return nil }
            return try value.freeze()
        default: return try value.freeze()
        }
    }
}
