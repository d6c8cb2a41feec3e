import HaliteValue

extension HighstateFormatter {
    /// Counts, percentages and run time of one minion.
    func addSummary(_ host: Value, to report: inout HostReport) {
        let numbers = report.counts.values.map(\.pythonString) + (report.warningCount > 0 ? [String(report.warningCount)] : [])
        let width = "Succeeded".utf8.count + (numbers.map(\.utf8.count).max() ?? 0) + ": ".utf8.count
        func line(_ label: String, _ count: String) -> String {
            label + ": " + OutputText.right(count, width - label.utf8.count - 2)
        }
        let rule = String(repeating: "-", count: width)
        let unchanged = report.count(.null)
        let succeeded = report.count(true) + unchanged
        let failed = report.count(false)
        let failureColour: Palette.Colour = failed > 0 ? .red : .cyan

        report.lines.append(palette.paint(.cyan, "\nSummary for \(host.pythonString)\n\(rule)"))
        report.lines.append(
            palette.paint(.green, line("Succeeded", String(succeeded))) + remarks(unchanged: unchanged, changed: report.changedCount))
        report.lines.append(palette.paint(failureColour, line("Failed", String(failed))))
        if options.outputPercentages, report.total > 0 {
            report.lines.append(palette.paint(.green, line("Success %", percentage(succeeded, of: report.total))))
            report.lines.append(palette.paint(failureColour, line("Failure %", percentage(failed, of: report.total))))
        }
        if report.warningCount > 0 {
            report.lines.append(palette.paint(.lightRed, line("Warnings", String(report.warningCount))))
        }
        let total = OutputText.right(String(report.total), width - 7)
        report.lines.append(palette.paint(.cyan, "\(rule)\nTotal states run: \(total)"))
        if options.outputProfile { report.lines.append(palette.paint(.cyan, runTime(report.runTime, width: width - 5))) }
    }

    private func remarks(unchanged: Int, changed: Int) -> String {
        var remarks: [String] = []
        if unchanged > 0 { remarks.append(palette.paint(.lightYellow, "unchanged=\(unchanged)")) }
        if changed > 0 { remarks.append(palette.paint(.green, "changed=\(changed)")) }
        return remarks.isEmpty ? "" : " (" + remarks.joined(separator: ", ") + ")"
    }

    private func percentage(_ part: Int, of total: Int) -> String {
        let text = OutputText.fixed(Double(part) / Double(total) * 100, decimals: 2)
        return Double(text).map { PythonText.repr($0) } ?? text
    }

    private func runTime(_ milliseconds: Double, width: Int) -> String {
        let isLong = milliseconds > 999
        let number = OutputText.fixed(isLong ? milliseconds / 1000 : milliseconds, decimals: 3)
        return "Total run time: \(OutputText.right(number, width)) \(isLong ? "s" : "ms")"
    }
}
