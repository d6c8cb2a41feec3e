import HaliteValue

/// A permission mode as users write it (`644`, `'0644'`, `0o644`), with Salt's text of four digits.
package struct FileMode: ValueConvertible, Equatable {
    package let text: String

    package static var valueDescription: String { "a file mode such as '0644'" }

    package init(value: Value) throws(ValueError) {
        let digits: String
        switch value {
        case .int(let number): digits = String(number)
        case .string(let given): digits = given
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
        let bare = digits.split(separator: "0o").joined(separator: "0").filter { $0 != "\"" && $0 != "'" }.drop { $0 == "0" }
        guard bare.count <= 5, Int(bare, radix: 8) != nil || bare.isEmpty else {
            throw ValueError(expected: Self.valueDescription, found: value)
        }
        text = String(repeating: "0", count: max(0, 4 - bare.count)) + bare
    }

    init(bits: Int) {
        let octal = String(bits, radix: 8)
        text = String(repeating: "0", count: max(0, 4 - octal.count)) + octal
    }

    package var value: Value { .string(text) }
    var bits: Int { Int(text, radix: 8) ?? 0 }

    /// The mode for folders made on the way: who may read may also enter.
    var forDirectories: FileMode {
        let last = text.suffix(3).map { digit -> Character in
            guard digit != "0", let number = digit.wholeNumberValue else { return digit }
            return Character(String(number | 1))
        }
        return FileMode(bits: Int(String(last), radix: 8) ?? 0o755)
    }
}
