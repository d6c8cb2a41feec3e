import HaliteValue

/// Python's `str.format`, and the slightly different one of markup.
struct BraceFormat {
    private let call: JinjaCall
    private let mapping: JinjaValue?
    private let isMarkup: Bool
    /// Whether it works as Python's `string.Formatter`, as that of markup and of a sandbox does.
    private let isFormatter: Bool
    /// The next field without a number.
    private var automatic = 0
    /// Whether fields are counted; nil before the first that could be.
    private var isCounting: Bool?

    static func format(_ text: String, _ call: JinjaCall, mapping: JinjaValue? = nil, isMarkup: Bool) throws -> String {
        if mapping == nil, !isMarkup, let result = try plain(text, call) { return result }
        var formatter = BraceFormat(call: call, mapping: mapping, isMarkup: isMarkup)
        return try formatter.run(Array(text.unicodeScalars)[...], depth: formatter.isFormatter ? 3 : 2)
    }

    /// The result where every field is `{}` or `{0}` and stands for a text or an integer; nil for everything else.
    private static func plain(_ text: String, _ call: JinjaCall) throws -> String? {
        var text = text
        let output = call.context.state.output()
        let isPlain = try text.withUTF8 { bytes in
            var start = 0
            var index = 0
            var counted = 0
            var numbered = false
            while index < bytes.count {
                guard bytes[index] == 0x7B || bytes[index] == 0x7D else {
                    index += 1
                    continue
                }
                guard bytes[index] == 0x7B, index + 1 < bytes.count else { return false }
                try output.write(UnsafeBufferPointer(rebasing: bytes[start..<index]))
                var position = counted
                if bytes[index + 1] == 0x7D {
                    counted += 1
                    index += 2
                } else {
                    guard index + 2 < bytes.count, bytes[index + 1] &- 0x30 < 10, bytes[index + 2] == 0x7D else { return false }
                    position = Int(bytes[index + 1] - 0x30)
                    numbered = true
                    index += 3
                }
                guard position < call.positional.count, !(numbered && counted > 0) else { return false }
                switch call.positional[position] {
                case .string(let text): try output.write(text)
                case .int(let number): try output.write(number)
                default: return false
                }
                start = index
            }
            try output.write(UnsafeBufferPointer(rebasing: bytes[start...]))
            return true
        }
        return isPlain ? output.text : nil
    }

    private init(call: JinjaCall, mapping: JinjaValue?, isMarkup: Bool) {
        self.call = call
        self.mapping = mapping
        self.isMarkup = isMarkup
        isFormatter = isMarkup || call.context.environment.options.sandboxed
    }

    private mutating func run(_ text: ArraySlice<Unicode.Scalar>, depth: Int) throws -> String {
        guard depth > 0 else { throw JinjaError(.value, "Max string recursion exceeded") }
        var scanner = FieldScanner(text)
        var result = ""
        while let piece = try scanner.next() {
            result.unicodeScalars.append(contentsOf: piece.literal)
            if let field = piece.field { result += try format(field, depth: depth) }
            try call.context.state.reserve(result.utf8.count)
        }
        return result
    }

    private mutating func format(_ field: FieldScanner.Field, depth: Int) throws -> String {
        var value = try lookup(field.name)
        switch field.conversion {
        case nil: break
        case "r"?: value = .string(try value.repr())
        case "s"?: value = .string(try value.str())
        case "a"?: value = .string(try Self.ascii(value))
        case let other?:
            let shown = isFormatter || (other.value > 32 && other.value < 127) ? String(other) : "\\x" + String(other.value, radix: 16)
            throw JinjaError(.value, "Unknown conversion specifier \(shown)")
        }
        // Markup expands every specification, text only those with fields inside.
        let spec = field.nests || isFormatter ? try run(field.spec, depth: depth - 1) : String(String.UnicodeScalarView(field.spec))
        guard isMarkup else { return try FormatSpec.format(value, spec) }
        if case .markup(let text) = value {
            if !spec.isEmpty { throw JinjaError(.value, "Unsupported format specification for Markup.") }
            return text
        }
        return escapeHTML(try FormatSpec.format(value, spec))
    }

    static func ascii(_ value: JinjaValue) throws -> String {
        var result = ""
        for scalar in try value.repr().unicodeScalars {
            if scalar.isASCII { result.unicodeScalars.append(scalar) } else { result += PythonText.escape(scalar) }
        }
        return result
    }

    // MARK: Fields

    private mutating func lookup(_ name: ArraySlice<Unicode.Scalar>) throws -> JinjaValue {
        let end = name.firstIndex { $0 == "." || $0 == "[" } ?? name.endIndex
        var value = try base(name[..<end], isWhole: end == name.endIndex)
        var rest = name[end...]
        func empty() -> JinjaError { JinjaError(.value, "Empty attribute in format string") }
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                let part = rest.prefix { $0 != "." && $0 != "[" }
                rest = rest.dropFirst(part.count)
                if part.isEmpty { throw empty() }
                value = try attribute(value, String(String.UnicodeScalarView(part)))
            case "[":
                guard let close = rest.firstIndex(of: "]") else { throw JinjaError(.value, "Missing ']' in format string") }
                let part = rest[..<close]
                rest = rest[(close + 1)...]
                if part.isEmpty { throw empty() }
                value = try element(value, try Self.index(part).map { .int($0) } ?? .string(String(String.UnicodeScalarView(part))))
            default: throw JinjaError(.value, "Only '.' or '[' may follow ']' in format field specifier")
            }
        }
        return value
    }

    /// The number that a part of a field name is, if it is one.
    private static func index(_ part: ArraySlice<Unicode.Scalar>) throws -> Int? {
        guard !part.isEmpty else { return nil }
        var value = 0
        for scalar in part {
            guard let digit = FormatSpec.decimal(scalar) else { return nil }
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(digit)
            if tooLarge || overflow { throw JinjaError(.value, "Too many decimal digits in format string") }
            value = sum
        }
        return value
    }

    private func element(_ value: JinjaValue, _ key: JinjaValue) throws -> JinjaValue {
        call.context.environment.options.sandboxed ? try Access.item(value, key, call.context) : try Self.item(value, key)
    }

    private func attribute(_ value: JinjaValue, _ name: String) throws -> JinjaValue {
        if call.context.environment.options.sandboxed {
            let isHidden = name.hasPrefix("_")
            return isHidden ? try Access.guarded(value, name, call.context) : try Access.attribute(value, name, call.context)
        }
        guard let found = try Access.pythonAttribute(value, name) else { throw value.lacks(name) }
        return found
    }

    private static func item(_ value: JinjaValue, _ key: JinjaValue) throws -> JinjaValue {
        if let found = try Access.pythonItem(value, key) { return found }
        switch value {
        case .dict: throw JinjaError(.key, try key.repr())
        case .list, .tuple:
            throw key.integer == nil
                ? JinjaError(.type, "\(value.sequenceName) indices must be integers or slices, not str")
                : JinjaError(.index, "\(value.sequenceName) index out of range")
        case .string, .markup:
            throw key.integer == nil
                ? JinjaError(.type, "string indices must be integers, not 'str'") : JinjaError(.index, "string index out of range")
        default: throw JinjaError(.type, "'\(value.typeName)' object is not subscriptable")
        }
    }

    /// `isWhole`: there is nothing behind the first part, which markup counts only then.
    private mutating func base(_ name: ArraySlice<Unicode.Scalar>, isWhole: Bool) throws -> JinjaValue {
        let number = try Self.index(name)
        guard number != nil || (name.isEmpty && (isWhole || !isFormatter)) else {
            return try keyword(String(String.UnicodeScalarView(name)))
        }
        let index = try isWhole || !isFormatter ? place(number) : number ?? 0
        if isFormatter {
            guard index < call.positional.count else { throw JinjaError(.index, "tuple index out of range") }
            return call.positional[index]
        }
        if mapping != nil { throw JinjaError(.value, "Format string contains positional fields") }
        guard index < call.positional.count else {
            throw JinjaError(.index, "Replacement index \(index) out of range for positional args tuple")
        }
        return call.positional[index]
    }

    /// The place of a field with or without a number; the two kinds cannot be mixed.
    private mutating func place(_ number: Int?) throws -> Int {
        let counts = number == nil
        if let isCounting, isCounting != counts {
            let wording =
                counts || isFormatter
                ? "manual field specification to automatic field numbering" : "automatic field numbering to manual field specification"
            throw JinjaError(.value, "cannot switch from \(wording)")
        }
        isCounting = counts
        if let number { return number }
        automatic += 1
        return automatic - 1
    }

    private func keyword(_ name: String) throws -> JinjaValue {
        if let mapping { return try Self.item(mapping, .string(name)) }
        guard let value = call.keyword(name) else { throw JinjaError(.key, name.quoted) }
        return value
    }
}

extension JinjaValue {
    fileprivate var sequenceName: String { if case .list = self { "list" } else { "tuple" } }
}

/// Cuts a format string into literal text and fields.
struct FieldScanner {
    struct Field {
        let name: ArraySlice<Unicode.Scalar>
        let conversion: Unicode.Scalar?
        let spec: ArraySlice<Unicode.Scalar>
        /// Whether there are fields in the specification.
        let nests: Bool
    }

    private let text: ArraySlice<Unicode.Scalar>
    private var position: Int

    init(_ text: ArraySlice<Unicode.Scalar>) {
        self.text = text
        position = text.startIndex
    }

    private var isAtEnd: Bool { position >= text.endIndex }

    private mutating func take() -> Unicode.Scalar? {
        guard !isAtEnd else { return nil }
        position += 1
        return text[position - 1]
    }

    mutating func next() throws -> (literal: ArraySlice<Unicode.Scalar>, field: Field?)? {
        if isAtEnd { return nil }
        let start = position
        while !isAtEnd, text[position] != "{", text[position] != "}" { position += 1 }
        let literal = text[start..<position]
        guard let brace = take() else { return (literal, nil) }
        if !isAtEnd, text[position] == brace {
            position += 1
            return (text[start..<(position - 1)], nil)
        }
        if brace == "}" || isAtEnd { throw JinjaError(.value, "Single '\(brace)' encountered in format string") }
        return (literal, try field())
    }

    private mutating func field() throws -> Field {
        let start = position
        var stop: Unicode.Scalar?
        scanning: while let scalar = take() {
            switch scalar {
            case "{": throw JinjaError(.value, "unexpected '{' in field name")
            case "[": while !isAtEnd, text[position] != "]" { position += 1 }
            case "}", ":", "!":
                stop = scalar
                break scanning
            default: continue
            }
        }
        guard let stop else { throw JinjaError(.value, "expected '}' before end of string") }
        let name = text[start..<(position - 1)]
        var conversion: Unicode.Scalar?
        if stop == "!" {
            guard let letter = take() else {
                throw JinjaError(.value, "end of string while looking for conversion specifier")
            }
            conversion = letter
            if let next = take() {
                if next == "}" { return Field(name: name, conversion: conversion, spec: [], nests: false) }
                if next != ":" { throw JinjaError(.value, "expected ':' after conversion specifier") }
            }
        }
        if stop == "}" { return Field(name: name, conversion: nil, spec: [], nests: false) }
        return try specification(of: name, conversion)
    }

    private mutating func specification(of name: ArraySlice<Unicode.Scalar>, _ conversion: Unicode.Scalar?) throws -> Field {
        let start = position
        var depth = 1
        var nests = false
        while let scalar = take() {
            if scalar == "{" {
                depth += 1
                nests = true
            } else if scalar == "}" {
                depth -= 1
                if depth == 0 { return Field(name: name, conversion: conversion, spec: text[start..<(position - 1)], nests: nests) }
            }
        }
        throw JinjaError(.value, "unmatched '{' in format spec")
    }
}
