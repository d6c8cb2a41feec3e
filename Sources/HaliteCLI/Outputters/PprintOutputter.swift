import HaliteValue

/// The data as Python's `pprint` lays them out.
package enum PprintOutputter: Outputter {
    package static let name = "pprint"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        let indent: Int
        switch options.indent {
        case .unset: indent = 1
        case .spaces(let width): indent = width < 0 ? 1 : width
        case .oneLine, .pretty, .unknown: return NestedOutputter.render(data, options)
        }
        return OutputText.trimmedEnd(PrettyPrinter.text(data, indent: indent))
    }
}
