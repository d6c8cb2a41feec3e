import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs `augtool`, which edits configuration files as trees.
struct Augtool: Sendable {
    let call: CallContext
    var loadPath: String?
    var lens: String?
    /// The file that the lens reads, with or without `/files` in front.
    var context: String?

    struct Answer: Sendable {
        let lines: [String]
        let errors: String
        var succeeded: Bool { errors.isEmpty }
    }

    /// A word of a command: quoted where it has blanks or quotes.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && !text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\\") }
        if isPlain { return text }
        let inside = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0 == "\n" ? "\\n" : $0 == "\t" ? "\\t" : String($0) }
        return "\"" + inside.joined() + "\""
    }

    /// Commands go by standard input, one in a line.
    func run(_ commands: [String]) async throws -> Answer {
        var words = ["augtool"]
        if let folders = await existing(loadPath) { words += ["-I", folders] }
        if let lens, !lens.isEmpty, let context, !context.isEmpty {
            let file = context.hasPrefix("/files") ? String(context.dropFirst(6)) : context
            words += ["-A", "-t", "\(lens) incl \(file)"]
        }
        var command = Command(words)
        command.standardInput = Array((commands + ["quit"]).map { $0.parts("\n").joined(separator: " ") + "\n" }.joined().utf8)
        let result = try await call.host.run(command)
        return Answer(lines: result.lines, errors: result.errorText)
    }

    private func existing(_ paths: String?) async -> String? {
        var found: [String] = []
        for path in (paths ?? "").parts(":") where path.hasPrefix("/") {
            if (try? await call.host.isDirectory(path)) == true { found.append(path) }
        }
        return found.isEmpty ? nil : found.joined(separator: ":")
    }

    /// `path = value`, `path (none)` and `path = (none)`; nil for what is no such line.
    static func pair(_ line: String) -> (path: String, value: Value)? {
        if line.hasSuffix(" (o)") || line.stripped() == "(no matches)" || line.stripped().isEmpty { return nil }
        if line.hasSuffix(" = (none)") { return (String(line.dropLast(9)), .null) }
        if line.hasSuffix(" (none)") { return (String(line.dropLast(7)), .null) }
        guard let mark = line.firstRange(of: " = ") else { return (line, .null) }
        var value = String(line[mark.upperBound...])
        // `print` and `ls` write values in quotes.
        if value.utf8.count > 1, value.hasPrefix("\""), value.hasSuffix("\"") { value = String(value.dropFirst().dropLast()) }
        return (String(line[..<mark.lowerBound]), .string(value))
    }
}

/// A command in Salt's form, such as `set hosts/1/alias web`, in augtool's.
struct AugeasCommand: Sendable {
    struct Fault: Error { let words: String }

    let line: String
    /// The path that it is about.
    let path: String

    static let methods = [
        "set": "set", "setm": "setm", "mv": "move", "move": "move", "ins": "insert", "insert": "insert", "rm": "remove", "remove": "remove",
    ]

    init(_ text: String, context: String?) throws {
        let pair = text.parts(" ", maxSplits: 1)
        func malformed() -> Fault {
            Fault(words: "Invalid formatted command, see debug log for details: \(pair.count > 1 ? pair[1] : text)")
        }
        guard pair.count > 1 else { throw malformed() }
        guard let method = Self.methods[pair[0]] else { throw Fault(words: "Command \(pair[0]) is not supported (yet)") }
        guard let parts = try? ShellWords.split(pair[1]) else { throw malformed() }
        let counts = ["set": 1...2, "setm": 2...3, "move": 2...2, "insert": 3...3, "remove": 1...1]
        guard counts[method]?.contains(parts.count) == true else { throw malformed() }
        func place(_ path: String) -> String {
            guard let context, !context.isEmpty else { return path }
            let bare = String(path.drop { $0 == "/" })
            return bare.isEmpty ? context : path.hasPrefix(context) ? path : Path.join(context, bare)
        }
        switch method {
        case "set":
            path = place(parts[0])
            line = (["set", path] + parts.dropFirst()).map(Augtool.quoted).joined(separator: " ")
        case "setm":
            path = place(parts[0])
            line = (["setm", path] + parts.dropFirst()).map(Augtool.quoted).joined(separator: " ")
        case "move":
            path = place(parts[0])
            line = ["mv", path, parts[1]].map(Augtool.quoted).joined(separator: " ")
        case "insert":
            guard ["before", "after"].contains(parts[1]) else { throw malformed() }
            path = place(parts[2])
            line = ["ins", parts[0], parts[1], path].map(Augtool.quoted).joined(separator: " ")
        default:
            path = place(parts[0])
            line = ["rm", path].map(Augtool.quoted).joined(separator: " ")
        }
    }
}
