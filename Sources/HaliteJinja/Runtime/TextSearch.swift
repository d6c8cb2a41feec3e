import Glibc

/// Searching in text, byte by byte.
enum TextSearch {
    static func contains(_ text: String, _ part: String) -> Bool {
        var text = text
        var part = part
        return text.withUTF8 { haystack in part.withUTF8 { find(haystack, $0, from: 0) != nil } }
    }

    static func ends(_ text: String, with part: String) -> Bool {
        var text = text
        var part = part
        return text.withUTF8 { bytes in
            part.withUTF8 { part in
                bytes.count >= part.count && UnsafeBufferPointer(rebasing: bytes[(bytes.count - part.count)...]).elementsEqual(part)
            }
        }
    }

    static func find(_ haystack: [UInt8], _ needle: [UInt8], from start: Int) -> Int? {
        haystack.withUnsafeBufferPointer { a in needle.withUnsafeBufferPointer { b in find(a, b, from: start) } }
    }

    static func find(_ haystack: UnsafeBufferPointer<UInt8>, _ needle: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let first = needle.first else { return start <= haystack.count ? start : nil }
        guard let base = haystack.baseAddress, let wanted = needle.baseAddress, start + needle.count <= haystack.count else { return nil }
        var position = start
        let last = haystack.count - needle.count
        while position <= last {
            // The first byte is sought by the C library, many bytes at a time.
            guard let found = memchr(base + position, Int32(first), last - position + 1) else { return nil }
            position = found - UnsafeMutableRawPointer(mutating: base)
            if memcmp(base + position, wanted, needle.count) == 0 { return position }
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
        guard part.isEmpty else { return replaceParts(text, part, with: replacement, limit: limit) }
        var result = replacement
        var count = 1
        for scalar in text.unicodeScalars {
            result.unicodeScalars.append(scalar)
            if limit < 0 || count < limit {
                result += replacement
                count += 1
            }
        }
        return result
    }

    private static func replaceParts(_ text: String, _ part: String, with replacement: String, limit: Int) -> String {
        var source = text
        var old = part
        var new = replacement
        let replaced: String? = source.withUTF8 { bytes in
            old.withUTF8 { old in
                guard var next = find(bytes, old, from: 0) else { return nil }
                return new.withUTF8 { new in
                    var result: [UInt8] = []
                    result.reserveCapacity(bytes.count + new.count)
                    var position = 0
                    var count = 0
                    while true {
                        result.append(contentsOf: bytes[position..<next])
                        result.append(contentsOf: new)
                        position = next + old.count
                        count += 1
                        guard limit < 0 || count < limit, let found = find(bytes, old, from: position) else { break }
                        next = found
                    }
                    result.append(contentsOf: bytes[position...])
                    return String(decoding: result, as: UTF8.self)
                }
            }
        }
        return replaced ?? text
    }
}
