import CYAML
import HaliteValue

/// Reads YAML as Salt does: PyYAML's safe loader with duplicate keys refused.
package enum YAML {
    /// Reads the one document of a text. An empty text is null.
    /// - Parameter file: for messages only.
    package static func load(_ text: String, file: String = "<string>") throws(RenderError) -> Value {
        try loadLocated(text, file: file).value
    }

    /// The value with the lines on which the keys of the outermost map stand.
    package static func loadLocated(
        _ text: String, file: String = "<string>"
    ) throws(RenderError) -> (value: Value, keyLines: [Value: Int]) {
        let loader = YAMLLoader(text: text, file: file)
        let value = try loader.document()
        return (value, loader.keyLines)
    }
}

/// Builds values from libyaml's events, without a tree between.
private final class YAMLLoader {
    static let depthLimit = 200
    /// Nodes that aliases may add up to before the text counts as an attack.
    static let expansionLimit = 5_000_000

    let text: String
    let file: String
    var keyLines: [Value: Int] = [:]
    private var parser = yaml_parser_t()
    private var event = yaml_event_t()
    private var hasEvent = false
    private var anchors: [String: (value: Value, weight: Int)] = [:]
    private var weight = 0

    init(text: String, file: String) {
        self.text = text
        self.file = file
        yaml_parser_initialize(&parser)
    }

    deinit {
        if hasEvent { yaml_event_delete(&event) }
        yaml_parser_delete(&parser)
    }

    func document() throws(RenderError) -> Value {
        var copy = text
        // The parser reads from the buffer until the end of this call.
        let result: Result<Value, RenderError> = copy.withUTF8 { bytes in
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            do throws(RenderError) { return .success(try parse()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func parse() throws(RenderError) -> Value {
        try next()
        try next()
        if event.type == YAML_STREAM_END_EVENT { return .null }
        try next()
        let value = try node(depth: 0)
        try next()
        try next()
        guard event.type == YAML_STREAM_END_EVENT else {
            throw error("expected a single document in the stream, but found another document", line: currentLine)
        }
        return value
    }

    private var currentLine: Int { Int(event.start_mark.line) + 1 }

    private func next() throws(RenderError) {
        if hasEvent { yaml_event_delete(&event) }
        hasEvent = false
        guard yaml_parser_parse(&parser, &event) == 1 else {
            let problem = parser.problem.map { String(cString: $0) } ?? "malformed text"
            let context = parser.context.map { String(cString: $0) + ", " } ?? ""
            throw error(explain(context + problem), line: Int(parser.problem_mark.line) + 1)
        }
        hasEvent = true
    }

    /// Says in plain words what the scanner's commonest complaints mean.
    private func explain(_ problem: String) -> String {
        if problem.contains("found character that cannot start any token") {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let line = Int(parser.problem_mark.line)
            if line < lines.count, lines[line].contains("\t") {
                return "found a tab character where spaces are needed to indent (\(problem))"
            }
        }
        if problem.contains("could not find expected ':'") {
            return "could not find expected ':' (\(problem)); is a colon or a line of the block above missing?"
        }
        return problem
    }

    private func error(_ message: String, line: Int) -> RenderError {
        RenderError(
            renderer: "yaml", message: message, file: file, line: line,
            excerpt: RenderError.excerpt(of: text, line: line))
    }

    private func node(depth: Int) throws(RenderError) -> Value {
        if depth > Self.depthLimit { throw error("nesting deeper than \(Self.depthLimit)", line: currentLine) }
        switch event.type {
        case YAML_SCALAR_EVENT:
            weight += 1
            let anchor = event.data.scalar.anchor.map { String(cString: $0) }
            let value = try scalar()
            remember(anchor, value, weight: 1)
            return value
        case YAML_SEQUENCE_START_EVENT:
            let start = weight
            let anchor = event.data.sequence_start.anchor.map { String(cString: $0) }
            let tag = event.data.sequence_start.tag.map { String(cString: $0) }
            try check(tag: tag, allowed: ["seq", "omap", "pairs"])
            var list: [Value] = []
            try next()
            while event.type != YAML_SEQUENCE_END_EVENT {
                list.append(try node(depth: depth + 1))
                try next()
            }
            remember(anchor, .list(list), weight: weight - start + 1)
            return .list(list)
        case YAML_MAPPING_START_EVENT: return try mapping(depth: depth)
        case YAML_ALIAS_EVENT:
            let name = String(cString: event.data.alias.anchor)
            guard let anchor = anchors[name] else { throw error("found undefined alias '\(name)'", line: currentLine) }
            weight += anchor.weight
            if weight > Self.expansionLimit {
                throw error("aliases expand to more than \(Self.expansionLimit) nodes", line: currentLine)
            }
            return anchor.value
        default: throw error("expected a value", line: currentLine)
        }
    }

    private func remember(_ anchor: String?, _ value: Value, weight: Int) {
        if let anchor { anchors[anchor] = (value, weight) }
    }

    private func mapping(depth: Int) throws(RenderError) -> Value {
        let start = weight
        let anchor = event.data.mapping_start.anchor.map { String(cString: $0) }
        let tag = event.data.mapping_start.tag.map { String(cString: $0) }
        try check(tag: tag, allowed: ["map", "set", "omap"])
        let startLine = currentLine
        var map = ValueMap()
        var lines: [Value: Int] = [:]
        var merged: [Value] = []
        try next()
        while event.type != YAML_MAPPING_END_EVENT {
            let line = currentLine
            let isMerge = isMergeKey
            let key = try node(depth: depth + 1)
            try next()
            let value = try node(depth: depth + 1)
            try next()
            if isMerge {
                merged.append(value)
                continue
            }
            switch key {
            case .list, .map:
                throw error("while constructing a mapping, found unhashable key", line: line)
            default: break
            }
            if let first = lines[key] {
                throw error("while constructing a mapping, found conflicting ID '\(key.pythonString)' (first on line \(first))", line: line)
            }
            lines[key] = line
            map[key] = value
        }
        if depth == 0 { keyLines = lines }
        if !merged.isEmpty { map = try merge(merged, into: map, line: startLine) }
        remember(anchor, .map(map), weight: weight - start + 1)
        return .map(map)
    }

    private var isMergeKey: Bool {
        guard event.type == YAML_SCALAR_EVENT, event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE else { return false }
        return event.data.scalar.length == 2 && event.data.scalar.value[0] == UInt8(ascii: "<")
            && event.data.scalar.value[1] == UInt8(ascii: "<")
    }

    /// The merged keys come first, as in PyYAML, and yield to the map's own; of several maps the first wins.
    private func merge(_ sources: [Value], into own: ValueMap, line: Int) throws(RenderError) -> ValueMap {
        var result = ValueMap()
        var maps: [ValueMap] = []
        for source in sources {
            switch source {
            case .map(let map): maps.append(map)
            case .list(let list):
                for element in list.reversed() {
                    guard case .map(let map) = element else {
                        throw error("expected a mapping for merging, but found \(element.typeName)", line: line)
                    }
                    maps.append(map)
                }
            default:
                throw error("expected a mapping or list of mappings for merging, but found \(source.typeName)", line: line)
            }
        }
        for map in maps { for (key, value) in map { result[key] = value } }
        for (key, value) in own { result[key] = value }
        return result
    }

    private static let prefix = "tag:yaml.org,2002:"

    private func check(tag: String?, allowed: [String]) throws(RenderError) {
        guard let tag, tag != "!" else { return }
        guard tag.hasPrefix(Self.prefix), allowed.contains(String(tag.dropFirst(Self.prefix.count))) else {
            throw error("could not determine a constructor for the tag '\(tag)'", line: currentLine)
        }
    }

    private func scalar() throws(RenderError) -> Value {
        let data = event.data.scalar
        let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
        if let tag = data.tag.map({ String(cString: $0) }) {
            if tag == "!" { return .string(text) }
            return try tagged(text, tag)
        }
        guard data.style == YAML_PLAIN_SCALAR_STYLE else { return .string(text) }
        return YAMLScalar.resolve(text)
    }

    private func tagged(_ text: String, _ tag: String) throws(RenderError) -> Value {
        guard tag.hasPrefix(Self.prefix) else {
            throw error("could not determine a constructor for the tag '\(tag)'", line: currentLine)
        }
        switch tag.dropFirst(Self.prefix.count) {
        case "str", "timestamp", "python/unicode", "python/str": return .string(text)
        case "null": return .null
        case "bool":
            guard YAMLScalar.tag(of: text) == .bool else { throw error("'\(text)' is no boolean", line: currentLine) }
            return .bool(YAMLScalar.isTrue(text))
        case "int":
            guard YAMLScalar.tag(of: text) == .int else { throw error("'\(text)' is no integer", line: currentLine) }
            return YAMLScalar.int(text)
        case "float":
            switch YAMLScalar.tag(of: text) {
            case .int: return YAMLScalar.int(text).doubleValue.map(Value.float) ?? .null
            case .float: return YAMLScalar.float(text)
            default: throw error("'\(text)' is no number", line: currentLine)
            }
        case "binary":
            guard let bytes = Base64.decode(text) else { throw error("failed to decode base64 data", line: currentLine) }
            return .bytes(bytes)
        default: throw error("could not determine a constructor for the tag '\(tag)'", line: currentLine)
        }
    }
}
