import HaliteValue

/// Turns tokens into events: what begins, what ends, and the scalars between, as libyaml's parser does.
struct YAMLParser: ~Copyable {
    enum Event { case streamEnd, documentStart, documentEnd, alias, scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd }

    enum State: UInt8 {
        case implicitDocumentStart, documentStart, documentContent, documentEnd
        case blockNode
        case blockSequenceFirst, blockSequence, indentlessSequence
        case blockMappingFirst, blockMapping, blockMappingValue
        case flowSequenceFirst, flowSequence, flowPairKey, flowPairValue, flowPairEnd
        case flowMappingFirst, flowMapping, flowMappingValue, flowMappingEmptyValue
        case end
    }

    var scanner: YAMLScanner
    var state = State.implicitDocumentStart
    var states = YAMLStack<State>()
    /// Where the open collections began.
    var marks = YAMLStack<YAMLMark>()
    private var tagDirectives: [(handle: String, prefix: String)] = []

    // What belongs to the last event.
    var mark = YAMLMark()
    var text = YAMLSlice()
    var style = YAMLStyle.plain
    /// The tag, with its handle resolved; nil when there was none.
    var tag: String?
    var anchor: YAMLSlice?
    /// False for a scalar that is only an anchor or a tag.
    var hasContent = true

    init(_ scanner: consuming YAMLScanner) { self.scanner = scanner }

    /// The bytes of a slice, valid until the next event.
    @inline(__always) func withBytes<R>(_ slice: YAMLSlice, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        if slice.isScratch {
            return scanner.scratch.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[Int(slice.start)..<Int(slice.end)])) }
        }
        return body(UnsafeBufferPointer(start: scanner.bytes + Int(slice.start), count: slice.count))
    }

    func string(_ slice: YAMLSlice) -> String { withBytes(slice) { String(decoding: $0, as: UTF8.self) } }

    // MARK: Events

    mutating func next() throws(YAMLError) -> Event {
        // Nothing in the queue refers to the scratch buffer when the queue is empty.
        if scanner.tokens.isEmpty, !scanner.scratch.isEmpty { scanner.scratch.removeAll(keepingCapacity: true) }
        switch state {
        case .blockMapping, .blockMappingFirst: return try blockMappingKey()
        case .blockMappingValue: return try blockMappingValue()
        case .blockSequence, .blockSequenceFirst: return try blockSequenceEntry()
        case .indentlessSequence: return try indentlessSequenceEntry()
        case .blockNode: return try node(isBlock: true, allowsIndentless: false)
        case .flowSequence, .flowSequenceFirst: return try flowSequenceEntry()
        case .flowPairKey: return try flowPairKey()
        case .flowPairValue: return try flowPairValue()
        case .flowPairEnd:
            _ = try scanner.peek()
            state = .flowSequence
            return end(.mappingEnd)
        case .flowMapping, .flowMappingFirst: return try flowMappingKey()
        case .flowMappingValue, .flowMappingEmptyValue: return try flowMappingValue()
        case .implicitDocumentStart, .documentStart: return try documentStart()
        case .documentContent: return try documentContent()
        case .documentEnd: return try documentEnd()
        case .end: return .streamEnd
        }
    }

    @inline(__always) mutating func end(_ event: Event) -> Event {
        mark = scanner.token.start
        return event
    }

    @inline(__always) mutating func popState() { state = states.pop() ?? .end }

    @inline(__always) mutating func emptyScalar(_ place: YAMLMark) -> Event {
        mark = place
        text = YAMLSlice()
        style = .plain
        tag = nil
        anchor = nil
        hasContent = true
        return .scalar
    }

    func failure(_ context: String?, _ contextMark: YAMLMark?, _ problem: String) -> YAMLError {
        YAMLError(kind: .parser, context: context, contextMark: contextMark, problem: problem, mark: scanner.token.start)
    }

    // MARK: Documents

    private mutating func documentStart() throws(YAMLError) -> Event {
        let isImplicit = state == .implicitDocumentStart
        var kind = try scanner.peek()
        if !isImplicit {
            while kind == .documentEnd {
                scanner.take()
                kind = try scanner.peek()
            }
        }
        switch kind {
        case .streamEnd:
            state = .end
            mark = scanner.token.start
            scanner.take()
            return .streamEnd
        case .versionDirective, .tagDirective, .documentStart: break
        default:
            if isImplicit {
                try directives()
                states.push(.documentEnd)
                state = .blockNode
                mark = scanner.token.start
                return .documentStart
            }
        }
        let start = scanner.token.start
        try directives()
        guard try scanner.peek() == .documentStart else { throw failure(nil, nil, "did not find expected <document start>") }
        states.push(.documentEnd)
        state = .documentContent
        mark = start
        scanner.take()
        return .documentStart
    }

    private mutating func documentContent() throws(YAMLError) -> Event {
        switch try scanner.peek() {
        case .versionDirective, .tagDirective, .documentStart, .documentEnd, .streamEnd:
            popState()
            return emptyScalar(scanner.token.start)
        default: return try node(isBlock: true, allowsIndentless: false)
        }
    }

    private mutating func documentEnd() throws(YAMLError) -> Event {
        let kind = try scanner.peek()
        mark = scanner.token.start
        if kind == .documentEnd { scanner.take() }
        tagDirectives.removeAll()
        state = .documentStart
        return .documentEnd
    }

    private mutating func directives() throws(YAMLError) {
        var hasVersion = false
        while true {
            let kind = try scanner.peek()
            let token = scanner.token
            if kind == .versionDirective {
                if hasVersion { throw failure(nil, nil, "found duplicate %YAML directive") }
                hasVersion = true
                guard token.text.start == 1, token.text.end == 1 || token.text.end == 2 else {
                    throw failure(nil, nil, "found incompatible YAML document")
                }
            } else if kind == .tagDirective {
                let handle = string(token.text)
                if tagDirectives.contains(where: { $0.handle.hasSameBytes(as: handle) }) {
                    throw failure(nil, nil, "found duplicate %TAG directive")
                }
                tagDirectives.append((handle, string(token.suffix)))
            } else {
                return
            }
            scanner.take()
        }
    }

    private func resolveTag(_ token: YAMLToken, nodeStart: YAMLMark) throws(YAMLError) -> String {
        let suffix = string(token.suffix)
        if token.text.count == 0 { return suffix }
        let handle = string(token.text)
        if let found = tagDirectives.first(where: { $0.handle.hasSameBytes(as: handle) }) { return found.prefix + suffix }
        switch handle {
        case "!": return "!" + suffix
        case "!!": return YAMLTag.prefix + suffix
        default:
            throw YAMLError(
                kind: .parser, context: "while parsing a node", contextMark: nodeStart, problem: "found undefined tag handle",
                mark: token.start)
        }
    }

    // MARK: Nodes

    mutating func node(isBlock: Bool, allowsIndentless: Bool) throws(YAMLError) -> Event {
        var kind = try scanner.peek()
        mark = scanner.token.start
        tag = nil
        anchor = nil
        hasContent = true
        if kind == .alias {
            text = scanner.token.text
            popState()
            scanner.take()
            return .alias
        }
        if kind == .anchor || kind == .tag {
            var tagToken: YAMLToken?
            for _ in 0..<2 {
                if kind == .anchor, anchor == nil {
                    anchor = scanner.token.text
                } else if kind == .tag, tagToken == nil {
                    tagToken = scanner.token
                } else {
                    break
                }
                scanner.take()
                kind = try scanner.peek()
            }
            if let tagToken { tag = try resolveTag(tagToken, nodeStart: mark) }
        }
        switch kind {
        case .scalar:
            text = scanner.token.text
            style = scanner.token.style
            popState()
            scanner.take()
            return .scalar
        case .blockEntry where allowsIndentless:
            state = .indentlessSequence
            return .sequenceStart
        case .flowSequenceStart:
            state = .flowSequenceFirst
            return .sequenceStart
        case .flowMappingStart:
            state = .flowMappingFirst
            return .mappingStart
        case .blockSequenceStart where isBlock:
            state = .blockSequenceFirst
            return .sequenceStart
        case .blockMappingStart where isBlock:
            state = .blockMappingFirst
            return .mappingStart
        default:
            if anchor != nil || tag != nil {
                text = YAMLSlice()
                style = .plain
                hasContent = false
                popState()
                return .scalar
            }
            throw failure(isBlock ? "while parsing a block node" : "while parsing a flow node", mark, "did not find expected node content")
        }
    }
}
