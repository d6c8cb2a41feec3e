import HaliteValue

/// One node of a document that needs more than the straight way: tags, merge keys, or an error to find.
final class YAMLNode {
    enum Kind: String { case scalar, sequence, mapping }

    let kind: Kind
    var tag: YAMLTag
    /// Of a scalar.
    var text = ""
    /// Of a sequence.
    var items: [YAMLNode] = []
    /// Of a mapping.
    var pairs: [(key: YAMLNode, value: YAMLNode)] = []
    let mark: YAMLMark

    /// Set when the constructor has seen it.
    var isConstructed = false
    /// Set while the value is put together: an alias that leads here then is one of an endless document.
    var isOpen = false
    var value: Value?
    /// How many nodes the value has when every alias is written out.
    var weight = 1
    /// How many collections lie in each other in the value, below this one.
    var depth = 0

    init(kind: Kind, tag: YAMLTag, mark: YAMLMark) {
        self.kind = kind
        self.tag = tag
        self.mark = mark
    }

    /// The value as a message shows it: a text as it is, a collection as Python's `repr` tells its nodes. It is cut off
    /// when it is long, which aliases can make it.
    var shownValue: String {
        if kind == .scalar { return text }
        var output = ""
        describe(into: &output)
        return output
    }

    private static let shownLimit = 10_000

    private func describe(into output: inout String) {
        if kind == .scalar { return output += PythonText.repr(text) }
        if isOpen { return output += "[...]" }
        if output.utf8.count > Self.shownLimit {
            if !output.hasSuffix("...") { output += "..." }
            return
        }
        isOpen = true
        defer { isOpen = false }
        output += "["
        var separator = ""
        for item in items {
            output += separator
            separator = ", "
            item.describeNode(into: &output)
        }
        for pair in pairs {
            output += separator + "("
            separator = ", "
            pair.key.describeNode(into: &output)
            output += ", "
            pair.value.describeNode(into: &output)
            output += ")"
        }
        output += "]"
    }

    private func describeNode(into output: inout String) {
        let name =
            switch kind {
            case .scalar: "ScalarNode"
            case .sequence: "SequenceNode"
            case .mapping: "MappingNode"
            }
        output += "\(name)(tag=\(PythonText.repr(tag.text)), value="
        describe(into: &output)
        output += ")"
    }
}

/// Makes the tree of nodes of a document.
struct YAMLComposer: ~Copyable {
    private var parser: YAMLParser
    private var anchors: [String: YAMLNode] = [:]
    private let depthLimit: Int
    private(set) var nodes: [YAMLNode] = []
    private var interned = InternTable()

    init(_ parser: consuming YAMLParser, depthLimit: Int) {
        self.parser = parser
        self.depthLimit = depthLimit
    }

    var position: Int { parser.scanner.position }

    /// The root of the only document; nil when there is none.
    mutating func document() throws(YAMLError) -> YAMLNode? {
        guard try parser.next() == .documentStart else { return nil }
        let root = try node(try parser.next(), depth: 0)
        _ = try parser.next()
        guard try parser.next() == .streamEnd else {
            throw YAMLError(
                kind: .composer, context: "expected a single document in the stream", contextMark: root.mark,
                problem: "but found another document", mark: parser.mark)
        }
        return root
    }

    private mutating func node(_ event: YAMLParser.Event, depth: Int) throws(YAMLError) -> YAMLNode {
        if event == .alias {
            let name = parser.string(parser.text)
            guard let node = anchors[name] else {
                throw YAMLError(
                    kind: .composer, problem: "found undefined alias", mark: parser.mark, note: "there is no anchor '\(name)' before it")
            }
            return node
        }
        if depth > depthLimit {
            throw YAMLError(kind: .scanner, problem: "exceeded maximum nesting depth", mark: parser.mark)
        }
        let anchor = parser.anchor.map { parser.string($0) }
        if let anchor, let first = anchors[anchor] {
            throw YAMLError(
                kind: .composer, context: "found duplicate anchor; first occurrence", contextMark: first.mark,
                problem: "second occurrence", mark: parser.mark)
        }
        let node: YAMLNode
        switch event {
        case .scalar:
            node = YAMLNode(kind: .scalar, tag: scalarTag(), mark: parser.mark)
            let slice = parser.text
            node.text = parser.withBytes(slice) { interned.text($0) }
        case .sequenceStart: node = YAMLNode(kind: .sequence, tag: collectionTag(.sequence), mark: parser.mark)
        default: node = YAMLNode(kind: .mapping, tag: collectionTag(.map), mark: parser.mark)
        }
        nodes.append(node)
        if let anchor { anchors[anchor] = node }
        if event == .sequenceStart {
            while case let next = try parser.next(), next != .sequenceEnd { node.items.append(try self.node(next, depth: depth + 1)) }
        } else if event == .mappingStart {
            while case let next = try parser.next(), next != .mappingEnd {
                let key = try self.node(next, depth: depth + 1)
                node.pairs.append((key, try self.node(try parser.next(), depth: depth + 1)))
            }
        }
        return node
    }

    /// `!` alone lets even a quoted scalar mean what it would mean as a plain one.
    private func scalarTag() -> YAMLTag {
        guard let tag = parser.tag else {
            return parser.style == .plain ? parser.withBytes(parser.text) { YAMLResolver.tag(of: $0) } : .string
        }
        if tag != "!" { return YAMLTag(tag) }
        guard parser.hasContent else { return .string }
        // PyYAML's patterns take a line break at the end of a block scalar for the end.
        return parser.withBytes(parser.text) { YAMLResolver.tag(of: $0.last == 0x0A ? UnsafeBufferPointer(rebasing: $0.dropLast()) : $0) }
    }

    private func collectionTag(_ standard: YAMLTag) -> YAMLTag {
        guard let tag = parser.tag, tag != "!" else { return standard }
        return YAMLTag(tag)
    }
}
