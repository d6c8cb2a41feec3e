import HaliteValue

/// A scalar on its way into a text: what stands there, and which styles could carry it.
struct YAMLScalarText {
    let text: String
    let tag: YAMLTag

    init(_ value: Value) {
        switch value {
        case .null: (text, tag) = ("null", .null)
        case .bool(let flag): (text, tag) = (flag ? "true" : "false", .bool)
        case .int(let number): (text, tag) = (String(number), .int)
        case .big: (text, tag) = (value.pythonRepr, .int)
        case .float(let number): (text, tag) = (Self.float(number), .float)
        case .bytes(let bytes): (text, tag) = (Self.base64Lines(bytes), .binary)
        case .string(let string): (text, tag) = (string, .string)
        case .list, .map: (text, tag) = (value.pythonRepr, .string)
        }
    }

    /// PyYAML writes Python's `repr`, with `.0` before an exponent.
    private static func float(_ number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = Value.float(number).pythonRepr
        if !text.contains("."), let exponent = text.firstIndex(of: "e") { return text[..<exponent] + ".0" + text[exponent...] }
        return text
    }

    /// Lines of 76 characters, each with its break, as Python's `encodebytes` makes them.
    private static func base64Lines(_ bytes: [UInt8]) -> String {
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            text += Base64.encode(Array(rest.prefix(57))) + "\n"
            rest = rest.dropFirst(57)
        }
        return text
    }

    /// What a look at each character tells.
    struct Analysis {
        let bytes: UnsafeBufferPointer<UInt8>
        /// Whether the plain text, or the quoted one, would be read as the same kind of value.
        var isPlainImplicit = false
        var isQuotedImplicit = false
        var hasBreaks = false
        var allowsFlowPlain = true
        var allowsBlockPlain = true
        var allowsSingleQuotes = true
        var allowsBlock = true
    }

    func withAnalysis<R>(_ options: YAML.DumpOptions, _ body: (Analysis) -> R) -> R {
        var copy = text
        return copy.withUTF8 { bytes in
            var analysis = Self.analyse(bytes, allowUnicode: options.allowUnicode)
            analysis.isPlainImplicit = YAMLResolver.tag(of: bytes) == tag
            analysis.isQuotedImplicit = tag == .string
            return body(analysis)
        }
    }

    private static func analyse(_ bytes: UnsafeBufferPointer<UInt8>, allowUnicode: Bool) -> Analysis {
        var result = Analysis(bytes: bytes)
        guard !bytes.isEmpty else {
            result.allowsFlowPlain = false
            result.allowsBlock = false
            return result
        }
        var (blockIndicators, flowIndicators, isSpecial) = (false, false, false)
        var (breakThenSpace, spaceThenBreak) = (false, false)
        var (afterSpace, afterBreak, afterBlank) = (false, false, true)
        if bytes.count >= 3, bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "."), bytes[1] == bytes[0], bytes[2] == bytes[0] {
            (blockIndicators, flowIndicators) = (true, true)
        }
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            let size = size(byte)
            let beforeBlank = place + size >= bytes.count || isBlank(bytes, place + size)
            indicators(byte, isFirst: place == 0, afterBlank, beforeBlank, &blockIndicators, &flowIndicators)
            if !isPrintable(bytes, place) || (byte >= 0x80 && !allowUnicode) { isSpecial = true }
            if byte == 0x20 {
                if afterBreak { breakThenSpace = true }
                (afterSpace, afterBreak) = (true, false)
            } else if isBreak(bytes, place) {
                result.hasBreaks = true
                if afterSpace { spaceThenBreak = true }
                (afterSpace, afterBreak) = (false, true)
            } else {
                (afterSpace, afterBreak) = (false, false)
            }
            afterBlank = isBlank(bytes, place)
            place += size
        }
        let hasBlankEnds = bytes[0] == 0x20 || isBreak(bytes, 0) || afterSpace || afterBreak
        let isPlain = !hasBlankEnds && !breakThenSpace && !spaceThenBreak && !isSpecial && !result.hasBreaks
        result.allowsFlowPlain = isPlain && !flowIndicators
        result.allowsBlockPlain = isPlain && !blockIndicators
        result.allowsSingleQuotes = !breakThenSpace && !spaceThenBreak && !isSpecial
        result.allowsBlock = !afterSpace && !spaceThenBreak && !isSpecial
        return result
    }

    /// Notes characters that mean something to YAML at their place.
    @inline(__always)
    private static func indicators(
        _ byte: UInt8, isFirst: Bool, _ afterBlank: Bool, _ beforeBlank: Bool, _ block: inout Bool, _ flow: inout Bool
    ) {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
            flow = true
            if isFirst { block = true }
        case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "'"),
            UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
            if isFirst { (block, flow) = (true, true) }
        case UInt8(ascii: "#"): if isFirst || afterBlank { (block, flow) = (true, true) }
        case UInt8(ascii: ":"):
            flow = true
            if beforeBlank { block = true }
        case UInt8(ascii: "?"):
            flow = true
            if isFirst, beforeBlank { block = true }
        case UInt8(ascii: "-"): if isFirst, beforeBlank { (block, flow) = (true, true) }
        default: break
        }
    }

    // MARK: Characters

    @inline(__always) static func size(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

    @inline(__always) static func isBreak(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
        switch bytes[place] {
        case 0x0A, 0x0D: true
        case 0xC2: bytes[place + 1] == 0x85
        case 0xE2: bytes[place + 1] == 0x80 && bytes[place + 2] & 0xFE == 0xA8
        default: false
        }
    }

    /// A space, a tab, a break or NUL.
    @inline(__always) static func isBlank(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
        let byte = bytes[place]
        return byte == 0x20 || byte == 0x09 || byte == 0x00 || isBreak(bytes, place)
    }

    /// What libyaml writes as it is: neither tabs nor anything beyond the first 65,536 characters.
    @inline(__always) static func isPrintable(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
        switch bytes[place] {
        case 0x0A, 0x20...0x7E: true
        case 0xC2: bytes[place + 1] >= 0xA0
        case 0xC3...0xEE: true
        case 0xEF:
            !(bytes[place + 1] == 0xBB && bytes[place + 2] == 0xBF) && !(bytes[place + 1] == 0xBF && bytes[place + 2] >= 0xBE)
        default: false
        }
    }
}
