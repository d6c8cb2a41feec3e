import HaliteValue

/// What gathers while the states of one minion are written.
struct HostReport {
    var lines: [String] = []
    /// The colour of the minion's name: that of the last state that failed or would change.
    var colour = Palette.Colour.green
    /// How many states gave each result.
    var counts = ValueMap()
    var warningCount = 0
    var changedCount = 0
    private var duration = 0.0
    private var parallelDuration: Double?

    func count(_ result: Value) -> Int { counts[result]?.intValue ?? 0 }

    /// States without what warnings count for.
    var total: Int { counts.values.reduce(0) { $0 + ($1.intValue ?? 0) } }

    /// States that ran beside one another count with the longest of them.
    var runTime: Double { duration + (parallelDuration ?? 0) }

    mutating func count(_ state: StateResultData, times: Int) throws(OutputMisfit) {
        switch state.result {
        case .list, .map: throw OutputMisfit()
        default: counts[state.result] = .int(count(state.result) + times)
        }
        guard let time = try Self.milliseconds(state.fields["duration"] ?? 0) else { return }
        if state.fields["__parallel__"] != nil {
            parallelDuration = max(parallelDuration ?? time, time)
        } else {
            duration += time
        }
    }

    /// A number, or a text such as `12.5 ms`; nil for a text without a number, which Salt only logs.
    private static func milliseconds(_ value: Value) throws(OutputMisfit) -> Double? {
        switch value {
        case .bool(let flag): return flag ? 1 : 0
        case .int, .big, .float: return value.doubleValue
        case .string(let text):
            let number = text.split(separator: " ms", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
            return Double(OutputText.trimmed(number))
        default: throw OutputMisfit()
        }
    }
}
