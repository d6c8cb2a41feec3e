/// What markupsafe does with HTML.
enum HTMLText {
    /// Drops comments and tags, joins white space and resolves entities.
    static func stripTags(_ text: String) -> String {
        var value = text
        while let start = value.firstRange(of: "<!--"), let end = value[start.lowerBound...].firstRange(of: "-->") {
            value.removeSubrange(start.lowerBound..<end.upperBound)
        }
        while let start = value.utf8.firstIndex(of: 0x3C), let end = value.utf8[start...].firstIndex(of: 0x3E) {
            value.removeSubrange(start...end)
        }
        return unescape(PythonSplit.words(value, limit: -1).joined(separator: " "))
    }

    private static let names: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "copy": "©", "reg": "®",
        "hellip": "…", "mdash": "—", "ndash": "–", "laquo": "«", "raquo": "»", "lsquo": "‘", "rsquo": "’", "ldquo": "“",
        "rdquo": "”", "euro": "€", "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü",
        "szlig": "ß", "eacute": "é", "egrave": "è", "agrave": "à", "times": "×", "middot": "·", "bull": "•", "trade": "™",
        "deg": "°", "plusmn": "±", "frac12": "½", "pound": "£", "yen": "¥", "cent": "¢", "sect": "§", "para": "¶",
    ]

    /// Resolves `&amp;`, `&#34;` and `&#x22;`.
    static func unescape(_ text: String) -> String {
        guard text.utf8.contains(0x26) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.utf8.firstIndex(of: 0x26) {
            result += rest[..<start]
            let body = rest[rest.utf8.index(after: start)...]
            guard let end = body.utf8.firstIndex(of: 0x3B), let replacement = entity(body[..<end]) else {
                result += "&"
                rest = body
                continue
            }
            result += replacement
            rest = body[body.utf8.index(after: end)...]
        }
        return result + rest
    }

    private static func entity(_ name: Substring) -> String? {
        if name.utf8.first == 0x23 {
            let digits = name.dropFirst()
            let isHex = digits.utf8.first.map { $0 | 0x20 == 0x78 } ?? false
            let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return code.map { String(Unicode.Scalar($0) ?? "\u{FFFD}") }
        }
        return names[String(name)]
    }
}

extension String {
    fileprivate func firstRange(of part: String) -> Range<String.Index>? { self[...].firstRange(of: part) }
}

extension Substring {
    fileprivate func firstRange(of part: String) -> Range<String.Index>? {
        let wanted = Array(part.utf8)
        var index = utf8.startIndex
        while index < utf8.endIndex {
            if utf8[index...].starts(with: wanted) { return index..<utf8.index(index, offsetBy: wanted.count) }
            index = utf8.index(after: index)
        }
        return nil
    }
}
