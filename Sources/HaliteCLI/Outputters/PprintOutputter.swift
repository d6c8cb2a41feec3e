import HaliteValue

/// The data as Python's `pprint` lays them out.
package enum PprintOutputter: Outputter {
    package static let name = "pprint"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        let indent = options.indent.flatMap { $0 < 0 ? nil : $0 } ?? 1
        return OutputText.trimmedEnd(PrettyPrinter.text(data, indent: indent))
    }
}
