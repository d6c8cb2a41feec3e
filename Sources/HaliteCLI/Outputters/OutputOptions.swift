import HaliteValue

/// What an outputter is told beside the data; the defaults are Salt's.
package struct OutputOptions: Sendable {
    /// Whether to write the escape sequences of a terminal.
    package var colour = false
    /// Other sequences for some of the colours.
    package var theme: ColourTheme?
    /// Whether escape characters in the data are made harmless.
    package var stripColours = true
    /// `--out-indent` or the setting `output_indent`.
    package var indent = OutputIndent.unset
    /// The column in which `nested` begins.
    package var nestedIndent = 0
    /// The exit code that came with the return; nested shows a failure in red.
    package var retcode = 0

    /// `full`, `terse`, `mixed`, `changes` or `filter`, each also with `_id` behind it.
    package var stateOutput = "full"
    /// When false, states that succeeded without changes are left out.
    package var stateVerbose = true
    package var stateTabular = StateTabular.off
    /// Shows when each state started and how long it took.
    package var outputProfile = true
    /// Leaves out states without changes, as `stateVerbose` does.
    package var outputDiff = false
    /// Adds percentages to the summary of a highstate.
    package var outputPercentages = false
    /// Rolls the states that share an ID and a result into one.
    package var compressIDs = false
    /// The results (`True`, `False`, `None`) that the `filter` mode leaves out.
    package var filterExclude: [String] = []
    /// The results that the `filter` mode shows on one line.
    package var filterTerse: [String] = []

    /// Indents the lists of `key`, as `salt-key` does when it prints several.
    package var multiKey = false
    package var table = TableOptions()
    /// The outputter that the user named, on the command line or as the setting `output`.
    package var chosen: String?
    /// What is known of each minion's return beside its data, by minion; `jsonl` prints it.
    package var details: [String: ReturnDetails] = [:]

    package init() {}
}

/// How json, yaml and pprint indent.
package enum OutputIndent: Sendable, Hashable {
    case unset
    /// Spaces for each level; negative asks json and yaml for one line.
    case spaces(Int)
    /// Json on one line; the others cannot show it.
    case oneLine
    /// Json with sorted keys; the others cannot show it.
    case pretty
    /// A setting that means nothing: json is shown on one line.
    case unknown
}

/// How terse state lines are laid out.
package enum StateTabular: Sendable, Hashable {
    case off
    case on
    /// A format of Python's `str.format` with Salt's seven fields.
    case format(String)
}

/// Salt's `out.table.*` options.
package struct TableOptions: Sendable {
    package enum Justification: String, Sendable { case left, right, center }

    package var nestedIndent = 0
    package var hasHeader = true
    package var rowDelimiter = "-"
    package var delimiter = " | "
    package var justify = Justification.center
    package var separateRows = true
    package var prefix = "| "
    package var suffix = " |"
    /// A cell that is longer is broken at its spaces.
    package var width = 50
    /// Shows only the rows below this key.
    package var rowsKey: String?
    /// The key beside the rows that holds the titles of the columns.
    package var labelsKey: String?
    package var title: String?

    package init() {}
}

/// What a job's return carries beside its data.
package struct ReturnDetails: Sendable, Hashable {
    package var jid: String?
    package var function: String?
    package var retcode: Int?
    /// In milliseconds, as in the results of states.
    package var duration: Double?

    package init(jid: String? = nil, function: String? = nil, retcode: Int? = nil, duration: Double? = nil) {
        self.jid = jid
        self.function = function
        self.retcode = retcode
        self.duration = duration
    }
}
