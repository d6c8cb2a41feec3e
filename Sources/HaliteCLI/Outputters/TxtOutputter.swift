import HaliteValue

/// Each line of a return behind its minion's name.
package enum TxtOutputter: Outputter {
    package static let name = "txt"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        var text = ""
        switch data {
        case .map(let map):
            for (key, value) in map {
                for line in lines(value) { text += "\(key.pythonString): \(line)\n" }
            }
        case .string(let line): text = line
        default: text = PrettyPrinter.text(data)
        }
        return OutputText.trimmedEnd(text)
    }

    private static func lines(_ value: Value) -> [String] {
        switch value {
        case .string(let text): OutputText.lines(text)
        case .bytes(let bytes):
            OutputText.lines(String(decoding: bytes, as: UTF8.self)).map { Value.bytes(Array($0.utf8)).pythonRepr }
        default: [value.pythonRepr]
        }
    }
}
