/// Names and texts within statements of SQL, quoted so that nothing in them can end the quotes.
enum SQLText {
    /// A name as the standard and PostgreSQL have it: `"it""s"`.
    static func name(_ text: String) -> String { quoted(text, "\"") }

    /// A text in PostgreSQL, where a backslash is nothing special.
    static func literal(_ text: String) -> String { quoted(text, "'") }

    private static func quoted(_ text: String, _ mark: String) -> String {
        mark + text.replacing(mark, with: mark + mark) + mark
    }
}
