import HaliteValue

/// Lays data out as Python's `pprint` does: what fits into 80 columns stays on a line, maps are sorted.
struct PrettyPrinter {
    private static let width = 80

    /// Spaces for each level.
    private let step: Int
    private var output = ""

    static func text(_ value: Value, indent: Int = 1) -> String {
        var printer = PrettyPrinter(step: indent)
        printer.put(value, indent: 0, allowance: 0, level: 0)
        return printer.output
    }

    private init(step: Int) { self.step = step }

    /// `repr` with the keys of maps in order.
    private static func repr(_ value: Value) -> String {
        switch value {
        case .list(let list): return "[" + list.map(repr).joined(separator: ", ") + "]"
        case .map(let map):
            let pairs = KeyOrder.sortedByType(map.keys).map { "\(repr($0)): \(repr(map[$0] ?? .null))" }
            return "{" + pairs.joined(separator: ", ") + "}"
        default: return value.pythonRepr
        }
    }

    private static func length(_ text: String) -> Int { text.unicodeScalars.count }

    /// - Parameters:
    ///   - indent: the column in which the value begins.
    ///   - allowance: what has to follow it on its last line.
    private mutating func put(_ value: Value, indent: Int, allowance: Int, level: Int) {
        let repr = Self.repr(value)
        guard Self.length(repr) > Self.width - indent - allowance else {
            output += repr
            return
        }
        switch value {
        case .map(let map): put(map, indent: indent, allowance: allowance + 1, level: level + 1)
        case .list(let list): put(list, indent: indent, allowance: allowance + 1, level: level + 1)
        case .string(let text) where !text.isEmpty:
            put(Self.pieces(text, indent: indent, allowance: allowance, level: level + 1), repr, indent: indent, level: level + 1)
        case .bytes(let bytes) where bytes.count > 4:
            put(Self.pieces(bytes, indent: indent, allowance: allowance, level: level + 1), nil, indent: indent, level: level + 1)
        default: output += repr
        }
    }

    private mutating func put(_ map: ValueMap, indent: Int, allowance: Int, level: Int) {
        output += "{" + OutputText.spaces(step - 1)
        let column = indent + step
        for (number, key) in KeyOrder.sortedByType(map.keys).enumerated() {
            if number > 0 { output += ",\n" + OutputText.spaces(column) }
            let repr = Self.repr(key)
            output += repr + ": "
            let isLast = number == map.count - 1
            put(map[key] ?? .null, indent: column + Self.length(repr) + 2, allowance: isLast ? allowance : 1, level: level)
        }
        output += "}"
    }

    private mutating func put(_ list: [Value], indent: Int, allowance: Int, level: Int) {
        output += "[" + OutputText.spaces(step - 1)
        let column = indent + step
        for (number, element) in list.enumerated() {
            if number > 0 { output += ",\n" + OutputText.spaces(column) }
            put(element, indent: column, allowance: number == list.count - 1 ? allowance : 1, level: level)
        }
        output += "]"
    }

    /// Adjacent literals below one another; in parentheses when nothing else holds them together.
    private mutating func put(_ pieces: [String], _ whole: String?, indent: Int, level: Int) {
        if pieces.count == 1, let whole {
            output += whole
            return
        }
        let isOutermost = level == 1
        output += isOutermost ? "(" : ""
        output += pieces.joined(separator: "\n" + OutputText.spaces(indent + (isOutermost ? 1 : 0)))
        output += isOutermost ? ")" : ""
    }

    private static func pieces(_ text: String, indent: Int, allowance: Int, level: Int) -> [String] {
        let room = width - indent - (level == 1 ? 1 : 0)
        let lastRoom = room - allowance - (level == 1 ? 1 : 0)
        let lines = OutputText.lines(text, keepEnds: true)
        var pieces: [String] = []
        for (number, line) in lines.enumerated() {
            let isLastLine = number == lines.count - 1
            let repr = PythonText.repr(line)
            if length(repr) <= (isLastLine ? lastRoom : room) {
                pieces.append(repr)
                continue
            }
            var current = ""
            let words = words(line)
            for (place, word) in words.enumerated() {
                let isLast = isLastLine && place == words.count - 1
                if length(PythonText.repr(current + word)) > (isLast ? lastRoom : room) {
                    if !current.isEmpty { pieces.append(PythonText.repr(current)) }
                    current = word
                } else {
                    current += word
                }
            }
            if !current.isEmpty { pieces.append(PythonText.repr(current)) }
        }
        return pieces
    }

    /// Words, each with the white space behind it.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var rest = line.unicodeScalars[...]
        while !rest.isEmpty {
            let word = rest.prefix { !OutputText.isSpace($0) }
            let space = rest[word.endIndex...].prefix(while: OutputText.isSpace)
            words.append(String(rest[..<space.endIndex]))
            rest = rest[space.endIndex...]
        }
        return words
    }

    private static func pieces(_ bytes: [UInt8], indent: Int, allowance: Int, level: Int) -> [String] {
        var room = width - indent - (level == 1 ? 1 : 0)
        var pieces: [String] = []
        var current: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let part = bytes[start..<min(start + 4, bytes.count)]
            if start == bytes.count / 4 * 4 { room -= allowance + (level == 1 ? 1 : 0) }
            if PythonText.repr(current + part).utf8.count > room {
                if !current.isEmpty { pieces.append(PythonText.repr(current)) }
                current = Array(part)
            } else {
                current += part
            }
        }
        if !current.isEmpty { pieces.append(PythonText.repr(current)) }
        return pieces
    }
}
