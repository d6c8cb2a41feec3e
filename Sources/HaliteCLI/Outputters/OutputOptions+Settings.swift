import HaliteValue

extension OutputOptions {
    /// The options as Salt's settings name them: `state_output`, `output_indent`, `out.table.width`, ...
    ///
    /// Whether there are colours is the command's decision; `color` counts only where it names one colour for all.
    package init(settings: ValueMap) {
        self.init()
        if let flag = settings["strip_colors"] { stripColours = flag.isTruthy }
        if let value = settings["output_indent"] { indent = Self.indent(value) }
        if let number = settings["nested_indent"]?.intValue { nestedIndent = number }
        readStates(settings)
        multiKey = settings["__multi_key"]?.isTruthy ?? false
        readTable(settings)
    }

    private static func indent(_ value: Value) -> OutputIndent {
        switch value {
        case .null: .oneLine
        case .int(let number): .spaces(number)
        case .bool(let flag): .spaces(flag ? 1 : 0)
        case .string("pretty"): .pretty
        default: .unknown
        }
    }

    private mutating func readStates(_ settings: ValueMap) {
        if let mode = settings["state_output"]?.stringValue { stateOutput = mode }
        stateVerbose = settings["state_verbose"]?.isTruthy ?? true
        switch settings["state_tabular"] {
        case .bool(true)?: stateTabular = .on
        case .string(let format)?: stateTabular = .format(format)
        default: break
        }
        outputProfile = settings["state_output_profile"]?.isTruthy ?? true
        outputDiff = settings["state_output_diff"]?.isTruthy ?? false
        outputPercentages = settings["state_output_pct"]?.isTruthy ?? false
        compressIDs = settings["state_compress_ids"]?.isTruthy ?? false
        filterExclude = Self.results(settings["state_output_exclude"])
        filterTerse = Self.results(settings["state_output_terse"])
    }

    /// The words of the `filter` mode that stand beside the function on a command line, `exclude=True,` and `terse=None,`.
    package mutating func readFilter(keywords: ValueMap) {
        if let words = keywords["exclude"] { filterExclude = Self.results(words) }
        if let words = keywords["terse"] { filterTerse = Self.results(words) }
    }

    /// A list, or a text with commas.
    private static func results(_ value: Value?) -> [String] {
        switch value {
        case .string(let text)?: OutputText.parts(text, at: ",")
        case .list(let list)?: list.compactMap(\.stringValue)
        default: []
        }
    }

    /// As in Salt a false value leaves the default.
    private mutating func readTable(_ settings: ValueMap) {
        func setting(_ name: String) -> Value? { settings[.string("out.table." + name)].flatMap { $0.isNull ? nil : $0 } }
        func text(_ name: String) -> String? { setting(name).map(\.pythonString) }
        func name(_ name: String) -> String? { setting(name).flatMap { $0.isTruthy ? $0.pythonString : nil } }
        table.rowsKey = name("rows_key")
        table.labelsKey = name("labels_key")
        table.title = name("title")
        if let flag = setting("separate_rows") { table.separateRows = flag.isTruthy }
        if let flag = setting("has_header") { table.hasHeader = flag.isTruthy }
        if let word = text("justify") { table.justify = TableOptions.Justification(rawValue: word.lowercased()) ?? .center }
        table.rowDelimiter = text("row_delimiter") ?? table.rowDelimiter
        table.delimiter = text("delim") ?? table.delimiter
        table.prefix = text("prefix") ?? table.prefix
        table.suffix = text("suffix") ?? table.suffix
        table.width = setting("width")?.intValue ?? table.width
        table.nestedIndent = setting("nested_indent")?.intValue ?? 0
    }
}
