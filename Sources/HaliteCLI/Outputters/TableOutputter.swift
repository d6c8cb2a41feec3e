import HaliteValue

/// Lists of rows as tables; other data only with their keys.
package enum TableOutputter: Outputter {
    package static let name = "table"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        var display = TableDisplay(options)
        guard (try? display.show(TableDisplay.decoded(data), indent: options.table.nestedIndent)) != nil else {
            return NestedOutputter.render(data, options)
        }
        var lines = display.lines
        if let title = options.table.title, options.table.rowsKey != nil {
            // Salt (3008.5) mixes title and colour up here.
            let line = OutputText.spaces(options.table.nestedIndent) + title + Palette(options).paint(.white, "")
            lines.insert(line + "\n", at: 0)
        }
        return OutputText.trimmedEnd(lines.joined(separator: "\n"))
    }
}

private struct TableDisplay {
    let settings: TableOptions
    let palette: Palette
    var lines: [String] = []

    init(_ options: OutputOptions) {
        settings = options.table
        palette = Palette(options)
    }

    /// Bytes as texts.
    static func decoded(_ value: Value) -> Value {
        switch value {
        case .bytes(let bytes): .string(String(decoding: bytes, as: UTF8.self))
        case .list(let list): .list(list.map(decoded))
        case .map(let map): .map(ValueMap(map.map { (decoded($0.key), decoded($0.value)) }))
        default: value
        }
    }

    private mutating func put(_ indent: Int, _ colour: Palette.Colour, _ text: String, suffix: String = "") {
        lines.append(OutputText.spaces(indent) + palette.paint(colour, text) + suffix)
    }

    mutating func show(_ value: Value, indent: Int) throws(OutputMisfit) {
        switch value {
        case .list(let rows) where settings.rowsKey == nil: try showRows(rows, labels: nil, indent: indent)
        case .map(let map):
            let keys = try KeyOrder.sorted(map.keys)
            guard let wanted = settings.rowsKey else {
                for key in keys {
                    put(indent, .darkGrey, key.pythonString, suffix: ":")
                    put(indent, .darkGrey, "----------")
                    try showEntry(map[key] ?? .null, in: map, indent: indent)
                }
                return
            }
            if let entry = map[wanted] {
                try showEntry(entry, in: map, indent: indent)
            } else {
                for key in keys { try show(map[key] ?? .null, indent: indent) }
            }
        default: break
        }
    }

    private mutating func showEntry(_ entry: Value, in map: ValueMap, indent: Int) throws(OutputMisfit) {
        if case .list(let rows) = entry {
            try showRows(rows, labels: settings.labelsKey.flatMap { map[$0] }, indent: indent)
        } else {
            try show(entry, indent: indent + 4)
        }
    }

    private mutating func showRows(_ rows: [Value], labels: Value?, indent: Int) throws(OutputMisfit) {
        guard let first = rows.first, rows.allSatisfy({ $0.typeName == first.typeName }) else { return }
        var titles: [Value] = []
        switch labels {
        case .map(let map): titles = try KeyOrder.sorted(map.keys).map { map[$0] ?? .null }
        case .list(let list): titles = list
        default: break
        }
        var cells: [[Value]] = []
        if case .map(let firstRow) = first {
            if titles.isEmpty { titles = try KeyOrder.sorted(firstRow.keys).map { .string(Self.title($0.pythonString)) } }
            for row in rows {
                guard case .map(let map) = row else { continue }
                cells.append(try KeyOrder.sorted(map.keys).map { .string((map[$0] ?? .null).pythonString) })
            }
        } else {
            for row in rows {
                switch row {
                case .string: cells.append([row])
                case .list(let list): cells.append(list)
                default: throw OutputMisfit()
                }
            }
        }
        try layOut((titles.isEmpty ? [] : [titles]) + cells, hasHeader: settings.hasHeader && !titles.isEmpty, indent: indent + 4)
    }

    private mutating func layOut(_ rows: [[Value]], hasHeader: Bool, indent: Int) throws(OutputMisfit) {
        var blocks: [[[String]]] = []
        for row in rows { blocks.append(try block(row)) }
        let all = blocks.flatMap { $0 }
        // Columns that the shortest row lacks are not shown.
        let widths = (0..<(all.map(\.count).min() ?? 0)).map { column in
            all.map { $0[column].unicodeScalars.count }.max() ?? 0
        }
        let columnsWidth = widths.reduce(0, +) + settings.delimiter.unicodeScalars.count * (widths.count - 1)
        let ends = settings.prefix.unicodeScalars.count + settings.suffix.unicodeScalars.count
        let rule = String(repeating: settings.rowDelimiter, count: max(0, ends + columnsWidth))
        if settings.separateRows { put(indent, .lightGrey, rule) }
        for (number, block) in blocks.enumerated() {
            for row in block {
                let cells = zip(row, widths).map { justified($0, $1) }
                put(indent, .white, settings.prefix + cells.joined(separator: settings.delimiter) + settings.suffix)
            }
            if settings.separateRows || (hasHeader && number == 0) { put(indent, .lightGrey, rule) }
        }
    }

    /// The lines of one row. Where its cells have different counts of lines, the least counts, as in Salt.
    private func block(_ row: [Value]) throws(OutputMisfit) -> [[String]] {
        var cells: [[String]] = []
        for cell in row {
            guard case .string(let text) = cell else { throw OutputMisfit() }
            cells.append(OutputText.parts(wrapped(text), at: "\n"))
        }
        guard let height = cells.map(\.count).min() else { throw OutputMisfit() }
        return (0..<height).map { line in cells.map { $0[line] } }
    }

    private func wrapped(_ text: String) -> String {
        let words = OutputText.parts(text, at: " ")
        var output = words[0]
        for word in words.dropFirst() {
            let line = OutputText.parts(output, at: "\n").last ?? ""
            let start = OutputText.parts(word, at: "\n").first ?? ""
            let isFull = line.unicodeScalars.count + start.unicodeScalars.count >= settings.width
            output += (isFull ? "\n" : " ") + word
        }
        return output
    }

    private func justified(_ text: String, _ width: Int) -> String {
        switch settings.justify {
        case .left: OutputText.left(text, width)
        case .right: OutputText.right(text, width)
        case .center: OutputText.centred(text, width)
        }
    }

    /// `str.title` of a key whose underscores became spaces.
    private static func title(_ key: String) -> String {
        var output = ""
        var isInWord = false
        for scalar in key.unicodeScalars {
            let scalar: Unicode.Scalar = scalar == "_" ? " " : scalar
            output += isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            isInWord = scalar.properties.isCased
        }
        return output
    }
}
