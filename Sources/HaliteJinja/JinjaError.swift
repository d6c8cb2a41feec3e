/// What went wrong in a template: when it was read, loaded or rendered.
///
/// The class and the message are the ones that Jinja2 or Python give; everything else helps to find the place.
public struct JinjaError: Error, Sendable, CustomStringConvertible {
    /// The name of an exception class of Jinja2 or Python, such as `UndefinedError`.
    public struct Kind: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral value: String) { rawValue = value }

        public static let templateSyntax: Kind = "TemplateSyntaxError"
        /// What Python, not Jinja2, refuses to compile.
        public static let syntax: Kind = "SyntaxError"
        public static let templateAssertion: Kind = "TemplateAssertionError"
        public static let templateNotFound: Kind = "TemplateNotFound"
        public static let templatesNotFound: Kind = "TemplatesNotFound"
        public static let templateRuntime: Kind = "TemplateRuntimeError"
        public static let security: Kind = "SecurityError"
        public static let undefined: Kind = "UndefinedError"
        public static let filterArgument: Kind = "FilterArgumentError"
        public static let type: Kind = "TypeError"
        public static let value: Kind = "ValueError"
        public static let zeroDivision: Kind = "ZeroDivisionError"
        public static let overflow: Kind = "OverflowError"
        public static let index: Kind = "IndexError"
        public static let key: Kind = "KeyError"
        public static let attribute: Kind = "AttributeError"
        public static let assertion: Kind = "AssertionError"
        public static let recursion: Kind = "RecursionError"
        public static let memory: Kind = "MemoryError"
        public static let unicodeDecode: Kind = "UnicodeDecodeError"
        public static let unicodeEncode: Kind = "UnicodeEncodeError"
        public static let lookup: Kind = "LookupError"
        public static let runtime: Kind = "RuntimeError"
        /// A host function threw something of its own.
        public static let host: Kind = "Exception"
    }

    /// A template on the way to the error and the line in it that led on.
    public struct Step: Sendable, Hashable {
        public let template: String
        public let line: Int

        package init(template: String, line: Int) {
            self.template = template
            self.line = line
        }
    }

    public var kind: Kind
    public var message: String
    /// The template in which it happened; nil before it is known.
    public var template: String?
    public var line: Int?
    /// The column of the place, counted from 1, where the parser knows it.
    public var column: Int?
    /// The line of the template, if need be with a caret below the column.
    public var excerpt: String?
    /// The nearest name that is known where an unknown one was used.
    public var suggestion: String?
    /// The place that Python's traceback names as code of a template: the innermost one outside of blocks.
    public package(set) var codePlace: Step?
    /// The includes, imports and parents that led to the template, the outermost first.
    public var chain: [Step] = []

    public init(_ kind: Kind, _ message: String, template: String? = nil, line: Int? = nil, column: Int? = nil) {
        self.kind = kind
        self.message = message
        self.template = template
        self.line = line
        self.column = column
    }

    /// One line with class, message and place, then the excerpt and the chain.
    public var description: String {
        var text = "\(kind.rawValue): \(message)"
        if let suggestion { text += " (did you mean '\(suggestion)'?)" }
        if let template {
            text += "\n  in \(template)"
            if let line { text += ", line \(line)" }
        } else if let line {
            text += "\n  line \(line)"
        }
        if let excerpt { text += "\n" + excerpt }
        for step in chain.reversed() { text += "\n  from \(step.template), line \(step.line)" }
        return text
    }

    /// Keeps the place as the one outside of blocks, unless there is an inner one.
    mutating func settle(template: String, line: Int) {
        if codePlace == nil { codePlace = Step(template: template, line: line) }
    }

    /// Adds the place unless an inner one is known already.
    mutating func locate(template: String, line: Int, source: SourceText?) {
        if let inner = self.template {
            // Only the step from one template into another belongs to the chain, not every enclosing tag.
            if (chain.first?.template ?? inner) != template { chain.insert(Step(template: template, line: line), at: 0) }
            return
        }
        self.template = template
        if self.line == nil { self.line = line }
        if let source, let place = self.line, excerpt == nil {
            excerpt = source.excerpt(line: place, column: column)
        }
    }
}

/// The text of a template, kept for excerpts.
struct SourceText: Sendable {
    let text: String

    func excerpt(line: Int, column: Int?) -> String? {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else { return nil }
        let content = String(Substring(lines[line - 1]))
        let shown = String(content.prefix(160))
        var result = "  \(line) | \(shown)"
        if let column, column >= 1, column <= shown.count + 1 {
            result += "\n  " + String(repeating: " ", count: String(line).utf8.count + 3 + column - 1) + "^"
        }
        return result
    }
}

/// The name nearest to a mistyped one; nil when none is near.
func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8)
    guard wanted.count > 1, wanted.count < 64 else { return nil }
    var best: (name: String, distance: Int)?
    // Two letters swapped count as two changes.
    let limit = max(wanted.count > 2 ? 2 : 1, wanted.count / 3)
    for candidate in candidates where abs(candidate.utf8.count - wanted.count) <= limit {
        let distance = editDistance(wanted, Array(candidate.utf8))
        guard distance > 0, distance <= limit else { continue }
        if let best, best.distance < distance || (best.distance == distance && best.name < candidate) { continue }
        best = (candidate, distance)
    }
    return best?.name
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var current = [i + 1]
        for (j, b) in right.enumerated() {
            current.append(min(previous[j] + (a == b ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
        }
        previous = current
    }
    return previous[right.count]
}
