/// A place in a text: counted in characters from 0, as YAML's messages do.
struct YAMLMark {
    var index: Int32 = 0
    var line: Int32 = 0
    var column: Int32 = 0
}

/// A piece of a scalar, tag or name: bytes of the source, or of the scratch buffer when they had to be put together.
struct YAMLSlice {
    var start: Int32 = 0
    var end: Int32 = 0
    var isScratch = false

    var count: Int { Int(end - start) }
}

enum YAMLStyle: UInt8 { case plain, singleQuoted, doubleQuoted, literal, folded }

/// What the scanner hands to the parser. Plain data: the queue is copied and moved without reference counting.
struct YAMLToken {
    enum Kind: UInt8 {
        case streamEnd, versionDirective, tagDirective, documentStart, documentEnd
        case blockSequenceStart, blockMappingStart, blockEnd
        case flowSequenceStart, flowSequenceEnd, flowMappingStart, flowMappingEnd
        case blockEntry, flowEntry, key, value, alias, anchor, tag, scalar
    }

    var kind: Kind
    var style: YAMLStyle = .plain
    var start: YAMLMark
    /// The scalar's text, the name of an anchor, the handle of a tag, the numbers of a version.
    var text = YAMLSlice()
    /// The suffix of a tag, the prefix of a `%TAG` directive.
    var suffix = YAMLSlice()

    /// Where an indicator of one character ends.
    var endOfIndicator: YAMLMark { YAMLMark(index: start.index + 1, line: start.line, column: start.column + 1) }
}

/// Why a text is no YAML, or not YAML that Salt takes, in PyYAML's words.
struct YAMLError: Error {
    /// PyYAML's classes, and Python's own where a constructor lets them through.
    enum Kind: String {
        case reader = "ReaderError"
        case scanner = "ScannerError"
        case parser = "ParserError"
        case composer = "ComposerError"
        case constructor = "ConstructorError"
        case value = "ValueError"
        case index = "IndexError"
        case key = "KeyError"
        case attribute = "AttributeError"
        case recursion = "RecursionError"
    }

    var kind: Kind
    var context: String?
    var contextMark: YAMLMark?
    var problem: String
    var mark: YAMLMark?
    /// What PyYAML does not say: where a key stood first that came again, the name of an alias.
    var note: String?

    /// The text of the exception. The scanner's is only the problem: Salt shows no more of it.
    /// - Parameter whole: with the places that Salt leaves out.
    func message(file: String, whole: Bool = false) -> String {
        switch kind {
        case .scanner where whole: break
        case .scanner, .value, .index, .key, .attribute, .recursion: return problem
        case .reader: return problem + "\n  in \"\(file)\", position \(mark?.index ?? 0)"
        case .parser, .composer, .constructor: break
        }
        var lines: [String] = []
        if let context { lines.append(context) }
        if let contextMark, mark.map({ $0.line != contextMark.line || $0.column != contextMark.column }) ?? true {
            lines.append(Self.place(contextMark, file))
        }
        lines.append(problem)
        if let mark { lines.append(Self.place(mark, file)) }
        return lines.joined(separator: "\n")
    }

    private static func place(_ mark: YAMLMark, _ file: String) -> String {
        "  in \"\(file)\", line \(mark.line + 1), column \(mark.column + 1)"
    }
}
