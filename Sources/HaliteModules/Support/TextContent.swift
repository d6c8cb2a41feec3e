import HaliteHost

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
        switch (isText(old), isText(new)) {
        case (false, false): return "Replace binary file"
        case (false, true): return "Replace binary file with text file"
        case (true, false): return "Replace text file with binary file"
        case (true, true): return UnifiedDiff.text(String(decoding: old, as: UTF8.self), String(decoding: new, as: UTF8.self))
        }
    }
}
