import HaliteValue

/// The data as Python writes them, on one line.
package enum RawOutputter: Outputter {
    package static let name = "raw"

    package static func render(_ data: Value, _ options: OutputOptions) -> String { OutputText.trimmedEnd(data.pythonString) }
}
