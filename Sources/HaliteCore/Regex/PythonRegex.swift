import CPCRE2
import Synchronization

/// A regular expression in Python's syntax, run by PCRE2 with its JIT and a limit on backtracking.
///
/// Offsets are byte offsets into UTF-8; `RegexMatch.codePoints` gives Python's.
package final class PythonRegex: Sendable {
    /// The bits of Python's `re` module, with its numbers.
    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        package static let ignoreCase = Flags(rawValue: 2)
        package static let multiLine = Flags(rawValue: 8)
        package static let dotAll = Flags(rawValue: 16)
        package static let verbose = Flags(rawValue: 64)
        package static let ascii = Flags(rawValue: 256)
        /// Subject and pattern are bytes that need not be UTF-8, as Python's patterns of `bytes`.
        package static let bytes = Flags(rawValue: 1 << 16)

        /// The flag of a name such as `MULTILINE`, `re.M` or `i`; nil for an unknown one.
        package init?(name: String) {
            var name = name.uppercased()
            if name.hasPrefix("RE.") { name.removeFirst(3) }
            switch name {
            case "I", "IGNORECASE": self = .ignoreCase
            case "M", "MULTILINE": self = .multiLine
            case "S", "DOTALL": self = .dotAll
            case "X", "VERBOSE": self = .verbose
            case "A", "ASCII": self = .ascii
            case "U", "UNICODE", "L", "LOCALE": self = []
            default: return nil
            }
        }
    }

    package let pattern: String
    package let groupCount: Int
    package let groupNames: [String: Int]
    // Compiled code is never changed after the initialiser; PCRE2 documents it as shareable between threads.
    nonisolated(unsafe) private let code: OpaquePointer
    nonisolated(unsafe) private let context: OpaquePointer?

    /// More backtracking than this on one search is an error, so that no pattern can stall a minion.
    private static let matchLimit: UInt32 = 20_000_000
    private static let cacheLimit = 512
    private static let cache = Mutex<[CacheKey: PythonRegex]>([:])

    private struct CacheKey: Hashable {
        let pattern: [UInt8]
        let flags: Flags
    }

    /// The compiled pattern, from the cache when it was compiled before.
    package static func compile(_ pattern: String, _ flags: Flags = []) throws(RegexError) -> PythonRegex {
        let key = CacheKey(pattern: Array(pattern.utf8), flags: flags)
        if let known = cache.withLock({ $0[key] }) { return known }
        let compiled = try PythonRegex(pattern, flags)
        cache.withLock { cache in
            if cache.count >= cacheLimit { cache.removeAll() }
            cache[key] = compiled
        }
        return compiled
    }

    private init(_ pattern: String, _ flags: Flags) throws(RegexError) {
        var translator = PatternTranslator(pattern, verbose: flags.contains(.verbose))
        let text = try translator.translate()
        var options: UInt32 = 0
        if !flags.contains(.bytes) { options |= UInt32(PCRE2_UTF) | UInt32(PCRE2_NO_UTF_CHECK) }
        if !flags.contains(.bytes), !flags.contains(.ascii), !translator.ascii { options |= UInt32(PCRE2_UCP) }
        if flags.contains(.ignoreCase) { options |= UInt32(PCRE2_CASELESS) }
        if flags.contains(.multiLine) { options |= UInt32(PCRE2_MULTILINE) }
        if flags.contains(.dotAll) { options |= UInt32(PCRE2_DOTALL) }
        if flags.contains(.verbose) { options |= UInt32(PCRE2_EXTENDED) }
        let compileContext = pcre2_compile_context_create_8(nil)
        defer { pcre2_compile_context_free_8(compileContext) }
        pcre2_set_newline_8(compileContext, UInt32(PCRE2_NEWLINE_LF))
        var errorCode: Int32 = 0
        var errorOffset = 0
        guard
            let code = pcre2_compile_8(text, text.count, options, &errorCode, &errorOffset, compileContext)
        else {
            throw RegexError(pattern: pattern, reason: PythonRegex.message(errorCode), position: errorOffset)
        }
        // Without JIT (some hardened kernels refuse executable memory) matching falls back to the interpreter.
        pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
        var count: UInt32 = 0
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        self.pattern = pattern
        self.code = code
        groupCount = Int(count)
        groupNames = PythonRegex.names(code)
        context = pcre2_match_context_create_8(nil)
        pcre2_set_match_limit_8(context, PythonRegex.matchLimit)
    }

    deinit {
        pcre2_code_free_8(code)
        pcre2_match_context_free_8(context)
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer[..<Int(length)], as: UTF8.self) : "error \(code)"
    }

    private static func names(_ code: OpaquePointer) -> [String: Int] {
        var count: UInt32 = 0
        var size: UInt32 = 0
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        guard count > 0, let table else { return [:] }
        var names: [String: Int] = [:]
        for index in 0..<Int(count) {
            let entry = table + index * Int(size)
            names[String(cString: entry + 2)] = Int(entry[0]) << 8 | Int(entry[1])
        }
        return names
    }

    // MARK: - Matching

    /// How a match must lie in the subject: Python's `search`, `match` and `fullmatch`.
    package enum Anchor: Sendable {
        case anywhere, start, whole
    }

    /// The first match at or behind a byte offset.
    package func firstMatch(
        in subject: [UInt8], from start: Int = 0, anchor: Anchor = .anywhere, notEmptyAtStart: Bool = false
    ) throws(RegexError) -> RegexMatch? {
        guard start <= subject.count else { return nil }
        let data = pcre2_match_data_create_from_pattern_8(code, nil)
        defer { pcre2_match_data_free_8(data) }
        var options: UInt32 = UInt32(PCRE2_NO_UTF_CHECK)
        if anchor != .anywhere { options |= UInt32(PCRE2_ANCHORED) }
        if anchor == .whole { options |= UInt32(PCRE2_ENDANCHORED) }
        if notEmptyAtStart { options |= UInt32(PCRE2_NOTEMPTY_ATSTART) }
        let result = subject.withUnsafeBufferPointer { buffer in
            // An empty array has no address; PCRE2 wants one all the same.
            if let base = buffer.baseAddress { return pcre2_match_8(code, base, buffer.count, start, options, data, context) }
            return pcre2_match_8(code, [0], 0, 0, options, data, context)
        }
        if result == PCRE2_ERROR_NOMATCH { return nil }
        guard result > 0, let vector = pcre2_get_ovector_pointer_8(data) else {
            throw RegexError(pattern: pattern, reason: PythonRegex.message(result), position: nil)
        }
        var ranges: [Range<Int>?] = []
        ranges.reserveCapacity(groupCount + 1)
        for group in 0...groupCount {
            let from = vector[2 * group]
            let to = vector[2 * group + 1]
            // A group that took no part stands at PCRE2_UNSET, which is -1 here. A look-behind with \K could end before it
            // starts; Python has no \K.
            ranges.append(group < Int(result) && from >= 0 && from <= to && to <= subject.count ? from..<to : nil)
        }
        return RegexMatch(ranges: ranges, names: groupNames)
    }

    package func search(_ text: String) throws(RegexError) -> RegexMatch? { try firstMatch(in: Array(text.utf8)) }
    package func matches(_ text: String, _ anchor: Anchor = .anywhere) throws(RegexError) -> Bool {
        try firstMatch(in: Array(text.utf8), anchor: anchor) != nil
    }

    /// All matches from left to right, empty ones included where Python finds them.
    package func allMatches(in subject: [UInt8], limit: Int = .max) throws(RegexError) -> [RegexMatch] {
        var found: [RegexMatch] = []
        var position = 0
        var mustAdvance = false
        while found.count < limit,
            let match = try firstMatch(in: subject, from: position, notEmptyAtStart: mustAdvance)
        {
            found.append(match)
            position = match.range.upperBound
            mustAdvance = match.range.isEmpty
        }
        return found
    }

    /// Python's `subn` with a replacement template.
    ///
    /// - Parameter count: replace at most so many; 0 replaces all.
    package func substitute(
        _ template: String, in subject: [UInt8], count: Int = 0
    ) throws(RegexError) -> (result: [UInt8], count: Int) {
        let pieces = try ReplacementTemplate(template, for: self)
        return try substitute(in: subject, count: count) { match in pieces.expand(match, subject) }
    }

    package func substitute(
        in subject: [UInt8], count: Int = 0, by replacement: (RegexMatch) -> [UInt8]
    ) throws(RegexError) -> (result: [UInt8], count: Int) {
        let matches = try allMatches(in: subject, limit: count > 0 ? count : .max)
        if matches.isEmpty { return (subject, 0) }
        var output: [UInt8] = []
        output.reserveCapacity(subject.count)
        var position = 0
        for match in matches {
            output.append(contentsOf: subject[position..<match.range.lowerBound])
            output.append(contentsOf: replacement(match))
            position = match.range.upperBound
        }
        output.append(contentsOf: subject[position...])
        return (output, matches.count)
    }

    package func substitute(_ template: String, in text: String, count: Int = 0) throws(RegexError) -> String {
        String(decoding: try substitute(template, in: Array(text.utf8), count: count).result, as: UTF8.self)
    }

    /// Python's `re.escape`.
    package static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if "()[]{}?*+-|^$\\.&~# \t\n\r\u{0B}\u{0C}".unicodeScalars.contains(scalar) { escaped += "\\" }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped
    }
}

/// Where a pattern and its groups matched.
package struct RegexMatch: Sendable {
    /// Byte ranges: the whole match, then each group; nil for a group that took no part.
    package let ranges: [Range<Int>?]
    let names: [String: Int]

    /// The whole match.
    package var range: Range<Int> { ranges[0] ?? 0..<0 }

    package func bytes(_ group: Int = 0, of subject: [UInt8]) -> [UInt8]? {
        guard ranges.indices.contains(group), let range = ranges[group] else { return nil }
        return Array(subject[range])
    }

    package func text(_ group: Int = 0, of subject: [UInt8]) -> String? {
        bytes(group, of: subject).map { String(decoding: $0, as: UTF8.self) }
    }

    package func text(_ group: Int = 0, of subject: String) -> String? { text(group, of: Array(subject.utf8)) }
    package func text(named name: String, of subject: String) -> String? { names[name].flatMap { text($0, of: subject) } }

    /// The range of a group counted in code points, as Python's `span` gives it.
    package func codePoints(_ group: Int = 0, of subject: [UInt8]) -> Range<Int>? {
        guard ranges.indices.contains(group), let range = ranges[group] else { return nil }
        func count(_ end: Int) -> Int { subject[..<end].count { $0 & 0xC0 != 0x80 } }
        let lower = count(range.lowerBound)
        return lower..<lower + subject[range].count { $0 & 0xC0 != 0x80 }
    }
}

/// A pattern or replacement that is wrong, or a match that took too long.
package struct RegexError: Error, CustomStringConvertible, Equatable {
    package let pattern: String
    package let reason: String
    package let position: Int?

    package init(pattern: String, reason: String, position: Int?) {
        self.pattern = pattern
        self.reason = reason
        self.position = position
    }

    package var description: String {
        "regular expression '\(pattern)': \(reason)" + (position.map { " at position \($0)" } ?? "")
    }
}
