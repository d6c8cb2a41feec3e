import HaliteHost
import HaliteModuleKit

/// Tells text from other content, and compares contents for people.
enum TextContent {
    /// As Salt's `files.is_text`: no NUL, and few bytes outside printable text unless it is UTF-8.
    static func isText(_ bytes: [UInt8]) -> Bool {
        let head = bytes.prefix(512)
        if head.isEmpty { return true }
        if head.contains(0) { return false }
        if String(validating: head, as: UTF8.self) != nil { return true }
        let odd = head.count { byte in !((0x20...0x7E).contains(byte) || [8, 9, 10, 12, 13].contains(byte)) }
        return Double(odd) / Double(head.count) <= 0.30
    }

    /// The text of changes: a unified diff, or a sentence for content that is no text; empty when nothing differs.
    static func difference(_ old: [UInt8], _ new: [UInt8]) -> String {
        if old == new { return "" }
        return binaryChange(old, new) ?? UnifiedDiff.lines(lines(old), lines(new)).joined()
    }

    /// The sentence in the place of a diff where the old or the new content is no text.
    static func binaryChange(_ old: [UInt8], _ new: [UInt8]) -> String? {
        switch (isText(old), isText(new)) {
        case (false, false): "Replace binary file"
        case (false, true): "Replace binary file with text file"
        case (true, false): "Replace text file with binary file"
        case (true, true): nil
        }
    }

    /// Refuses what is no UTF-8, in the words of Python's codec.
    static func checkUTF8(_ content: [UInt8]) throws {
        if String(validating: content, as: UTF8.self) != nil { return }
        var index = 0
        while index < content.count {
            let byte = content[index]
            let (length, low, high): (Int, UInt8, UInt8) =
                switch byte {
                case 0..<0x80: (1, 0, 0)
                case 0xC2...0xDF: (2, 0x80, 0xBF)
                case 0xE0: (3, 0xA0, 0xBF)
                case 0xED: (3, 0x80, 0x9F)
                case 0xE1...0xEF: (3, 0x80, 0xBF)
                case 0xF0: (4, 0x90, 0xBF)
                case 0xF1...0xF3: (4, 0x80, 0xBF)
                case 0xF4: (4, 0x80, 0x8F)
                default: (0, 0, 0)
                }
            let hexadecimal = "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            let start = "'utf-8' codec can't decode byte \(hexadecimal) in position \(index): "
            if length == 0 { throw ExecutionError(start + "invalid start byte") }
            for offset in 1..<max(length, 1) {
                guard index + offset < content.count else { throw ExecutionError(start + "unexpected end of data") }
                let next = content[index + offset]
                let fits = offset == 1 ? (low...high).contains(next) : (0x80...0xBF).contains(next)
                if !fits { throw ExecutionError(start + "invalid continuation byte") }
            }
            index += length
        }
    }

    /// The text of a content, read as Latin-1 where it is no UTF-8.
    static func text(_ content: [UInt8]) -> String {
        String(validating: content, as: UTF8.self) ?? lines(content).joined()
    }

    /// The lines of a content with their ends. A line that is no UTF-8 is read as Latin-1, so that it can be shown.
    static func lines(_ content: [UInt8]) -> [String] {
        var lines: [String] = []
        var start = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? content.count
            let line = content[start..<end]
            lines.append(String(validating: line, as: UTF8.self) ?? String(String.UnicodeScalarView(line.map { Unicode.Scalar($0) })))
            start = end
        }
        return lines
    }
}
