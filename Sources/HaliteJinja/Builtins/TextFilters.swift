import HaliteValue

enum TextFilters {
    private static let define = BuiltinFilters.define

    private static func mapped(_ name: String, _ body: @escaping @Sendable (String) -> String) -> BuiltinFunction {
        define(name, "s") { arguments, _ in
            switch arguments.value(0) {
            case .string(let text): .string(body(text))
            case .markup(let text): .markup(body(text))
            case let other: .string(body(try other.str()))
            }
        }
    }

    static let table: [String: BuiltinFunction] = [
        "upper": mapped("do_upper", PythonCase.upper),
        "lower": mapped("do_lower", PythonCase.lower),
        "capitalize": mapped("do_capitalize", PythonCase.capitalize),
        "title": define("do_title", "s") { arguments, _ in .string(title(try arguments.text(0))) },
        "string": define("soft_str", "s") { arguments, _ in try arguments.value(0).softText() },
        "trim": define("do_trim", "value, chars=") { arguments, _ in
            var characters: String?
            if let argument = arguments.given(1) {
                guard let text = argument.text else { throw JinjaError(.type, "strip arg must be None or str") }
                characters = text
            }
            let value = arguments.value(0)
            let result = PythonSplit.strip(try arguments.text(0), left: true, right: true, characters: characters)
            return value.isMarkup ? .markup(result) : .string(result)
        },
        "center": define("do_center", "value, width=") { arguments, context in
            let width = try arguments.integer(1, default: 80)
            try context.state.reserve(max(0, width))
            let result = PythonSplit.center(try arguments.text(0), width: width)
            return arguments.value(0).isMarkup ? .markup(result) : .string(result)
        },
        "replace": define("do_replace", "@s, old, new, count=", replace),
        "indent": define("do_indent", "s, width=, first=, blank=", indent),
        "truncate": define("do_truncate", "@s, length=, killwords=, end=, leeway=", truncate),
        "wordwrap": define(
            "do_wordwrap", "@s, width=, break_long_words=, wrapstring=, break_on_hyphens=", wordwrap),
        "wordcount": define("do_wordcount", "s") { arguments, _ in
            var count = 0
            var inWord = false
            for scalar in try arguments.text(0).unicodeScalars {
                let isWord = scalar == "_" || PythonCase.isAlphanumeric(scalar)
                if isWord, !inWord { count += 1 }
                inWord = isWord
            }
            return .int(count)
        },
        "format": .free { call in
            guard let first = call.positional.first else {
                throw JinjaError(.type, "do_format() missing 1 required positional argument: 'value'")
            }
            let rest = Array(call.positional.dropFirst())
            if !rest.isEmpty, !call.keywords.isEmpty {
                throw JinjaError(
                    .filterArgument, "can't handle positional and keyword arguments at the same time")
            }
            let argument: JinjaValue =
                call.keywords.isEmpty
                ? .tuple(of: rest) : .dict(JinjaDict(call.keywords.map { ($0.name, $0.value) }))
            return try PercentFormat.format(try first.softText().text ?? "", argument, isMarkup: first.isMarkup)
        },
        "pprint": define("do_pprint", "value") { arguments, _ in .string(try PrettyPrinter.format(arguments.value(0))) },
    ]

    private static func isOpening(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2D, 0x28, 0x7B, 0x5B, 0x3C: true
        default: false
        }
    }

    /// Capital letters at the start of words, where words are parted by white space and opening brackets.
    static func title(_ text: String) -> String {
        let fast = ASCIIText.map(text) { byte, before in
            let isStart = before == 0 || ASCIIText.isSpace(before) || isOpening(before)
            return isStart ? ASCIIText.upper(byte) : ASCIIText.lower(byte)
        }
        if let fast, !text.utf8.contains(0) { return fast }
        var result = ""
        var part = String.UnicodeScalarView()
        func flush() {
            guard let first = part.first else { return }
            result += first.properties.uppercaseMapping + PythonCase.lower(String(part.dropFirst()))
            part.removeAll()
        }
        var inSeparator = false
        for scalar in text.unicodeScalars {
            let separates = "-({[<".unicodeScalars.contains(scalar) || PythonSpace.isSpace(scalar)
            if separates != inSeparator { flush() }
            inSeparator = separates
            part.append(scalar)
        }
        flush()
        return result
    }

    private static func replace(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let limit = arguments.given(3) == nil ? -1 : try arguments.integer(3, default: -1)
        let source = arguments.value(0)
        let old = arguments.value(1)
        let new = arguments.value(2)
        guard context.autoescape else {
            let text = try source.str()
            let replacement = try new.str()
            try context.state.reserve(text.utf8.count * max(1, replacement.utf8.count))
            return .string(TextSearch.replace(text, try old.str(), with: replacement, limit: limit))
        }
        let base: JinjaValue =
            old.isMarkup || (new.isMarkup && !source.isMarkup) ? .markup(try Markup.escape(source)) : try source.softText()
        let replacement = base.isMarkup ? try Markup.escape(new) : try new.str()
        let result = TextSearch.replace(base.text ?? "", try old.str(), with: replacement, limit: limit)
        return base.isMarkup ? .markup(result) : .string(result)
    }

    private static func indent(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let source = arguments.value(0)
        let width = arguments.value(1, default: .int(4))
        let prefix = try width.text ?? Operators.apply(.mul, .string(" "), width, context).str()
        guard let text = source.text else {
            if case .list = source { throw source.lacks("splitlines") }
            // A tuple or bytes cannot be added to, and other values know no `+=`.
            _ = try Operators.apply(.add, source, .string("\n"), context, isInPlace: true)
            throw source.lacks("splitlines")
        }
        let lines = PythonSplit.lines(text + "\n")
        let blank = try arguments.flag(3)
        try context.state.reserve(text.utf8.count + lines.count * prefix.utf8.count)
        var result = lines.first ?? ""
        for line in lines.dropFirst() { result += "\n" + (blank || !line.isEmpty ? prefix + line : line) }
        if try arguments.flag(2) { result = prefix + result }
        return source.isMarkup ? .markup(result) : .string(result)
    }

    /// In the steps of Jinja2, for whatever can be measured and cut.
    private static func truncate(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let source = arguments.value(0)
        let length = arguments.value(1, default: .int(255))
        let end = arguments[3] ?? .string("...")
        let leeway = arguments.given(4) ?? .int(5)
        let endLength = try end.requiredLength()
        guard try Operators.compare(.gteq, length, .int(endLength)) else {
            throw JinjaError(.assertion, "expected length >= \(endLength), got \(try length.str())")
        }
        guard try Operators.compare(.gteq, leeway, .int(0)) else {
            throw JinjaError(.assertion, "expected leeway >= 0, got \(try leeway.str())")
        }
        let limit = try Operators.apply(.add, length, leeway, context)
        if try Operators.compare(.lteq, .int(source.requiredLength()), limit) { return source }
        let stop = try Operators.apply(.sub, length, .int(endLength), context)
        var kept = try Slicing.slice(source, start: nil, stop: stop, step: nil)
        if try !arguments.flag(2) {
            guard let text = kept.text else { throw kept.lacks("rsplit") }
            let word = PythonSplit.partsFromEnd(text, " ", limit: 1)[0]
            kept = kept.isMarkup ? .markup(word) : .string(word)
        }
        return try Operators.apply(.add, kept, end, context)
    }

    private static func wordwrap(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let mark = arguments.given(3) ?? .string("\n")
        guard let separator = mark.text else { throw mark.lacks("join") }
        guard let text = arguments.value(0).text else {
            if case .bytes = arguments.value(0) { throw JinjaError(.type, "cannot use a string pattern on a bytes-like object") }
            throw arguments.value(0).lacks("splitlines")
        }
        let given = arguments.value(1, default: .int(79))
        if !text.isEmpty { _ = try Operators.compare(.lteq, given, .int(0)) }
        let width = given.integer ?? 79
        if width <= 0, !text.isEmpty { throw JinjaError(.value, "invalid width \(width) (must be > 0)") }
        let wrapper = TextWrapper(
            width: width, breakLongWords: try arguments.flag(2, default: true),
            breakOnHyphens: try arguments.flag(4, default: true))
        let lines = PythonSplit.lines(text).flatMap { line in
            let parts = wrapper.wrap(line)
            return parts.isEmpty ? [""] : parts
        }
        try context.state.reserve(text.utf8.count + lines.count * separator.utf8.count)
        return .string(lines.joined(separator: separator))
    }
}
