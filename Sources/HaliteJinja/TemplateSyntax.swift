/// What tags and comments begin and end with, and how lines end; the defaults are those of Jinja2.
public struct TemplateSyntax: Sendable, Hashable {
    public var blockStart = "{%" { didSet { update() } }
    public var blockEnd = "%}" { didSet { update() } }
    public var variableStart = "{{" { didSet { update() } }
    public var variableEnd = "}}" { didSet { update() } }
    public var commentStart = "{#" { didSet { update() } }
    public var commentEnd = "#}" { didSet { update() } }
    /// Makes a whole line a block tag.
    public var lineStatementPrefix: String? { didSet { update() } }
    /// Makes the rest of a line a comment.
    public var lineCommentPrefix: String? { didSet { update() } }
    /// What line breaks of the source become.
    public var newline = "\n"

    /// Whether tags are the usual ones, which are read faster.
    private(set) var isStandard = true

    public init() {}

    private mutating func update() {
        isStandard =
            blockStart == "{%" && blockEnd == "%}" && variableStart == "{{" && variableEnd == "}}" && commentStart == "{#"
            && commentEnd == "#}" && (lineStatementPrefix ?? "").isEmpty && (lineCommentPrefix ?? "").isEmpty
    }

    @inline(__always)
    func withLineBreaks(_ bytes: ArraySlice<UInt8>) -> String {
        if newline == "\n" { return String(decoding: bytes, as: UTF8.self) }
        return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            .joined(separator: newline)
    }
}
