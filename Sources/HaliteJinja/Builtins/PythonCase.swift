/// Python's letter case and character classes, by code point.
package enum PythonCase {
    package static func upper(_ text: String) -> String {
        ASCIIText.withCase(text, upper: true) ?? map(text) { $0.properties.uppercaseMapping }
    }

    package static func lower(_ text: String) -> String {
        if let fast = ASCIIText.withCase(text, upper: false) { return fast }
        guard text.unicodeScalars.contains("\u{3A3}") else { return map(text) { $0.properties.lowercaseMapping } }
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.reduce(into: "") { $0 += lower(scalars, $1) }
    }

    /// One character in small letters: a capital sigma at the end of a word has one of its own.
    private static func lower(_ scalars: [Unicode.Scalar], _ position: Int) -> String {
        guard scalars[position] == "\u{3A3}" else { return scalars[position].properties.lowercaseMapping }
        let before = scalars[..<position].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(position + 1)...].first { !$0.properties.isCaseIgnorable }
        let isFinal = (before?.properties.isCased ?? false) && !(after?.properties.isCased ?? false)
        return isFinal ? "\u{3C2}" : "\u{3C3}"
    }

    private static func map(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars { result += mapping(scalar) }
        return result
    }

    package static func capitalize(_ text: String) -> String {
        if let fast = ASCIIText.map(text, { $1 == 0 ? ASCIIText.upper($0) : ASCIIText.lower($0) }), !text.utf8.contains(0) {
            return fast
        }
        guard let first = text.unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + lower(String(text.unicodeScalars.dropFirst()))
    }

    package static func title(_ text: String) -> String {
        if let fast = ASCIIText.map(text, { ASCIIText.isLetter($1) ? ASCIIText.lower($0) : ASCIIText.upper($0) }) { return fast }
        var result = ""
        var inWord = false
        let scalars = Array(text.unicodeScalars)
        for (position, scalar) in scalars.enumerated() {
            result += inWord ? lower(scalars, position) : scalar.properties.titlecaseMapping
            inWord = scalar.properties.isCased
        }
        return result
    }

    package static func swapCase(_ text: String) -> String {
        if let fast = ASCIIText.map(text, { byte, _ in ASCIIText.isLetter(byte) ? byte ^ 0x20 : byte }) { return fast }
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.reduce(into: "") { result, position in
            let properties = scalars[position].properties
            if properties.isUppercase {
                result += lower(scalars, position)
            } else {
                result += properties.isLowercase ? properties.uppercaseMapping : String(scalars[position])
            }
        }
    }

    /// What is left of letters when case does not count.
    package static func fold(_ text: String) -> String {
        map(text) { scalar in
            switch scalar.value {
            case 0x131: return String(scalar)
            case 0x1E9E: return "ss"
            // Small Cherokee letters are the younger ones.
            case 0x13A0...0x13F5: return String(scalar)
            case 0x13F8...0x13FD, 0xAB70...0xABBF: return scalar.properties.uppercaseMapping
            default: return map(scalar.properties.uppercaseMapping) { $0.properties.lowercaseMapping }
            }
        }
    }

    /// Whether there are cased characters and all of them are of one case.
    package static func isCase(_ text: String, upper: Bool) -> Bool {
        var found = false
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                let byte = UInt8(truncatingIfNeeded: scalar.value)
                guard ASCIIText.isLetter(byte) else { continue }
                if ASCIIText.isUpper(byte) != upper { return false }
                found = true
                continue
            }
            let properties = scalar.properties
            if upper ? properties.isLowercase : properties.isUppercase { return false }
            if properties.generalCategory == .titlecaseLetter { return false }
            if upper ? properties.isUppercase : properties.isLowercase { found = true }
        }
        return found
    }

    package static func isTitle(_ text: String) -> Bool {
        var found = false
        var previousIsCased = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                if previousIsCased { return false }
                previousIsCased = true
                found = true
            } else if properties.isLowercase {
                if !previousIsCased { return false }
                found = true
            } else {
                previousIsCased = false
            }
        }
        return found
    }

    package static func isAlpha(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return ASCIIText.isLetter(UInt8(truncatingIfNeeded: scalar.value)) }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    package static func isDecimal(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar.value &- 0x30 < 10 : scalar.properties.generalCategory == .decimalNumber
    }

    package static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value &- 0x30 < 10 }
        return scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    }

    package static func isNumeric(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar.value &- 0x30 < 10 : scalar.properties.numericType != nil
    }

    package static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool { isAlpha(scalar) || isNumeric(scalar) }

    /// Whether the text is not empty and all its characters are of one class.
    package static func all(_ text: String, _ test: (Unicode.Scalar) -> Bool) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy(test)
    }

    package static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    }
}

/// Where lines end, and splitting.
package enum PythonSplit {
    package static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    package static func lines(_ text: String, keepEnds: Bool = false) -> [String] {
        var lines: [String] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let next = scalars.index(after: index)
            guard isLineBreak(scalar) else {
                index = next
                continue
            }
            var end = next
            if scalar == "\r", end < scalars.endIndex, scalars[end] == "\n" { end = scalars.index(after: end) }
            lines.append(String(scalars[start..<(keepEnds ? end : index)]))
            start = end
            index = end
        }
        if start < scalars.endIndex { lines.append(String(scalars[start...])) }
        return lines
    }

    /// Splits at white space; `limit` is negative for all.
    package static func words(_ text: String, limit: Int) -> [String] {
        var result: [String] = []
        if limit < 0 {
            var copy = text
            let isDone = copy.withUTF8 { bytes in
                guard ASCIIText.isASCII(bytes) else { return false }
                var index = 0
                while true {
                    while index < bytes.count, ASCIIText.isSpace(bytes[index]) { index += 1 }
                    if index == bytes.count { return true }
                    let start = index
                    while index < bytes.count, !ASCIIText.isSpace(bytes[index]) { index += 1 }
                    result.append(ASCIIText.string(bytes, start, index))
                }
            }
            if isDone { return result }
        }
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop(while: PythonSpace.isSpace)
            if rest.isEmpty { return result }
            if limit >= 0, result.count == limit {
                result.append(String(rest))
                return result
            }
            let word = rest.prefix { !PythonSpace.isSpace($0) }
            result.append(String(word))
            rest = rest[word.endIndex...]
        }
    }

    package static func wordsFromEnd(_ text: String, limit: Int) -> [String] {
        var result: [String] = []
        var rest = text.unicodeScalars[...]
        while true {
            while let last = rest.last, PythonSpace.isSpace(last) { rest = rest.dropLast() }
            if rest.isEmpty { break }
            if limit >= 0, result.count == limit {
                result.append(String(rest))
                break
            }
            var word = rest
            while let last = rest.last, !PythonSpace.isSpace(last) { rest = rest.dropLast() }
            word = word[rest.endIndex...]
            result.append(String(word))
        }
        return result.reversed()
    }

    package static func parts(_ text: String, _ separator: String, limit: Int) -> [String] {
        split(text, separator, limit) { $0 }
    }

    /// As `parts`, as values of a template.
    static func values(_ text: String, _ separator: String, limit: Int) -> [JinjaValue] {
        split(text, separator, limit) { .string($0) }
    }

    @inline(__always)
    private static func split<Part>(_ text: String, _ separator: String, _ limit: Int, _ make: (String) -> Part) -> [Part] {
        var text = text
        var separator = separator
        return text.withUTF8 { bytes in
            separator.withUTF8 { needle in
                var result: [Part] = []
                result.reserveCapacity(4)
                var position = 0
                while limit < 0 || result.count < limit, let next = TextSearch.find(bytes, needle, from: position) {
                    result.append(make(ASCIIText.string(bytes, position, next)))
                    position = next + needle.count
                }
                result.append(make(ASCIIText.string(bytes, position, bytes.count)))
                return result
            }
        }
    }

    package static func partsFromEnd(_ text: String, _ separator: String, limit: Int) -> [String] {
        let bytes = Array(text.utf8)
        let needle = Array(separator.utf8)
        var result: [String] = []
        var end = bytes.count
        while limit < 0 || result.count < limit, let next = TextSearch.findLast(bytes, needle, before: end) {
            result.append(String(decoding: bytes[(next + needle.count)..<end], as: UTF8.self))
            end = next
        }
        result.append(String(decoding: bytes[..<end], as: UTF8.self))
        return result.reversed()
    }

    package static func strip(_ text: String, left: Bool, right: Bool, characters: String?) -> String {
        if characters == nil || characters?.utf8.allSatisfy({ $0 < 0x80 }) == true,
            let fast = stripASCII(text, left: left, right: right, characters: characters)
        {
            return fast
        }
        let set = characters.map { Set($0.unicodeScalars) }
        func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? PythonSpace.isSpace(scalar) }
        var rest = text.unicodeScalars[...]
        if left { rest = rest.drop(while: goes) }
        if right { while let last = rest.last, goes(last) { rest = rest.dropLast() } }
        return String(rest)
    }

    /// As `strip`, for characters that are ASCII; nil where a character that may have to go is not.
    private static func stripASCII(_ text: String, left: Bool, right: Bool, characters: String?) -> String? {
        var text = text
        let set = characters.map { Array($0.utf8) }
        func goes(_ byte: UInt8) -> Bool { set?.contains(byte) ?? ASCIIText.isSpace(byte) }
        let range: Range<Int>? = text.withUTF8 { bytes in
            var start = 0
            var end = bytes.count
            if left { while start < end, goes(bytes[start]) { start += 1 } }
            if right { while end > start, goes(bytes[end - 1]) { end -= 1 } }
            // Beyond ASCII there is more white space.
            if set == nil, start < end, bytes[start] >= 0x80 || bytes[end - 1] >= 0x80 { return nil }
            return start..<end
        }
        guard let range else { return nil }
        if range.count == text.utf8.count { return text }
        return text.withUTF8 { ASCIIText.string($0, range.lowerBound, range.upperBound) }
    }

    package static func pad(_ text: String, width: Int, fill: String, left: Int, right: Int) -> String {
        String(repeating: fill, count: max(0, left)) + text + String(repeating: fill, count: max(0, right))
    }

    package static func center(_ text: String, width: Int, fill: String = " ") -> String {
        let space = width - text.scalarCount
        guard space > 0 else { return text }
        // Where the space is odd Python puts the extra one left of text of odd width.
        let left = space / 2 + (space & width & 1)
        return pad(text, width: width, fill: fill, left: left, right: space - left)
    }
}
