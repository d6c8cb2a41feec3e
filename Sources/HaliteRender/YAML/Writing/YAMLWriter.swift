import HaliteValue

/// Writes values as YAML the way libyaml's emitter does.
struct YAMLWriter {
    let options: YAML.DumpOptions
    let indentStep: Int
    let width: Int

    private(set) var output: [UInt8] = []
    var column = 0
    var indent = -1
    var flowLevel = 0
    /// Whether a blank, or nothing, stands before the place.
    var isAfterBlank = true
    /// Whether only indentation and indicators stand before the place on its line.
    var isIndentation = true
    /// Whether the last block scalar keeps breaks, so that `...` must end the document.
    var isOpenEnded = false

    init(_ options: YAML.DumpOptions) {
        self.options = options
        indentStep = (2...9).contains(options.indent) ? options.indent : 2
        width = options.width < 0 ? .max : options.width <= indentStep * 2 ? 80 : options.width
    }

    /// Where a node stands.
    enum Place { case root, item, key, simpleKey, value }

    mutating func document(_ value: Value) {
        if options.explicitStart || options.canonical {
            writeIndent()
            indicator("---", blankBefore: true)
            if options.canonical { writeIndent() }
        }
        isOpenEnded = false
        node(value, .root)
        writeIndent()
        if options.explicitEnd || isOpenEnded {
            indicator("...", blankBefore: true)
            writeIndent()
        }
    }

    private mutating func node(_ value: Value, _ place: Place) {
        switch value {
        case .list(let list):
            writeCollectionTag(.sequence)
            if flowLevel > 0 || options.canonical || list.isEmpty || isFlow(list) { flowSequence(list) } else { blockSequence(list, place) }
        case .map(let map):
            writeCollectionTag(.map)
            if flowLevel > 0 || options.canonical || map.isEmpty || (isFlow(map.values) && isFlow(map.keys)) {
                flowMapping(map)
            } else {
                blockMapping(map)
            }
        default:
            let scalar = YAMLScalarText(value)
            scalar.withAnalysis(options) { writeScalar($0, scalar.tag, place) }
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

    private mutating func writeCollectionTag(_ tag: YAMLTag) { if options.canonical { writeTag(tag) } }

    mutating func writeTag(_ tag: YAMLTag) {
        if !isAfterBlank { put(0x20) }
        for byte in "!!".utf8 { put(byte) }
        for byte in tag.text.utf8.dropFirst(YAMLTag.prefix.utf8.count) { put(byte) }
        isAfterBlank = false
        isIndentation = false
    }

    // MARK: Collections

    /// Runs a body one level deeper.
    private mutating func indented(flow: Bool, indentless: Bool = false, _ body: (inout Self) -> Void) {
        let outer = indent
        if indent < 0 { indent = flow ? indentStep : 0 } else if !indentless { indent += indentStep }
        body(&self)
        indent = outer
    }

    private mutating func flowSequence(_ list: [Value]) {
        inBrackets("[", "]", isEmpty: list.isEmpty) { writer in
            for (number, element) in list.enumerated() {
                writer.separate(isFirst: number == 0)
                writer.node(element, .item)
            }
        }
    }

    private mutating func flowMapping(_ map: ValueMap) {
        inBrackets("{", "}", isEmpty: map.isEmpty) { writer in
            for (number, pair) in writer.ordered(map).enumerated() {
                writer.separate(isFirst: number == 0)
                if !writer.options.canonical, writer.isSimpleKey(pair.key) {
                    writer.node(pair.key, .simpleKey)
                    writer.indicator(":", blankBefore: false)
                } else {
                    writer.indicator("?", blankBefore: true)
                    writer.node(pair.key, .key)
                    if writer.options.canonical || writer.column > writer.width { writer.writeIndent() }
                    writer.indicator(":", blankBefore: true)
                }
                writer.node(pair.value, .value)
            }
        }
    }

    private mutating func inBrackets(_ opening: StaticString, _ closing: StaticString, isEmpty: Bool, _ body: (inout Self) -> Void) {
        indicator(opening, blankBefore: true, isBlank: true)
        indented(flow: true) { writer in
            writer.flowLevel += 1
            body(&writer)
            writer.flowLevel -= 1
        }
        if options.canonical, !isEmpty {
            indicator(",", blankBefore: false)
            writeIndent()
        }
        indicator(closing, blankBefore: false)
    }

    private mutating func separate(isFirst: Bool) {
        if !isFirst { indicator(",", blankBefore: false) }
        if options.canonical || column > width { writeIndent() }
    }

    private mutating func blockSequence(_ list: [Value], _ place: Place) {
        // Below a key the dashes stand in the key's own column.
        let isBelowKey = place != .root && place != .item
        indented(flow: false, indentless: isBelowKey && !isIndentation) { writer in
            for element in list {
                writer.writeIndent()
                writer.indicator("-", blankBefore: true, isIndentation: true)
                writer.node(element, .item)
            }
        }
    }

    private mutating func blockMapping(_ map: ValueMap) {
        indented(flow: false) { writer in
            for pair in writer.ordered(map) {
                writer.writeIndent()
                if writer.isSimpleKey(pair.key) {
                    writer.node(pair.key, .simpleKey)
                    writer.indicator(":", blankBefore: false)
                } else {
                    writer.indicator("?", blankBefore: true, isIndentation: true)
                    writer.node(pair.key, .key)
                    writer.writeIndent()
                    writer.indicator(":", blankBefore: true, isIndentation: true)
                }
                writer.node(pair.value, .value)
            }
        }
    }

    private func ordered(_ map: ValueMap) -> [(key: Value, value: Value)] {
        options.sortKeys ? PythonOrder.sorted(map) : Array(map)
    }

    /// A key without `?` is short and stands on one line.
    private func isSimpleKey(_ key: Value) -> Bool {
        switch key {
        case .list(let list): return list.isEmpty
        case .map(let map): return map.isEmpty
        default:
            let scalar = YAMLScalarText(key)
            return scalar.withAnalysis(options) { analysis in
                let hasTag = options.canonical || !(analysis.isPlainImplicit || analysis.isQuotedImplicit)
                let tagLength = hasTag ? 2 + scalar.tag.text.utf8.count - YAMLTag.prefix.utf8.count : 0
                return !analysis.hasBreaks && analysis.bytes.count + tagLength <= 128
            }
        }
    }

    // MARK: Pieces

    @inline(__always) mutating func put(_ byte: UInt8) {
        output.append(byte)
        column += 1
    }

    mutating func putBreak() {
        output.append(0x0A)
        column = 0
    }

    /// Writes the character at a place and says how many bytes it has.
    @inline(__always) mutating func write(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
        let size = YAMLScalarText.size(bytes[place])
        output.append(contentsOf: bytes[place..<min(place + size, bytes.count)])
        column += 1
        return size
    }

    /// Writes the line break at a place and says how many bytes it has.
    mutating func writeBreak(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
        if bytes[place] == 0x0A {
            putBreak()
            return 1
        }
        let size = write(bytes, place)
        column = 0
        return size
    }

    mutating func writeIndent() {
        let wanted = max(indent, 0)
        if !isIndentation || column > wanted || (column == wanted && !isAfterBlank) { putBreak() }
        while column < wanted { put(0x20) }
        isAfterBlank = true
        isIndentation = true
    }

    mutating func indicator(_ text: StaticString, blankBefore: Bool, isBlank: Bool = false, isIndentation: Bool = false) {
        if blankBefore, !isAfterBlank { put(0x20) }
        text.withUTF8Buffer { for byte in $0 { put(byte) } }
        isAfterBlank = isBlank
        self.isIndentation = self.isIndentation && isIndentation
    }
}
