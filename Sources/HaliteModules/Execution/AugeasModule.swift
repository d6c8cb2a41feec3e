import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Configuration files as trees, through augtool.
package struct AugeasModule: ExecutionModule {
    package static let name = "augeas"
    package static let summary = "Configuration files as trees, through augtool."
    package static let requires: Requirement = .command("augtool")

    private static let path: Parameter<String> = .required("path", "The path, such as /files/etc/hosts.")
    private static let folders: Parameter<String?> = .optional("load_path", nil, "Folders with further lenses, with colons.")

    package static let functions: [Function] = [
        Function(
            "execute", "Run commands and save.", .optional("context", nil as String?, "The path that relative paths start from."),
            .optional("lens", nil as String?, "The lens for the file of the context."),
            .optional("commands", [String](), "set, setm, mv, ins, rm."),
            folders, example: "halite '*' augeas.execute /files/etc/hosts commands='[\"set 1/alias web\"]'", body: execute),
        Function("get", "Return the value at a path.", path, .optional("value", "", "A path below it."), folders, body: get),
        Function("setvalue", "Set values and save.", .rest("args", "Paths and values; prefix= goes before all."), body: set),
        Function("match", "Return the paths that match.", path, .optional("value", "", "Only with this value."), folders, body: match),
        Function("remove", "Remove what is at a path, and save.", path, folders, body: remove),
        Function("ls", "Return what is below a path.", path, folders, body: list),
        Function("tree", "Return everything below a path.", path, folders, body: tree),
    ]

    static func execute(_ call: CallContext, context: String?, lens: String?, commands: [String], folders: String?) async throws -> ValueMap
    {
        let lines: [String]
        do { lines = try commands.map { try AugeasCommand($0, context: context).line } } catch let fault as AugeasCommand.Fault {
            return ["retval": false, "error": .string(fault.words)]
        }
        let answer = try await Augtool(call: call, loadPath: folders, lens: lens, context: context).run(lines + ["save"])
        if answer.succeeded { return ["retval": true] }
        var words = answer.errors
        if let lens, !lens.isEmpty, !lens.hasSuffix(".lns") {
            words += "\nLenses are normally configured as \"name.lns\". Did you mean \"\(lens).lns\"?"
        }
        return ["retval": false, "error": .string(words)]
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func get(_ call: CallContext, path given: String, below: String, folders: String?) async throws -> ValueMap {
        var path = trimmed(given)
        if !below.isEmpty { path += "/" + below.split(separator: "/").joined(separator: "/") }
        let answer = try await Augtool(call: call, loadPath: folders).run(["get \(Augtool.quoted(path))"])
        if !answer.succeeded { return ["error": .string(answer.errors)] }
        return [.string(path): answer.lines.first.flatMap(Augtool.pair)?.value ?? ""]
    }

    private static func set(_ call: CallContext, given: [Value]) async throws -> ValueMap {
        var (prefix, folders, words): (String?, String?, [String]) = (nil, nil, [])
        for text in given.map(\.pythonString) {
            if text.hasPrefix("prefix=") {
                if prefix != nil { throw ExecutionError("Only one 'prefix=' value is permitted") }
                prefix = String(text.dropFirst(7))
            } else if text.hasPrefix("load_path=") {
                if folders != nil { throw ExecutionError("Only one 'load_path=' value is permitted") }
                folders = String(text.dropFirst(10))
            } else {
                words.append(text)
            }
        }
        guard words.count % 2 == 0 else { throw ExecutionError("Uneven number of path/value arguments") }
        let lines = stride(from: 0, to: words.count, by: 2).map { index in
            let path = prefix.map { trimmed($0) + "/" + words[index].drop { $0 == "/" } } ?? words[index]
            return "set \(Augtool.quoted(path)) \(Augtool.quoted(words[index + 1]))"
        }
        let answer = try await Augtool(call: call, loadPath: folders).run(lines + ["save"])
        return answer.succeeded ? ["retval": true] : ["retval": false, "error": .string(answer.errors)]
    }

    private static func match(_ call: CallContext, path: String, value: String, folders: String?) async throws -> ValueMap {
        let answer = try await Augtool(call: call, loadPath: folders).run(["match \(Augtool.quoted(path))"])
        let pairs = answer.lines.compactMap(Augtool.pair).filter { value.isEmpty || $0.value == .string(value) }
        return ValueMap(pairs.map { (.string($0.path), $0.value) })
    }

    private static func remove(_ call: CallContext, path: String, folders: String?) async throws -> ValueMap {
        let answer = try await Augtool(call: call, loadPath: folders).run(["rm \(Augtool.quoted(path))", "save"])
        let words = answer.lines.first { $0.hasPrefix("rm : ") }?.words() ?? []
        let count = words.last.flatMap { Int($0) } ?? -1
        if !answer.succeeded { return ["retval": false, "error": .string(answer.errors), "count": .int(count)] }
        return ["retval": true, "count": .int(count)]
    }

    private static func list(_ call: CallContext, path: String, folders: String?) async throws -> ValueMap {
        let answer = try await Augtool(call: call, loadPath: folders).run(["ls \(Augtool.quoted(trimmed(path)))"])
        return ValueMap(answer.lines.compactMap(Augtool.pair).map { (.string($0.path), $0.value) })
    }

    private static func tree(_ call: CallContext, path: String, folders: String?) async throws -> ValueMap {
        let answer = try await Augtool(call: call, loadPath: folders).run(["print \(Augtool.quoted(trimmed(path)))"])
        return ValueMap(answer.lines.compactMap(Augtool.pair).map { (.string($0.path), $0.value) })
    }
}
