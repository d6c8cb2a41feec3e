// Literal and folded scalars.
extension YAMLScanner {
    private static let context = "while scanning a block scalar"

    mutating func fetchBlockScalar(isLiteral: Bool) throws(YAMLError) {
        try removeSimpleKey()
        simpleKeyAllowed = true
        tokens.push(try scanBlockScalar(isLiteral: isLiteral))
    }

    private mutating func scanBlockScalar(isLiteral: Bool) throws(YAMLError) -> YAMLToken {
        let start = mark
        position += 1
        let (chomping, increment) = try scanIndicators(start)
        skipBlanks()
        if byte == UInt8(ascii: "#") { skipLine() }
        guard isBreakZ else { throw failure(Self.context, start, "did not find expected comment or line break") }
        if byte != 0 { _ = skipBreak() }

        let scratchStart = scratch.count
        var wanted = increment == 0 ? 0 : (indent >= 0 ? indent + increment : increment)
        var leading: UInt8?
        var leadingBlank = false
        try scanIndentation(&wanted, start)
        while column == wanted, byte != 0 {
            let isBlankLine = isBlank(at: position)
            if !isLiteral, leading == 0, !leadingBlank, !isBlankLine {
                if breaks.isEmpty { scratch.append(0x20) }
            } else if let leading {
                put(break: leading)
            }
            scratch.append(contentsOf: breaks)
            breaks.removeAll(keepingCapacity: true)
            leadingBlank = isBlankLine
            let lineBegin = position
            skipLine()
            copy(lineBegin, position)
            leading = byte == 0 ? nil : skipBreak()
            try scanIndentation(&wanted, start)
        }
        if chomping != .strip, let leading { put(break: leading) }
        if chomping == .keep { scratch.append(contentsOf: breaks) }
        breaks.removeAll(keepingCapacity: true)
        var token = YAMLToken(kind: .scalar, style: isLiteral ? .literal : .folded, start: start)
        token.text = YAMLSlice(start: Int32(scratchStart), end: Int32(scratch.count), isScratch: true)
        return token
    }

    private enum Chomping { case clip, strip, keep }

    /// The chomping indicator and the indentation indicator, in either order.
    private mutating func scanIndicators(_ start: YAMLMark) throws(YAMLError) -> (Chomping, Int) {
        var chomping = Chomping.clip
        var increment = 0
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        for step in 0..<2 {
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), chomping == .clip {
                chomping = byte == UInt8(ascii: "+") ? .keep : .strip
                position += 1
            } else if isDigit(byte), increment == 0 {
                if byte == 0x30 { throw failure(Self.context, start, "found an indentation indicator equal to 0") }
                increment = Int(byte - 0x30)
                position += 1
            } else if step == 0 {
                break
            }
        }
        return (chomping, increment)
    }

    /// Steps over indentation and empty lines, whose breaks are kept; finds the indentation out when it is not known yet.
    private mutating func scanIndentation(_ wanted: inout Int, _ start: YAMLMark) throws(YAMLError) {
        var deepest = 0
        while true {
            while wanted == 0 || column < wanted, byte == 0x20 { position += 1 }
            deepest = max(deepest, column)
            if wanted == 0 || column < wanted, byte == 0x09 {
                throw failure(Self.context, start, "found a tab character where an indentation space is expected")
            }
            guard isBreak(at: position) else { break }
            keepBreak()
        }
        if wanted == 0 { wanted = max(deepest, indent + 1, 1) }
    }
}
