/// What is wrong with a JSON text, and where, in the words of Python's `JSONDecodeError`.
public struct JSONError: Error, CustomStringConvertible, Equatable {
    /// With the place, as `Expecting value: line 1 column 1 (char 0)`.
    public let message: String
    /// Both count from 1; the column counts characters.
    public let line: Int
    public let column: Int

    public var description: String { message }
}

extension Value {
    /// Reads one JSON document as Python's `json.loads` does: key order kept, integers of any size, the last of
    /// two equal keys wins, `NaN` and `Infinity` allowed. Nesting deeper than 512 is refused.
    public init(jsonText: String) throws(JSONError) {
        try self.init(json: Array(jsonText.utf8))
    }

    public init(json: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes: json)
        self = try parser.document()
    }
}

private struct JSONParser {
    static let depthLimit = 512

    let bytes: [UInt8]
    var position = 0
    var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> Value {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw error("Unexpected UTF-8 BOM (decode using utf-8-sig)") }
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == bytes.count else { throw error("Extra data") }
        return value
    }

    func error(_ message: String, at place: Int? = nil) -> JSONError {
        var line = 1
        var column = 1
        var count = 0
        // Characters are counted, of which continuation bytes are no more.
        for byte in bytes[..<Swift.min(place ?? position, bytes.count)] where byte & 0xC0 != 0x80 {
            count += 1
            column += 1
            if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) }
        }
        return JSONError(message: "\(message): line \(line) column \(column) (char \(count))", line: line, column: column)
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func parseValue() throws(JSONError) -> Value {
        guard position < bytes.count else { throw error("Expecting value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: return try parseWord()
        }
    }

    mutating func parseWord() throws(JSONError) -> Value {
        let words: [(String, Value)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null), ("NaN", .float(.nan)),
            ("Infinity", .float(.infinity)),
        ]
        for (word, value) in words where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw error("Expecting value")
    }

    mutating func enter() throws(JSONError) {
        depth += 1
        if depth > Self.depthLimit { throw error("nesting deeper than \(Self.depthLimit)") }
        position += 1
        skipSpace()
    }

    /// Takes one byte when it is the expected one.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    mutating func parseObject() throws(JSONError) -> Value {
        try enter()
        var map = ValueMap()
        if !take("}") {
            repeat {
                skipSpace()
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                    throw error("Expecting property name enclosed in double quotes")
                }
                let key = try parseString()
                skipSpace()
                guard take(":") else { throw error("Expecting ':' delimiter") }
                skipSpace()
                map[.string(key)] = try parseValue()
                skipSpace()
            } while take(",")
            guard take("}") else { throw error("Expecting ',' delimiter") }
        }
        depth -= 1
        return .map(map)
    }

    mutating func parseArray() throws(JSONError) -> Value {
        try enter()
        var list: [Value] = []
        if !take("]") {
            repeat {
                skipSpace()
                list.append(try parseValue())
                skipSpace()
            } while take(",")
            guard take("]") else { throw error("Expecting ',' delimiter") }
        }
        depth -= 1
        return .list(list)
    }

    mutating func parseNumber() throws(JSONError) -> Value {
        let start = position
        if take("-"), bytes[position...].starts(with: "Infinity".utf8) {
            position += 8
            return .float(-.infinity)
        }
        func isDigit(_ at: Int) -> Bool { at < bytes.count && bytes[at] >= 0x30 && bytes[at] <= 0x39 }
        guard isDigit(position) else { throw error("Expecting value", at: start) }
        // Nothing follows a zero: what does is extra data.
        if bytes[position] == UInt8(ascii: "0") { position += 1 } else { while isDigit(position) { position += 1 } }
        var isFloat = false
        if position < bytes.count, bytes[position] == UInt8(ascii: "."), isDigit(position + 1) {
            isFloat = true
            position += 1
            while isDigit(position) { position += 1 }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            var next = position + 1
            if next < bytes.count, bytes[next] == UInt8(ascii: "+") || bytes[next] == UInt8(ascii: "-") { next += 1 }
            if isDigit(next) {
                isFloat = true
                position = next
                while isDigit(position) { position += 1 }
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isFloat { return .float(Double(text) ?? .nan) }
        if let number = Int(text) { return .int(number) }
        guard let big = BigInteger(text) else { throw error("Expecting value", at: start) }
        return .big(big)
    }

    mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
            if bytes[position] < 0x20 { throw error("Invalid control character at") }
            position += 1
        }
        guard position < bytes.count else { throw unterminated(start) }
        if bytes[position] == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        return try parseEscapedString(from: start)
    }

    mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try parseEscape(into: &text, from: start)
            case 0..<0x20: throw error("Invalid control character at", at: position - 1)
            default: text.append(byte)
            }
        }
        throw unterminated(start)
    }

    /// - Parameter start: behind the quote that opens the string.
    private func unterminated(_ start: Int) -> JSONError { error("Unterminated string starting at", at: start - 1) }

    mutating func parseEscape(into text: inout [UInt8], from start: Int) throws(JSONError) {
        guard position < bytes.count else { throw unterminated(start) }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseHex()
            if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: "\\u".utf8), position + 6 < bytes.count {
                let mark = position
                position += 2
                let low = try parseHex()
                if (0xDC00..<0xE000).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            // A lone surrogate has no place in UTF-8 text.
            text.append(contentsOf: String(Unicode.Scalar(code).map(Character.init) ?? "\u{FFFD}").utf8)
        default: throw error("Invalid \\escape", at: position - 2)
        }
    }

    mutating func parseHex() throws(JSONError) -> UInt32 {
        let invalid = "Invalid \\uXXXX escape"
        // One more, for the quote, must be there.
        guard position + 4 < bytes.count else { throw error(invalid, at: position - 1) }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(byte - 0x57)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(byte - 0x37)
            default: throw error(invalid, at: position - 1)
            }
        }
        position += 4
        return code
    }
}
