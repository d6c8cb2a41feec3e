import HaliteCore
import HaliteValue

/// The renderers that turn the text of an SLS file into data, such as `jinja|yaml`.
///
/// The first line may name them: `#!jinja|yaml|gpg`. It stays in the text, where it is a comment for YAML and counts as a
/// line, as in Salt.
package struct RenderPipeline: Sendable {
    package static let standard = "jinja|yaml"

    package struct Stage: Sendable, Equatable {
        package let name: String
        /// What stands behind the name.
        package let arguments: String
    }

    package let stages: [Stage]
    /// Renderers that the configuration does not allow; Salt goes on without them, too.
    package let skipped: [String]
    package let source: String

    /// - Parameters:
    ///   - pipeline: for a text without a first line of its own; nil for the standard one.
    ///   - blacklist: `renderer_blacklist` of the configuration.
    ///   - whitelist: `renderer_whitelist`; when empty all are allowed.
    package init(
        source: String, pipeline: String?, file: String, blacklist: [String] = [], whitelist: [String] = []
    ) throws(RenderError) {
        // Salt opens files as text, where Python makes one line feed of every line end.
        self.source = source.utf8.contains(0x0D) ? Self.withLineFeeds(source) : source
        var stages: [Stage] = []
        var skipped: [String] = []
        for stage in Self.parse(Self.shebang(of: source) ?? pipeline ?? Self.standard) {
            if (!whitelist.isEmpty && !whitelist.contains(stage.name)) || blacklist.contains(stage.name) {
                skipped.append(stage.name)
            } else {
                try Self.check(stage, file: file)
                stages.append(stage)
            }
        }
        self.stages = stages
        self.skipped = skipped
    }

    /// The renderers that the first line names; nil when it names none. A path such as `#!/bin/sh` is no name.
    static func shebang(of source: String) -> String? {
        guard source.hasPrefix("#!"), !source.hasPrefix("#!/") else { return nil }
        return String(decoding: source.utf8.dropFirst(2).prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    }

    private static func withLineFeeds(_ source: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.utf8.count)
        var wasReturn = false
        for byte in source.utf8 {
            if byte == 0x0D { bytes.append(0x0A) } else if byte != 0x0A || !wasReturn { bytes.append(byte) }
            wasReturn = byte == 0x0D
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Names of Salt's first years for two renderers.
    private static let combined = [
        "yaml_jinja": "jinja|yaml", "yaml_mako": "mako|yaml", "yaml_wempy": "wempy|yaml", "json_jinja": "jinja|json",
        "json_mako": "mako|json", "json_wempy": "wempy|json", "yamlex_jinja": "jinja|yamlex",
    ]

    private static func parse(_ names: String) -> [Stage] {
        let trimmed = trim(names)
        return (combined[trimmed] ?? trimmed).split(separator: "|", omittingEmptySubsequences: false).map { part in
            let words = trim(String(part)).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            return Stage(name: String(words[0]), arguments: words.count > 1 ? trim(String(words[1])) : "")
        }
    }

    private static func trim(_ text: String) -> String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let rest = text.unicodeScalars.drop(while: isSpace)
        return String(String.UnicodeScalarView(rest.reversed().drop(while: isSpace).reversed()))
    }

    private static let available = ["gpg", "jinja", "json", "text", "yaml"]
    private static let waiting = [
        "py": "it runs Python", "pyobjects": "it runs Python", "mako": "its templates hold Python",
        "stateconf": "it is made of Python's renderers",
        "nacl": "it needs a library of Python", "toml": "there is no reader for it", "msgpack": "it reads no text",
        "yamlex": "its aggregates are not there",
    ]

    private static func check(_ stage: Stage, file: String) throws(RenderError) {
        if available.contains(stage.name) {
            // `-s` tells Salt that it has a text before it, and here it always has.
            guard stage.name == "jinja", !stage.arguments.isEmpty, stage.arguments != "-s" else { return }
            throw RenderError(renderer: "jinja", message: "Unknown renderer option: \(stage.arguments)", file: file, line: 1)
        }
        let reason =
            waiting[stage.name].map { ": \($0), and waits for the Python bridge" } ?? NearestName.hint(stage.name, among: available)
        throw RenderError(
            renderer: stage.name,
            message: "The renderer \"\(stage.name)\" is not available\(reason) (available: \(available.joined(separator: ", ")))",
            file: file, line: 1)
    }

    // MARK: Running

    /// Runs the stages; must be on a render thread.
    /// - Parameter gpg: decrypts for `gpg`; nil where nothing can.
    package func run(
        environment: SaltEnvironment, scope: TemplateScope, file: String, gpg: GPGRenderer? = nil
    ) throws(RenderError) -> Value {
        if source.unicodeScalars.allSatisfy(\.properties.isWhitespace) { return .map([:]) }
        // Of a text that no renderer may touch Salt makes nothing.
        if stages.isEmpty { return .map([:]) }
        var value = Value.string(source)
        for stage in stages {
            switch stage.name {
            case "jinja": value = .string(try environment.render(source: try text(value, stage, file), name: file, scope: scope))
            case "yaml":
                let data = try YAML.load(try text(value, stage, file), file: file)
                value = data.isTruthy ? data : .map([:])
            case "json": value = try Self.json(try text(value, stage, file), file: file)
            case "gpg":
                guard let gpg else {
                    throw RenderError(renderer: "gpg", message: "GPG unavailable: nothing can be decrypted here", file: file)
                }
                value = try gpg.render(value, file: file)
            default: value = .string(Self.body(try text(value, stage, file)))
            }
        }
        return value
    }

    private func text(_ value: Value, _ stage: Stage, _ file: String) throws(RenderError) -> String {
        if case .string(let text) = value { return text }
        throw RenderError(
            renderer: stage.name, message: "the renderer '\(stage.name)' reads text, but the one before it made a \(value.typeName)",
            file: file, line: 1)
    }

    /// The text without the line that names renderers.
    private static func body(_ text: String) -> String {
        guard text.hasPrefix("#!") else { return text }
        return String(decoding: text.utf8.drop { $0 != 0x0A }.dropFirst(), as: UTF8.self)
    }

    private static func json(_ text: String, file: String) throws(RenderError) -> Value {
        let body = body(text)
        if body.unicodeScalars.allSatisfy(\.properties.isWhitespace) { return .map([:]) }
        do { return try Value(jsonText: body) } catch {
            let line = error.line + (text.hasPrefix("#!") ? 1 : 0)
            throw RenderError(
                renderer: "json", message: error.message, file: file, line: line, excerpt: RenderError.excerpt(of: text, line: line),
                errorClass: "JSONDecodeError")
        }
    }
}
