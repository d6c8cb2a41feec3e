import HaliteValue

/// A permission mode as users write it (`644`, `'0644'`, `0o644`), with Salt's text of four digits.
///
/// Salt takes any text and fails when it comes to setting it, so what is no mode has no bits.
package struct FileMode: ValueConvertible, Equatable {
    package let text: String

    package static var valueDescription: String { "a file mode such as '0644'" }

    package init(value: Value) throws(ValueError) {
        switch value {
        case .int, .string: text = Self.normalised(value.pythonString)
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
    }

    init(text: String) { self.text = Self.normalised(text) }

    init(bits: Int) { text = Self.padded(String(bits, radix: 8)) }

    package var value: Value { .string(text) }

    /// The permission bits; nil when the text is no octal number.
    var bits: Int? {
        guard let number = Int(text, radix: 8), (0...0o7777).contains(number) else { return nil }
        return number
    }

    /// The mode for folders made on the way: who may do anything may also enter.
    var forDirectories: FileMode {
        FileMode(
            text: String(
                text.suffix(3).map { digit -> Character in
                    guard digit != "0", let number = digit.wholeNumberValue else { return digit }
                    return Character(String(number | 1))
                }))
    }

    private static func normalised(_ text: String) -> String {
        let plain = text.split(separator: "0o", omittingEmptySubsequences: false).joined(separator: "0")
        let bare = trimmed(trimmed(plain, of: "\""), of: "'").drop { $0 == "0" }
        return padded(String(bare))
    }

    private static func trimmed(_ text: String, of quote: Character) -> String {
        var rest = text[...]
        while rest.first == quote { rest.removeFirst() }
        while rest.last == quote { rest.removeLast() }
        return String(rest)
    }

    private static func padded(_ digits: String) -> String { String(repeating: "0", count: max(0, 4 - digits.count)) + digits }
}
