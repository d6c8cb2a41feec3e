/// Rewrites a pattern of Python's `re` where PCRE2 reads it differently.
struct PatternTranslator {
    private let pattern: String
    private let input: [UInt8]
    private var position = 0
    private var output: [UInt8] = []
    private let verbose: Bool
    /// Whether an inline `(?a)` asks for ASCII classes.
    private(set) var ascii = false

    init(_ pattern: String, verbose: Bool) {
        self.pattern = pattern
        self.verbose = verbose
        input = Array(pattern.utf8)
    }

    mutating func translate() throws(RegexError) -> [UInt8] {
        output.reserveCapacity(input.count + 8)
        while position < input.count {
            switch input[position] {
            case UInt8(ascii: "\\"): try escape(inClass: false)
            case UInt8(ascii: "["): try characterClass()
            case UInt8(ascii: "{"): quantifier()
            case UInt8(ascii: "("): group()
            case UInt8(ascii: "#") where verbose:
                while position < input.count, input[position] != 0x0A { position += 1 }
            default: copy()
            }
        }
        return output
    }

    private mutating func copy(_ count: Int = 1) {
        let end = min(position + count, input.count)
        output.append(contentsOf: input[position..<end])
        position = end
    }

    private func error(_ reason: String) -> RegexError { RegexError(pattern: pattern, reason: reason, position: position) }

    private func byte(_ offset: Int) -> UInt8? {
        position + offset < input.count ? input[position + offset] : nil
    }

    private mutating func escape(inClass: Bool) throws(RegexError) {
        guard let letter = byte(1) else { throw error("bad escape (end of pattern)") }
        switch letter {
        case UInt8(ascii: "Z") where !inClass:
            output += Array("\\z".utf8)
            position += 2
        case UInt8(ascii: "v"):
            // PCRE2 takes \v for all vertical space.
            output += Array("\\x0b".utf8)
            position += 2
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let length = letter == UInt8(ascii: "u") ? 4 : 8
            let digits = input.dropFirst(position + 2).prefix(length)
            guard digits.count == length, let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
                throw error("incomplete escape")
            }
            output += Array("\\x{\(String(number, radix: 16))}".utf8)
            position += 2 + length
        case UInt8(ascii: "x"):
            let digits = input.dropFirst(position + 2).prefix(2)
            guard digits.count == 2, UInt8(String(decoding: digits, as: UTF8.self), radix: 16) != nil else {
                throw error("incomplete escape")
            }
            copy(4)
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            let known = inClass ? "abdfnrstwDSW" : "abdfnrstwABDSW"
            guard known.utf8.contains(letter) else {
                throw error("bad escape \\\(String(UnicodeScalar(letter)))")
            }
            copy(2)
        default: copy(2)
        }
    }

    private mutating func characterClass() throws(RegexError) {
        copy()
        if byte(0) == UInt8(ascii: "^") { copy() }
        // A bracket in the first place is a member.
        if byte(0) == UInt8(ascii: "]") {
            output += Array("\\]".utf8)
            position += 1
        }
        while let next = byte(0) {
            switch next {
            case UInt8(ascii: "]"): return copy()
            case UInt8(ascii: "\\"): try escape(inClass: true)
            case UInt8(ascii: "["):
                // Otherwise `[[:alpha:]` would be a POSIX class, which Python does not know.
                output += Array("\\[".utf8)
                position += 1
            default: copy()
            }
        }
        throw error("unterminated character set")
    }

    /// `{,n}` means from zero; PCRE2 10.42 takes it literally.
    private mutating func quantifier() {
        var end = position + 2
        guard byte(1) == UInt8(ascii: ",") else { return copy() }
        while end < input.count, (0x30...0x39).contains(input[end]) { end += 1 }
        guard end > position + 2, end < input.count, input[end] == UInt8(ascii: "}") else { return copy() }
        output += Array("{0".utf8)
        position += 1
    }

    /// Inline flags: `u`, `L` and `a` are Python's alone.
    private mutating func group() {
        guard byte(1) == UInt8(ascii: "?") else { return copy() }
        var end = position + 2
        while end < input.count, "aiLmsux-".utf8.contains(input[end]) { end += 1 }
        guard end > position + 2, end < input.count, input[end] == UInt8(ascii: ")") || input[end] == UInt8(ascii: ":") else {
            return copy(2)
        }
        let flags = input[(position + 2)..<end]
        if flags.contains(UInt8(ascii: "a")) { ascii = true }
        let kept = flags.filter { !"aLu".utf8.contains($0) }
        position = end + 1
        if kept.isEmpty || kept == [UInt8(ascii: "-")] {
            if input[end] == UInt8(ascii: ":") { output += Array("(?:".utf8) }
        } else {
            output += Array("(?".utf8) + kept + [input[end]]
        }
    }
}

/// A replacement in Python's syntax: `\1`, `\g<name>`, `\g<1>`, `\n`.
struct ReplacementTemplate {
    private enum Piece {
        case bytes([UInt8])
        case group(Int)
    }

    private var pieces: [Piece] = []

    init(_ template: String, for regex: PythonRegex) throws(RegexError) {
        let input = Array(template.utf8)
        var literal: [UInt8] = []
        var position = 0
        func fail(_ reason: String) -> RegexError { RegexError(pattern: template, reason: reason, position: position) }
        func checked(_ group: Int) throws(RegexError) -> Piece {
            guard group <= regex.groupCount else { throw fail("invalid group reference \(group)") }
            return .group(group)
        }
        while position < input.count {
            guard input[position] == UInt8(ascii: "\\") else {
                literal.append(input[position])
                position += 1
                continue
            }
            guard position + 1 < input.count else { throw fail("bad escape (end of pattern)") }
            let letter = input[position + 1]
            position += 2
            switch letter {
            case UInt8(ascii: "g"):
                guard position < input.count, input[position] == UInt8(ascii: "<"),
                    let close = input[position...].firstIndex(of: UInt8(ascii: ">"))
                else { throw fail("missing <") }
                let name = String(decoding: input[(position + 1)..<close], as: UTF8.self)
                position = close + 1
                guard let group = Int(name) ?? regex.groupNames[name] else { throw fail("unknown group name '\(name)'") }
                pieces.append(.bytes(literal))
                literal = []
                pieces.append(try checked(group))
            case UInt8(ascii: "0"):
                var number = 0
                var digits = 0
                while digits < 2, position < input.count, (0x30...0x37).contains(input[position]) {
                    number = number * 8 + Int(input[position] - 0x30)
                    position += 1
                    digits += 1
                }
                literal += Array(String(UnicodeScalar(UInt8(number))).utf8)
            case 0x31...0x39:
                var number = Int(letter - 0x30)
                if position < input.count, (0x30...0x39).contains(input[position]) {
                    number = number * 10 + Int(input[position] - 0x30)
                    position += 1
                }
                pieces.append(.bytes(literal))
                literal = []
                pieces.append(try checked(number))
            case UInt8(ascii: "n"): literal.append(0x0A)
            case UInt8(ascii: "t"): literal.append(0x09)
            case UInt8(ascii: "r"): literal.append(0x0D)
            case UInt8(ascii: "a"): literal.append(0x07)
            case UInt8(ascii: "b"): literal.append(0x08)
            case UInt8(ascii: "f"): literal.append(0x0C)
            case UInt8(ascii: "v"): literal.append(0x0B)
            case UInt8(ascii: "\\"): literal.append(letter)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                throw fail("bad escape \\\(String(UnicodeScalar(letter)))")
            default: literal += [UInt8(ascii: "\\"), letter]
            }
        }
        pieces.append(.bytes(literal))
    }

    func expand(_ match: RegexMatch, _ subject: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): output += bytes
            case .group(let group): output += match.bytes(group, of: subject) ?? []
            }
        }
        return output
    }
}
