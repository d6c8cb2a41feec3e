import ArgumentParser
import Foundation
import HaliteValue
import Testing

@testable import HaliteCLI

/// Which outputter and options a command line and a configuration ask for, and where the text goes.
@Suite struct OutputArgumentsTests {
    @Test func theCommandLineWinsOverTheConfiguration() throws {
        let settings: ValueMap = [
            "output": "json", "output_indent": "pretty", "state_output": "changes", "state_verbose": false, "color": true,
            "state_output_exclude": "True",
        ]
        let configured = try OutputArguments.parse([]).options(settings)
        #expect(configured.chosen == "json" && configured.indent == .pretty && configured.stateOutput == "changes")
        #expect(!configured.stateVerbose && configured.colour && configured.filterExclude == ["True"])
        let words = ["--out=yaml", "--out-indent=-1", "--state-output=terse", "--state-verbose=True", "--no-color", "--output-diff"]
        let asked = try OutputArguments.parse(words).options(settings, keywords: ["exclude": "None,", "terse": "False"])
        #expect(asked.chosen == "yaml" && asked.indent == .spaces(-1) && asked.stateOutput == "terse" && asked.outputDiff)
        #expect(asked.stateVerbose && !asked.colour && asked.filterExclude == ["None", ""] && asked.filterTerse == ["False"])
    }

    @Test func highstateDoesNotReplaceWhatAReturnAsksFor() throws {
        let arguments = try OutputArguments.parse(["--out=highstate"])
        let options = arguments.options([:])
        #expect(arguments.outputter("nested", options).name == "nested")
        #expect(arguments.outputter(nil, options).name == "highstate")
        let text = try OutputArguments.parse(["--out=txt"])
        #expect(text.outputter("highstate", text.options([:])).name == "txt")
    }

    @Test func aFileIsEmptiedOrKept() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("halite-out-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try OutputFile.write("", to: path, append: false)
        #expect(!FileManager.default.fileExists(atPath: path))
        try "old\n".write(toFile: path, atomically: true, encoding: .utf8)
        try OutputFile.write("new\n", to: path, append: true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old\nnew\n")
        let other = path + "-2"
        defer { try? FileManager.default.removeItem(atPath: other) }
        try "old\n".write(toFile: other, atomically: true, encoding: .utf8)
        try OutputFile.write("", to: other, append: false)
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "")
    }

    @Test func namesThatAreGoneAreRefused() {
        #expect(throws: (any Error).self) { try OutputArguments.parse(["--out=dson"]) }
        #expect(throws: (any Error).self) { try OutputArguments.parse(["--out=jsn"]) }
    }
}
