/// Searching in text, byte by byte.
enum TextSearch {
    static func contains(_ text: String, _ part: String) -> Bool {
        var text = text
        var part = part
        return text.withUTF8 { haystack in part.withUTF8 { find(haystack, $0, from: 0) != nil } }
    }

    static func find(_ haystack: [UInt8], _ needle: [UInt8], from start: Int) -> Int? {
        haystack.withUnsafeBufferPointer { a in needle.withUnsafeBufferPointer { b in find(a, b, from: start) } }
    }

    static func find(_ haystack: UnsafeBufferPointer<UInt8>, _ needle: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let first = needle.first else { return start <= haystack.count ? start : nil }
        guard haystack.count >= needle.count else { return nil }
        var position = start
        let last = haystack.count - needle.count
        while position <= last {
            if haystack[position] == first {
                var offset = 1
                while offset < needle.count, haystack[position + offset] == needle[offset] { offset += 1 }
                if offset == needle.count { return position }
            }
            position += 1
        }
        return nil
    }

    static func findLast(_ haystack: [UInt8], _ needle: [UInt8], before end: Int) -> Int? {
        guard end >= needle.count else { return nil }
        var position = end - needle.count
        while position >= 0 {
            if haystack[position..<(position + needle.count)].elementsEqual(needle) { return position }
            position -= 1
        }
        return nil
    }

    /// Replaces at most `limit` places; negative for all. An empty part stands between all characters.
    static func replace(_ text: String, _ part: String, with replacement: String, limit: Int) -> String {
        if limit == 0 { return text }
        var result: [UInt8] = []
        var count = 0
        let bytes = Array(text.utf8)
        let new = Array(replacement.utf8)
        if part.isEmpty {
            var scalars = text.unicodeScalars[...]
            result.append(contentsOf: new)
            count = 1
            while let scalar = scalars.popFirst() {
                result.append(contentsOf: String(scalar).utf8)
                if limit < 0 || count < limit {
                    result.append(contentsOf: new)
                    count += 1
                }
            }
            return String(decoding: result, as: UTF8.self)
        }
        let old = Array(part.utf8)
        var position = 0
        while limit < 0 || count < limit, let next = find(bytes, old, from: position) {
            result.append(contentsOf: bytes[position..<next])
            result.append(contentsOf: new)
            position = next + old.count
            count += 1
        }
        if count == 0 { return text }
        result.append(contentsOf: bytes[position...])
        return String(decoding: result, as: UTF8.self)
    }
}
