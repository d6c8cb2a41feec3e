import CYAML
import HaliteValue

extension YAML {
    /// Writes block style as `yaml.safe_dump(default_flow_style=False)` does; libyaml's emitter is PyYAML's in C and
    /// makes the same choice of quotes.
    package static func dump(_ value: Value, indent: Int = 2, width: Int = 80, flow: Bool = false, sortKeys: Bool = false) -> String {
        YAMLWriter(indent: indent, width: width, flow: flow, sortKeys: sortKeys).document(value)
    }
}

private final class YAMLWriter {
    private var emitter = yaml_emitter_t()
    private var output: [UInt8] = []
    private let flow: Bool
    private let sortKeys: Bool

    init(indent: Int, width: Int, flow: Bool, sortKeys: Bool) {
        self.flow = flow
        self.sortKeys = sortKeys
        yaml_emitter_initialize(&emitter)
        yaml_emitter_set_indent(&emitter, Int32(indent))
        yaml_emitter_set_width(&emitter, Int32(width))
        yaml_emitter_set_unicode(&emitter, 1)
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
        emit { yaml_document_start_event_initialize(&$0, nil, nil, nil, 1) }
        node(value)
        emit { yaml_document_end_event_initialize(&$0, 1) }
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
        case .null: plain("null")
        case .bool(let flag): plain(flag ? "true" : "false")
        case .int(let number): plain(String(number))
        case .big: plain(value.pythonRepr)
        case .float(let number): plain(Self.floatText(number))
        case .string(let text): string(text)
        case .bytes(let bytes): scalar(Base64.encode(bytes) + "\n", tag: "tag:yaml.org,2002:binary", plain: false, quoted: false, style: YAML_LITERAL_SCALAR_STYLE)
        case .list(let list):
            emit { yaml_sequence_start_event_initialize(&$0, nil, nil, 1, flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE) }
            for element in list { node(element) }
            emit { yaml_sequence_end_event_initialize(&$0) }
        case .map(let map):
            emit { yaml_mapping_start_event_initialize(&$0, nil, nil, 1, flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE) }
            var pairs = map.map { ($0.key, $0.value) }
            if sortKeys { pairs.sort { $0.0.pythonString.utf8.lexicographicallyPrecedes($1.0.pythonString.utf8) } }
            for (key, element) in pairs {
                node(key)
                node(element)
            }
            emit { yaml_mapping_end_event_initialize(&$0) }
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

    private func plain(_ text: String) { scalar(text, tag: nil, plain: true, quoted: false, style: YAML_ANY_SCALAR_STYLE) }

    private func string(_ text: String) {
        let isText = YAMLScalar.tag(of: text) == .string && text != "=" && !YAMLScalar.looksLikeTimestamp(text)
        scalar(text, tag: nil, plain: isText, quoted: true, style: YAML_ANY_SCALAR_STYLE)
    }

    private func scalar(_ text: String, tag: String?, plain: Bool, quoted: Bool, style: yaml_scalar_style_t) {
        var copy = text
        copy.withUTF8 { bytes in
            let value = bytes.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
            let flags = (Int32(plain ? 1 : 0), Int32(quoted ? 1 : 0))
            emit { event in
                guard let tag else {
                    return yaml_scalar_event_initialize(&event, nil, nil, value ?? Self.empty, Int32(bytes.count), flags.0, flags.1, style)
                }
                return tag.withCString { name in
                    name.withMemoryRebound(to: UInt8.self, capacity: tag.utf8.count + 1) {
                        yaml_scalar_event_initialize(&event, nil, $0, value ?? Self.empty, Int32(bytes.count), flags.0, flags.1, style)
                    }
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

extension YAMLScalar {
    /// `2001-12-14` or with a time behind it: a writer must quote text of that shape.
    static func looksLikeTimestamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 8, bytes[0..<4].allSatisfy({ (0x30...0x39).contains($0) }), bytes[4] == UInt8(ascii: "-") else { return false }
        let rest = bytes[5...].split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard rest.count == 2, (1...2).contains(rest[0].count), rest[0].allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        let day = rest[1].prefix { (0x30...0x39).contains($0) }
        guard (1...2).contains(day.count) else { return false }
        let tail = rest[1].dropFirst(day.count)
        if tail.isEmpty { return bytes.count == 10 }
        return tail.first.map { [UInt8(ascii: "T"), UInt8(ascii: "t"), 0x20, 0x09].contains($0) } == true && tail.contains(UInt8(ascii: ":"))
    }
}
