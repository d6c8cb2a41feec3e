import CYAML
import HaliteValue

extension YAML {
    /// How a value is written; the names are those of PyYAML's `dump`.
    package struct DumpOptions: Sendable {
        package enum Flow: Sendable {
            case block, flow
            /// Collections of nothing but scalars in flow style, the others in block style: what Salt's own functions
            /// do when they are not told otherwise.
            case leaves
        }

        package var flow: Flow
        package var indent: Int
        /// The column behind which long lines are folded.
        package var width: Int
        package var sortKeys: Bool
        /// Whether characters beyond ASCII stand as they are.
        package var allowUnicode: Bool
        package var explicitStart: Bool
        package var explicitEnd: Bool
        package var canonical: Bool
        /// The style of all scalars: one of `'`, `"`, `|`, `>`.
        package var style: Character?

        package init(
            flow: Flow = .leaves, indent: Int = 2, width: Int = 80, sortKeys: Bool = true, allowUnicode: Bool = true,
            explicitStart: Bool = false, explicitEnd: Bool = false, canonical: Bool = false, style: Character? = nil
        ) {
            self.flow = flow
            self.indent = indent
            self.width = width
            self.sortKeys = sortKeys
            self.allowUnicode = allowUnicode
            self.explicitStart = explicitStart
            self.explicitEnd = explicitEnd
            self.canonical = canonical
            self.style = style
        }

        /// Takes the keyword arguments of `yaml.dump`; what is absent is as Salt has it.
        package init(_ arguments: Value) {
            self.init()
            switch arguments["default_flow_style"] {
            case nil, .null?: flow = .leaves
            case let value?: flow = value.isTruthy ? .flow : .block
            }
            if let number = arguments["indent"]?.intValue { indent = number }
            if let number = arguments["width"]?.intValue { width = number }
            if let flag = arguments["sort_keys"] { sortKeys = flag.isTruthy }
            if let flag = arguments["allow_unicode"] { allowUnicode = flag.isTruthy }
            explicitStart = arguments["explicit_start"]?.isTruthy ?? false
            explicitEnd = arguments["explicit_end"]?.isTruthy ?? false
            canonical = arguments["canonical"]?.isTruthy ?? false
            style = arguments["default_style"]?.stringValue?.first
        }
    }

    /// Writes block style as `yaml.safe_dump(default_flow_style=False)` does.
    package static func dump(_ value: Value, indent: Int = 2, width: Int = 80, flow: Bool = false, sortKeys: Bool = false) -> String {
        dump(value, DumpOptions(flow: flow ? .flow : .block, indent: indent, width: width, sortKeys: sortKeys))
    }

    /// Writes as `salt.utils.yaml.safe_dump` does. libyaml's emitter is PyYAML's in C and makes the same choice of quotes.
    ///
    /// Equal lists are written out each time: values know no identity, so that there are never anchors.
    package static func dump(_ value: Value, _ options: DumpOptions) -> String { YAMLWriter(options).document(value) }

    /// Writes as `salt.serializers.yaml.serialize` does: without a line break at the end and without the mark of an open end.
    package static func serialize(_ value: Value, _ options: DumpOptions) -> String {
        var text = dump(value, options)[...]
        if text.hasSuffix("\n...\n") { text = text.dropLast(5) } else if text.hasSuffix("\n") { text = text.dropLast() }
        return String(text)
    }
}

private final class YAMLWriter {
    private var emitter = yaml_emitter_t()
    private var output: [UInt8] = []
    private let options: YAML.DumpOptions
    private let style: yaml_scalar_style_t

    init(_ options: YAML.DumpOptions) {
        self.options = options
        style =
            switch options.style {
            case "'": YAML_SINGLE_QUOTED_SCALAR_STYLE
            case "\"": YAML_DOUBLE_QUOTED_SCALAR_STYLE
            case "|": YAML_LITERAL_SCALAR_STYLE
            case ">": YAML_FOLDED_SCALAR_STYLE
            default: YAML_PLAIN_SCALAR_STYLE
            }
        yaml_emitter_initialize(&emitter)
        yaml_emitter_set_indent(&emitter, Int32(clamping: options.indent))
        yaml_emitter_set_width(&emitter, Int32(clamping: options.width))
        yaml_emitter_set_unicode(&emitter, options.allowUnicode ? 1 : 0)
        yaml_emitter_set_canonical(&emitter, options.canonical ? 1 : 0)
    }

    deinit { yaml_emitter_delete(&emitter) }

    func document(_ value: Value) -> String {
        yaml_emitter_set_output(
            &emitter,
            { data, buffer, size in
                guard let data, let buffer else { return 0 }
                let writer = Unmanaged<YAMLWriter>.fromOpaque(data).takeUnretainedValue()
                writer.output.append(contentsOf: UnsafeBufferPointer(start: buffer, count: size))
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
        emit { yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
        emit { yaml_document_start_event_initialize(&$0, nil, nil, nil, options.explicitStart ? 0 : 1) }
        node(value)
        emit { yaml_document_end_event_initialize(&$0, options.explicitEnd ? 0 : 1) }
        emit { yaml_stream_end_event_initialize(&$0) }
        yaml_emitter_flush(&emitter)
        return String(decoding: output, as: UTF8.self)
    }

    private func emit(_ initialise: (inout yaml_event_t) -> Int32) {
        var event = yaml_event_t()
        guard initialise(&event) == 1 else { return }
        yaml_emitter_emit(&emitter, &event)
    }

    private func node(_ value: Value) {
        switch value {
        case .null: scalar("null", .null)
        case .bool(let flag): scalar(flag ? "true" : "false", .bool)
        case .int(let number): scalar(String(number), .int)
        case .big: scalar(value.pythonRepr, .int)
        case .float(let number): scalar(Self.floatText(number), .float)
        case .string(let text): scalar(text, .string)
        case .bytes(let bytes): scalar(Self.base64Lines(bytes), .binary)
        case .list(let list):
            let style = isFlow(list) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
            emit { event in Self.withTag(.sequence) { yaml_sequence_start_event_initialize(&event, nil, $0, 1, style) } }
            for element in list { node(element) }
            emit { yaml_sequence_end_event_initialize(&$0) }
        case .map(let map):
            let style = isFlow(map.values) && isFlow(map.keys) ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
            emit { event in Self.withTag(.map) { yaml_mapping_start_event_initialize(&event, nil, $0, 1, style) } }
            for (key, element) in options.sortKeys ? PythonOrder.sorted(map) : Array(map) {
                node(key)
                node(element)
            }
            emit { yaml_mapping_end_event_initialize(&$0) }
        }
    }

    private func isFlow(_ children: [Value]) -> Bool {
        switch options.flow {
        case .block: false
        case .flow: true
        case .leaves:
            children.allSatisfy { child in
                switch child {
                case .list, .map, .bytes: false
                default: options.style == nil
                }
            }
        }
    }

    /// PyYAML writes Python's `repr`, with `.0` before an exponent.
    private static func floatText(_ number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = Value.float(number).pythonRepr
        if !text.contains("."), let exponent = text.firstIndex(of: "e") {
            return text[..<exponent] + ".0" + text[exponent...]
        }
        return text
    }

    /// Lines of 76 characters, each with its break, as Python's `encodebytes` makes them.
    private static func base64Lines(_ bytes: [UInt8]) -> String {
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            text += Base64.encode(Array(rest.prefix(57))) + "\n"
            rest = rest.dropFirst(57)
        }
        return text
    }

    private static func withTag(_ tag: YAMLTag, _ body: (UnsafePointer<UInt8>) -> Int32) -> Int32 {
        let text = tag.text
        return text.withCString { name in name.withMemoryRebound(to: UInt8.self, capacity: text.utf8.count + 1, body) }
    }

    private func scalar(_ text: String, _ tag: YAMLTag) {
        var copy = text
        copy.withUTF8 { bytes in
            let resolved = YAMLResolver.tag(of: bytes)
            let style = tag == .binary ? YAML_LITERAL_SCALAR_STYLE : self.style
            let value = bytes.baseAddress.map { UnsafeMutablePointer(mutating: $0) } ?? Self.empty
            emit { event in
                Self.withTag(tag) {
                    yaml_scalar_event_initialize(
                        &event, nil, $0, value, Int32(bytes.count), resolved == tag ? 1 : 0, tag == .string ? 1 : 0, style)
                }
            }
        }
    }

    // libyaml wants a pointer even for no bytes.
    nonisolated(unsafe) private static let empty: UnsafeMutablePointer<UInt8> = {
        let pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        pointer.pointee = 0
        return pointer
    }()
}
