/// Rows of comma-separated values as Python's `csv.reader` reads them: fields in quotes may hold commas and line ends.
enum CommaSeparated {
    static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var hasContent = false
        var bytes = Array(text.utf8)[...]
        func string() -> String { String(decoding: field, as: UTF8.self) }
        while let byte = bytes.popFirst() {
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if bytes.first == UInt8(ascii: "\"") {
                    field.append(byte)
                    bytes.removeFirst()
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where field.isEmpty:
                (isQuoted, hasContent) = (true, true)
            case UInt8(ascii: ","):
                row.append(string())
                (field, hasContent) = ([], true)
            case 0x0A, 0x0D:
                if byte == 0x0D, bytes.first == 0x0A { bytes.removeFirst() }
                if hasContent || !field.isEmpty { row.append(string()) }
                rows.append(row)
                (row, field, hasContent) = ([], [], false)
            default:
                field.append(byte)
                hasContent = true
            }
        }
        if hasContent || !field.isEmpty {
            row.append(string())
            rows.append(row)
        }
        return rows
    }
}
