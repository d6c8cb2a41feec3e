// Scalars in their five styles.
extension YAMLWriter {
    private typealias Bytes = UnsafeBufferPointer<UInt8>

    mutating func writeScalar(_ scalar: YAMLScalarText.Analysis, _ tag: YAMLTag, _ place: Place) {
        let hasTag = options.canonical || !(scalar.isPlainImplicit || scalar.isQuotedImplicit)
        let style = style(scalar, tag, place, hasTag: hasTag)
        if hasTag {
            writeTag(tag)
        } else if !scalar.isQuotedImplicit, style != .plain {
            // Quoted, it would be read as a text.
            if !isAfterBlank { put(0x20) }
            put(UInt8(ascii: "!"))
            isAfterBlank = false
            isIndentation = false
        }
        let outer = indent
        indent = indent < 0 ? indentStep : indent + indentStep
        let allowsBreaks = place != .simpleKey
        switch style {
        case .plain: writePlain(scalar.bytes, allowsBreaks)
        case .singleQuoted: writeSingleQuoted(scalar.bytes, allowsBreaks)
        case .doubleQuoted: writeDoubleQuoted(scalar.bytes, allowsBreaks)
        case .literal: writeLiteral(scalar.bytes)
        case .folded: writeFolded(scalar.bytes)
        }
        indent = outer
    }

    private func style(_ scalar: YAMLScalarText.Analysis, _ tag: YAMLTag, _ place: Place, hasTag: Bool) -> YAMLStyle {
        var style: YAMLStyle =
            switch options.style {
            case "'": .singleQuoted
            case "\"": .doubleQuoted
            case "|": .literal
            case ">": .folded
            default: .plain
            }
        if tag == .binary { style = .literal }
        if options.canonical || (place == .simpleKey && scalar.hasBreaks) { style = .doubleQuoted }
        if style == .plain {
            let isAllowed = flowLevel > 0 ? scalar.allowsFlowPlain : scalar.allowsBlockPlain
            let isLost = scalar.bytes.isEmpty && (flowLevel > 0 || place == .simpleKey)
            if !isAllowed || isLost || (!hasTag && !scalar.isPlainImplicit) { style = .singleQuoted }
        }
        if style == .singleQuoted, !scalar.allowsSingleQuotes { style = .doubleQuoted }
        if style == .literal || style == .folded, !scalar.allowsBlock || flowLevel > 0 || place == .simpleKey { style = .doubleQuoted }
        return style
    }

    private func isSpace(_ bytes: Bytes, _ place: Int) -> Bool { place < bytes.count && bytes[place] == 0x20 }

    private mutating func writePlain(_ bytes: Bytes, _ allowsBreaks: Bool) {
        if !isAfterBlank, !bytes.isEmpty || flowLevel > 0 { put(0x20) }
        var wasSpace = false
        var place = 0
        // Plain texts hold no line breaks.
        while place < bytes.count {
            if bytes[place] == 0x20 {
                if allowsBreaks, !wasSpace, column > width, !isSpace(bytes, place + 1) { writeIndent() } else { put(0x20) }
                wasSpace = true
                place += 1
            } else {
                place += write(bytes, place)
                isIndentation = false
                wasSpace = false
            }
        }
        isAfterBlank = false
        isIndentation = false
    }

    private mutating func writeSingleQuoted(_ bytes: Bytes, _ allowsBreaks: Bool) {
        indicator("'", blankBefore: true)
        var (wasSpace, wasBreak) = (false, false)
        var place = 0
        while place < bytes.count {
            if bytes[place] == 0x20 {
                let isInside = place > 0 && place < bytes.count - 1
                if allowsBreaks, !wasSpace, column > width, isInside, !isSpace(bytes, place + 1) { writeIndent() } else { put(0x20) }
                wasSpace = true
                place += 1
            } else if YAMLScalarText.isBreak(bytes, place) {
                if !wasBreak, bytes[place] == 0x0A { putBreak() }
                place += writeBreak(bytes, place)
                isIndentation = true
                wasBreak = true
            } else {
                if wasBreak { writeIndent() }
                if bytes[place] == UInt8(ascii: "'") { put(UInt8(ascii: "'")) }
                place += write(bytes, place)
                isIndentation = false
                (wasSpace, wasBreak) = (false, false)
            }
        }
        if wasBreak { writeIndent() }
        indicator("'", blankBefore: false)
        isAfterBlank = false
        isIndentation = false
    }

    private mutating func writeDoubleQuoted(_ bytes: Bytes, _ allowsBreaks: Bool) {
        indicator("\"", blankBefore: true)
        var wasSpace = false
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            let mustEscape =
                byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || !YAMLScalarText.isPrintable(bytes, place)
                || (byte >= 0x80 && !options.allowUnicode) || YAMLScalarText.isBreak(bytes, place)
            if mustEscape {
                place += writeEscape(bytes, place)
                wasSpace = false
            } else if byte == 0x20 {
                if allowsBreaks, !wasSpace, column > width, place > 0, place < bytes.count - 1 {
                    writeIndent()
                    if isSpace(bytes, place + 1) { put(UInt8(ascii: "\\")) }
                } else {
                    put(0x20)
                }
                wasSpace = true
                place += 1
            } else {
                place += write(bytes, place)
                wasSpace = false
            }
        }
        indicator("\"", blankBefore: false)
        isAfterBlank = false
        isIndentation = false
    }

    private mutating func writeEscape(_ bytes: Bytes, _ place: Int) -> Int {
        let size = YAMLScalarText.size(bytes[place])
        var code = UInt32(size == 1 ? bytes[place] : bytes[place] & (size == 2 ? 0x1F : size == 3 ? 0x0F : 0x07))
        for offset in 1..<max(size, 1) where size > 1 { code = code << 6 | UInt32(bytes[place + offset] & 0x3F) }
        put(UInt8(ascii: "\\"))
        let letter: UInt8? =
            switch code {
            case 0x00: UInt8(ascii: "0")
            case 0x07: UInt8(ascii: "a")
            case 0x08: UInt8(ascii: "b")
            case 0x09: UInt8(ascii: "t")
            case 0x0A: UInt8(ascii: "n")
            case 0x0B: UInt8(ascii: "v")
            case 0x0C: UInt8(ascii: "f")
            case 0x0D: UInt8(ascii: "r")
            case 0x1B: UInt8(ascii: "e")
            case 0x22: UInt8(ascii: "\"")
            case 0x5C: UInt8(ascii: "\\")
            case 0x85: UInt8(ascii: "N")
            case 0xA0: UInt8(ascii: "_")
            case 0x2028: UInt8(ascii: "L")
            case 0x2029: UInt8(ascii: "P")
            default: nil
            }
        if let letter {
            put(letter)
            return size
        }
        let digits = code <= 0xFF ? 2 : code <= 0xFFFF ? 4 : 8
        put(digits == 2 ? UInt8(ascii: "x") : digits == 4 ? UInt8(ascii: "u") : UInt8(ascii: "U"))
        for digit in (0..<digits).reversed() {
            let value = UInt8(code >> (4 * UInt32(digit)) & 0xF)
            put(value < 10 ? 0x30 + value : 0x37 + value)
        }
        return size
    }

    /// The indentation where the text begins with blanks, and what becomes of its last breaks.
    private mutating func writeBlockHints(_ bytes: Bytes) {
        if let first = bytes.first, first == 0x20 || YAMLScalarText.isBreak(bytes, 0) {
            put(0x30 + UInt8(indentStep))
            isAfterBlank = false
            isIndentation = false
        }
        isOpenEnded = false
        var starts: [Int] = []
        var place = bytes.count
        while place > 0, starts.count < 2 {
            place -= 1
            if bytes[place] & 0xC0 != 0x80 { starts.append(place) }
        }
        guard let last = starts.first, YAMLScalarText.isBreak(bytes, last) else { return indicator("-", blankBefore: false) }
        if starts.count == 1 || YAMLScalarText.isBreak(bytes, starts[1]) {
            indicator("+", blankBefore: false)
            isOpenEnded = true
        }
    }

    private mutating func beginBlock(_ sign: StaticString, _ bytes: Bytes) {
        indicator(sign, blankBefore: true)
        writeBlockHints(bytes)
        putBreak()
        isIndentation = true
        isAfterBlank = true
    }

    private mutating func writeLiteral(_ bytes: Bytes) {
        beginBlock("|", bytes)
        var wasBreak = true
        var place = 0
        while place < bytes.count {
            if YAMLScalarText.isBreak(bytes, place) {
                place += writeBreak(bytes, place)
                isIndentation = true
                wasBreak = true
            } else {
                if wasBreak { writeIndent() }
                place += write(bytes, place)
                isIndentation = false
                wasBreak = false
            }
        }
    }

    private mutating func writeFolded(_ bytes: Bytes) {
        beginBlock(">", bytes)
        var (wasBreak, hasLeadingBlank) = (true, true)
        var place = 0
        while place < bytes.count {
            if YAMLScalarText.isBreak(bytes, place) {
                if !wasBreak, !hasLeadingBlank, bytes[place] == 0x0A {
                    var next = place
                    while next < bytes.count, YAMLScalarText.isBreak(bytes, next) { next += YAMLScalarText.size(bytes[next]) }
                    if next < bytes.count, !YAMLScalarText.isBlank(bytes, next) { putBreak() }
                }
                place += writeBreak(bytes, place)
                isIndentation = true
                wasBreak = true
            } else {
                if wasBreak {
                    writeIndent()
                    hasLeadingBlank = bytes[place] == 0x20 || bytes[place] == 0x09
                }
                if !wasBreak, bytes[place] == 0x20, !isSpace(bytes, place + 1), column > width {
                    writeIndent()
                    place += 1
                } else {
                    place += write(bytes, place)
                }
                isIndentation = false
                wasBreak = false
            }
        }
    }
}
