import HaliteValue

/// Nothing at all. It left Salt's core with release 3007; scripts of 3006 use it.
package enum QuietOutputter: Outputter {
    package static let name = "quiet"

    package static func render(_ data: Value, _ options: OutputOptions) -> String { "" }
}
