import HaliteValue

/// A repository in one of the two ways of writing it, with what both have in common.
struct AptEntry: Sendable {
    enum Form: Sendable {
        case line(AptLine)
        case paragraph(AptParagraph)
    }

    var file: String
    var form: Form

    var isInvalid: Bool {
        switch form {
        case .line(let line): line.isInvalid
        case .paragraph(let paragraph): paragraph.tags.isEmpty
        }
    }

    var isParagraph: Bool { if case .paragraph = form { true } else { false } }
    var text: String { read(\.text) { $0.text } }
    var types: [String] { read({ [$0.type] }) { $0["Types"]?.words() ?? [] } }
    /// One word, or all of a paragraph with spaces between.
    var type: Value { read({ .string($0.type) }) { $0["Types"].value } }
    var uris: [String] { read({ [$0.uri] }) { $0["URIs"]?.words() ?? [] } }
    var uri: Value { read({ .string($0.uri) }) { $0["URIs"].value } }
    var suites: [String] { read({ $0.suite.isEmpty ? [] : [$0.suite] }) { $0["Suites"]?.words() ?? [] } }
    var dist: Value { read({ .string($0.suite) }) { $0["Suites"].value } }
    var components: [String] { read(\.components) { $0["Components"]?.words() ?? [] } }
    var architectures: [String] { read(\.architectures) { $0["Architectures"]?.words() ?? [] } }
    var signedBy: Value { read({ .string($0.signedBy) }) { $0["Signed-By"].value } }
    var trusted: Bool? { read(\.trusted) { $0["Trusted"].flatMap { AptFlag.read($0) } } }
    var isDisabled: Bool { read(\.isDisabled) { AptFlag.read($0["Enabled"] ?? "yes") == false } }

    private func read<Result>(_ line: (AptLine) -> Result, _ paragraph: (AptParagraph) -> Result) -> Result {
        switch form {
        case .line(let value): line(value)
        case .paragraph(let value): paragraph(value)
        }
    }

    // MARK: - Changing

    static let settings: Set<String> = ["uri", "comps", "architectures", "disabled", "file", "dist", "signedby", "trusted"]
    static let paragraphSettings = settings.union(["uris", "suites", "types"])

    /// Sets what an argument of `pkg.mod_repo` names; others are passed over.
    mutating func set(_ name: String, _ value: Value) {
        if name == "file" {
            if value.isTruthy { file = value.pythonString }
            return
        }
        switch form {
        case .line(var line):
            Self.set(&line, name, value)
            form = .line(line)
        case .paragraph(var paragraph):
            Self.set(&paragraph, name, value)
            form = .paragraph(paragraph)
        }
    }

    private static func words(_ value: Value) -> [String] { value.listValue?.map(\.pythonString) ?? [value.pythonString] }

    private static func set(_ line: inout AptLine, _ name: String, _ value: Value) {
        switch name {
        case "uri": line.uri = value.pythonString
        case "comps": line.components = words(value)
        case "architectures": line.architectures = words(value)
        case "disabled": line.isDisabled = value.isTruthy
        case "dist": line.suite = value.pythonString
        case "signedby": line.signedBy = value.pythonString
        case "trusted": line.trusted = AptFlag.read(value)
        default: break
        }
    }

    private static let keys = [
        "uri": "URIs", "uris": "URIs", "comps": "Components", "architectures": "Architectures", "dist": "Suites", "suites": "Suites",
        "types": "Types", "signedby": "Signed-By",
    ]

    private static func set(_ paragraph: inout AptParagraph, _ name: String, _ value: Value) {
        switch name {
        case "disabled": paragraph["Enabled"] = value.isTruthy ? "no" : nil
        case "trusted": paragraph["Trusted"] = AptFlag.read(value).map { $0 ? "yes" : "no" }
        default:
            if let key = keys[name] { paragraph[key] = words(value).joined(separator: " ") }
        }
    }

    mutating func setComment(_ text: String) {
        switch form {
        case .line(var line):
            line.comment = text
            form = .line(line)
        case .paragraph(var paragraph):
            let lines = PythonLines.split(text)
            paragraph.header = lines.allSatisfy { $0.hasPrefix("#") } ? lines : lines.map { "#" + $0 }
            form = .paragraph(paragraph)
        }
    }

    /// Takes a suite away; a paragraph may have others.
    mutating func removeSuite(_ suite: String) {
        var left = suites
        if let index = left.firstIndex(of: suite) { left.remove(at: index) }
        switch form {
        case .line(var line):
            line.suite = left.first ?? ""
            form = .line(line)
        case .paragraph(var paragraph):
            paragraph["Suites"] = left.joined(separator: " ")
            form = .paragraph(paragraph)
        }
    }

    // MARK: - Telling

    /// What `pkg.list_repos` says of it: one description for each address, suite and type.
    var descriptions: [ValueMap] {
        uris.flatMap { uri in suites.flatMap { suite in types.map { description(uri: uri, suite: suite, type: $0) } } }
    }

    private func description(uri: String, suite: String, type: String) -> ValueMap {
        var told: String
        switch form {
        case .line(let line): told = line.line.stripped()
        case .paragraph:
            var line = AptLine("\(type) \(uri) \(suite) \(components.joined(separator: " "))")
            // A paragraph without a key is told with the word None, as Salt tells it.
            (line.isDisabled, line.architectures, line.signedBy, line.trusted) = (isDisabled, architectures, signedBy.pythonString, trusted)
            told = line.text
        }
        return [
            "file": .string(file), "comps": components.value, "disabled": .bool(isDisabled), "enabled": .bool(!isDisabled), "dist": .string(suite),
            "suites": suites.value, "type": .string(type), "types": types.value, "uri": .string(uri), "uris": uris.value,
            "line": .string(told), "architectures": architectures.value, "signedby": signedBy,
        ]
    }
}
