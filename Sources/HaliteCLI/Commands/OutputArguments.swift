import ArgumentParser
import HaliteCore
import HaliteRender
import HaliteValue

/// How returns are shown.
struct OutputArguments: ParsableArguments {
    @Option(
        name: [.customLong("out"), .customLong("output")],
        help: ArgumentHelp("How to show returns: \(Outputters.names.joined(separator: ", ")).", valueName: "name"))
    var out: String?

    @Option(
        name: [.customLong("out-indent"), .customLong("output-indent")], parsing: .unconditional,
        help: ArgumentHelp("Spaces for each level; negative for one line.", valueName: "n"))
    var outIndent: Int?

    @Option(
        name: [.customLong("out-file"), .customLong("output-file")], help: ArgumentHelp("Write the returns to a file.", valueName: "path"))
    var outFile: String?

    @Flag(name: [.customLong("out-file-append"), .customLong("output-file-append")], help: "Keep what is in the file of --out-file.")
    var outFileAppend = false

    @Flag(name: [.customLong("no-color"), .customLong("no-colour")], help: "No colours.")
    var noColour = false

    @Flag(name: [.customLong("force-color"), .customLong("force-colour")], help: "Colours also when the output is no terminal.")
    var forceColour = false

    @Flag(name: .customLong("output-diff"), help: "Show only the states that changed something.")
    var outputDiff = false

    @Option(
        name: [.customLong("state-output"), .customLong("state_output")],
        help: ArgumentHelp("full, terse, mixed, changes or filter.", valueName: "mode"))
    var stateOutput: String?

    @Option(
        name: [.customLong("state-verbose"), .customLong("state_verbose")],
        help: ArgumentHelp("Whether to show states without changes.", valueName: "bool"))
    var stateVerbose: String?

    /// The outputter of the configuration, `output`, and the words of a state run that concern the output.
    func options(_ settings: ValueMap, keywords: ValueMap = [:]) -> OutputOptions {
        var settings = settings
        if let outIndent { settings["output_indent"] = .int(outIndent) }
        if let stateOutput { settings["state_output"] = .string(stateOutput) }
        if let stateVerbose { settings["state_verbose"] = .bool(stateVerbose.lowercased() != "false") }
        if outputDiff { settings["state_output_diff"] = true }
        var options = OutputOptions(settings: settings)
        options.readFilter(keywords: keywords)
        options.colour = hasColours(settings["color"])
        options.theme = theme(settings)
        options.chosen = out ?? settings["output"]?.stringValue
        return options
    }

    func validate() throws {
        guard let out, Outputters.named(out) == nil else { return }
        if Outputters.gone.contains(out) {
            throw ValidationError(
                "the outputter '\(out)' is not there: it left Salt too (known: \(Outputters.names.joined(separator: ", ")))")
        }
        throw ValidationError(
            "unknown outputter '\(out)'\(NearestName.hint(out, among: Outputters.names)) (known: \(Outputters.names.joined(separator: ", ")))"
        )
    }

    /// The command line first, then the configuration, then whether somebody looks.
    private func hasColours(_ setting: Value?) -> Bool {
        if forceColour { return true }
        if noColour { return false }
        if let setting { return setting.isTruthy }
        return outFile == nil && Terminal.isInteractive && Terminal.environment("NO_COLOR") == nil
    }

    private func theme(_ settings: ValueMap) -> ColourTheme? {
        if case .string(let name)? = settings["color"], let theme = ColourTheme.single(name) { return theme }
        guard let path = settings["color_theme"]?.stringValue, !path.isEmpty else { return nil }
        guard let map = try? ConfigurationLoader.read(path), let theme = ColourTheme(.map(map)) else {
            Terminal.error("[WARNING ] Failed to read the color theme \(path)")
            return nil
        }
        return theme
    }

    /// Writes one text where the user wants it.
    func emit(_ text: String) throws {
        if let outFile {
            try OutputFile.write(text.isEmpty ? "" : text + "\n", to: outFile, append: outFileAppend)
        } else if !text.isEmpty {
            Terminal.print(text)
        }
    }

    /// The outputter that the user named, else the one that the return asks for.
    ///
    /// `highstate` does not override what a return asks for, as in Salt: the parts of a run that are no states stay readable.
    func outputter(_ suggested: String?, _ options: OutputOptions) -> any Outputter.Type {
        let name = options.chosen.flatMap { $0 == "highstate" ? nil : $0 } ?? suggested ?? options.chosen ?? "nested"
        if let outputter = Outputters.named(name) { return outputter }
        Terminal.error(
            "[ERROR   ] Invalid outputter \(name) specified, fall back to nested\(NearestName.hint(name, among: Outputters.names))")
        return NestedOutputter.self
    }
}
