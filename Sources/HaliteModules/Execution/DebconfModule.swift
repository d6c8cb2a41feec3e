import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Answers to the questions of Debian's packages.
package struct DebconfModule: ExecutionModule {
    package static let name = "debconf"
    package static let summary = "Answers to the questions of Debian's packages."
    package static let requires: Requirement = .osFamily("Debian") && .command("debconf-get-selections")

    package static let functions: [Function] = [
        Function(
            "get_selections", "Return all answers by package.", .optional("fetchempty", true, "Also empty ones."),
            example: "halite '*' debconf.get_selections", body: selections),
        Function("show", "Return the answers for one package, or nothing.", .required("name", "The package."), body: show),
        Function(
            "set", "Answer a question.", .required("package", "The package."), .required("question", "The question."),
            .required("type", "The kind, such as select."), .required("value", "The answer."),
            .rest("extra", "Further words of the answer."),
            body: set),
        Function(
            "set_template", "Set answers from a template.", .required("path", "The template."), .required("template", "Its engine."),
            .required("context", "Variables."), .required("defaults", "Variables that the context may replace."),
            .optional("saltenv", nil as String?, "The environment."), .keywords("kwargs", "Ignored."), body: setTemplate),
        Function(
            "set_file", "Set answers from a file.", .required("path", "The file."),
            .optional("saltenv", nil as String?, "The environment."),
            .keywords("kwargs", "Ignored."), body: setFile),
    ]

    private static func selections(_ call: CallContext, withEmpty: Bool) async throws -> ValueMap {
        let output = try await call.host.run("debconf-get-selections").standardOutput
        let pattern = try Pattern.compile(#"^([^#]\S+)[\t ]+(\S+)[\t ]+(\S+)[\t ]+([^\n]*)$"#, [.multiLine, .dotAll])
        var found = ValueMap()
        for match in try pattern.allMatches(in: output) {
            let texts = (1...4).map { match.text($0, of: output) ?? "" }
            if texts[3].isEmpty, !withEmpty { continue }
            let answers = found[texts[0]]?.listValue ?? []
            found[.string(texts[0])] = .list(answers + [texts[1...].map { $0 }.value])
        }
        return found
    }

    static func show(_ call: CallContext, package: String) async throws -> Value {
        try await selections(call, withEmpty: true)[package] ?? .null
    }

    /// Answers may be secret: the program reads them from its standard input.
    private static func load(_ call: CallContext, _ content: [UInt8]) async throws -> Bool {
        var command = Command(["debconf-set-selections"])
        command.standardInput = content
        return try await call.host.run(command).succeeded
    }

    static func set(_ call: CallContext, package: String, question: String, kind: String, value: String, extra: [Value] = []) async throws
        -> Bool
    {
        let answer = ([value] + extra.map(\.pythonString)).joined(separator: " ")
        return try await load(call, Array("\(package) \(question) \(kind) \(answer)".utf8))
    }

    private static func content(_ call: CallContext, _ path: String, _ saltenv: String?) async throws -> [UInt8]? {
        try await SourceReader(call: call, saltenv: saltenv ?? call.saltenv).content(path)?.bytes
    }

    static func setTemplate(
        _ call: CallContext, path: String, engine: String, context: Value, defaults: Value, saltenv: String?, ignored: ValueMap = [:]
    ) async throws -> Bool {
        guard let content = try await content(call, path, saltenv) else { return false }
        let text = try await call.services.templates.render(
            source: String(decoding: content, as: UTF8.self), name: path, engine: engine, values: FileState.variables(defaults, context),
            in: call)
        return try await load(call, Array(text.utf8))
    }

    static func setFile(_ call: CallContext, path: String, saltenv: String?, ignored: ValueMap = [:]) async throws -> Bool {
        guard let content = try await content(call, path, saltenv) else { return false }
        return try await load(call, content)
    }
}
