import HaliteValue

/// Turns the return of a command into text.
package protocol Outputter: Sendable {
    /// What `--out` calls it.
    static var name: String { get }

    /// The text for a map of minions to returns, without white space at its end; an empty text is not printed at all.
    ///
    /// Data of a shape that the outputter cannot show is shown as `nested` does, as in Salt.
    static func render(_ data: Value, _ options: OutputOptions) -> String
}

/// The outputters by name.
package enum Outputters {
    package static let all: [any Outputter.Type] = [
        HighstateOutputter.self, JSONOutputter.self, JSONLinesOutputter.self, KeyOutputter.self, NestedOutputter.self,
        NewlineValuesOnlyOutputter.self, NoReturnOutputter.self, PprintOutputter.self, QuietOutputter.self,
        RawOutputter.self, SummaryOutputter.self, TableOutputter.self, TxtOutputter.self, YAMLOutputter.self,
    ]

    package static let names: [String] = all.map { $0.name }

    /// What Salt's core no longer has, and `progress`, which draws a bar with a package that Salt does not bring.
    package static let gone = ["dson", "overstatestage", "pony", "profile", "progress", "virt_query"]

    /// The outputter of a name; `text` is another word for `txt`, as in Salt.
    package static func named(_ name: String) -> (any Outputter.Type)? {
        let name = name == "text" ? "txt" : name
        return all.first { $0.name == name }
    }
}

/// The data do not have the shape that an outputter needs, where Salt's would raise an exception.
struct OutputMisfit: Error {}
