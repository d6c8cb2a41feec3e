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
        /// The column behind which long lines are folded; below zero never.
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

    /// Writes as `salt.utils.yaml.safe_dump` does, with the choices of quotes, breaks and blanks of PyYAML's C emitter.
    ///
    /// Equal lists are written out each time: values know no identity, so that there are never anchors.
    package static func dump(_ value: Value, _ options: DumpOptions) -> String {
        var writer = YAMLWriter(options)
        writer.document(value)
        return String(decoding: writer.output, as: UTF8.self)
    }

    /// Writes as `salt.serializers.yaml.serialize` does: without a line break at the end and without the mark of an open end.
    package static func serialize(_ value: Value, _ options: DumpOptions) -> String {
        var text = dump(value, options)[...]
        if text.hasSuffix("\n...\n") { text = text.dropLast(5) } else if text.hasSuffix("\n") { text = text.dropLast() }
        return String(text)
    }
}
