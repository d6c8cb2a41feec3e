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
        case .bytes(let bytes): byteLines(bytes).map { PythonText.repr($0) }
        default: [value.pythonRepr]
        }
    }

    /// `bytes.splitlines`.
    private static func byteLines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            lines.append(Array(rest[..<end]))
            let isPair = rest[end] == 0x0D && end + 1 < rest.endIndex && rest[end + 1] == 0x0A
            rest = rest[(end + (isPair ? 2 : 1))...]
        }
        return rest.isEmpty ? lines : lines + [Array(rest)]
    }
}
