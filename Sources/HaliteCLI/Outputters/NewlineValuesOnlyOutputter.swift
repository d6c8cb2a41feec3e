import HaliteValue

/// The returns without the names of the minions; each element of a list on a line of its own.
///
/// It left Salt's core with release 3007; scripts of 3006 use it.
package enum NewlineValuesOnlyOutputter: Outputter {
    package static let name = "newline_values_only"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        guard case .map(let minions) = data else { return NestedOutputter.render(data, options) }
        let lines = minions.values.flatMap { $0.listValue ?? [$0] }.map(\.pythonString)
        return OutputText.trimmedEnd(lines.joined(separator: "\n"))
    }
}
