import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Configuration files that are edited as trees.
package struct AugeasState: StateModule {
    package static let name = "augeas"
    package static let summary = "Configuration files that are edited as trees."
    package static let requires: Requirement = .command("augtool")

    package static let functions: [StateFunction] = [
        StateFunction(
            "change", "Commands have been applied to a file.", .required("name", "A name, or the context."),
            .optional("context", nil as String?, "The path that relative paths start from, such as /files/etc/hosts."),
            .optional("changes", nil as Value, "A list of commands: set, setm, mv, ins, rm."),
            .optional("lens", nil as String?, "The lens for the file."),
            .optional("load_path", nil as Value, "A list of folders with lenses."),
            body: change)
    ]

    /// `/etc/hosts` of `/files/etc/hosts/`.
    private static func file(of path: String) -> String {
        var path = path.hasPrefix("/files") ? String(path.dropFirst(6)) : path
        if path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// The file that all commands are about; a complaint where they are about several, or about none.
    private static func commonFile(_ state: StateContext, _ commands: [String]) async throws -> String? {
        var found: String?
        for command in commands {
            let path = try AugeasCommand(command, context: nil).path
            guard path.hasPrefix("/files") else {
                throw AugeasCommand.Fault(words: "Changes should be prefixed with /files if no context is provided, change: \(command)")
            }
            let file = file(of: path)
            if let found, found != file {
                throw AugeasCommand.Fault(words: "Changes should be made to one file at a time, detected changes to \(found) and \(file)")
            }
            found = file
        }
        var path = found ?? "/"
        while path != "/", try await !state.call.host.isFile(path) { path = Path.parent(path) ?? "/" }
        return path == "/" ? nil : path
    }

    private static func change(
        _ state: StateContext, name: String, context: String?, changes: Value, lens: String?, folders: Value
    ) async throws -> StateResult {
        guard let commands = changes.listValue?.map(\.pythonString), !commands.isEmpty else {
            return state.failed("'changes' must be specified as a list")
        }
        if !folders.isNull, folders.listValue == nil { return state.failed("'load_path' must be specified as a list") }
        let paths = folders.listValue?.map(\.pythonString).joined(separator: ":")
        let path: String?
        do {
            if let context { path = file(of: context) } else { path = try await commonFile(state, commands) }
        } catch let fault as AugeasCommand.Fault {
            return state.failed("Error: \(fault.words)")
        }
        return try await state.either(
            would: {
                let comment = "Executing commands" + (context.map { " in file \"\($0)\":\n" } ?? "") + commands.joined(separator: "\n")
                let willChange = try await changesSomething(state, commands, context, lens, paths)
                return StateResult(name: name, result: willChange ? nil : true, comment: comment)
            },
            do: {
                func text() async throws -> [String]? {
                    guard let path, try await state.call.host.isFile(path) else { return nil }
                    return TextContent.lines(try await state.call.host.read(path))
                }
                let old = try await text() ?? []
                let answer = try await AugeasModule.execute(state.call, context: context, lens: lens, commands: commands, folders: paths)
                if answer["retval"] != true { return state.failed("Error: \(answer["error"]?.pythonString ?? "")") }
                guard let new = try await text() else {
                    return StateResult(name: name, result: true, comment: "Changes have been saved", changes: ["updates": commands.value])
                }
                let difference = UnifiedDiff.lines(old, new, names: ("", ""), context: 0).joined()
                if difference.isEmpty { return state.unchanged("No changes made") }
                return StateResult(name: name, result: true, comment: "Changes have been saved", changes: ["diff": .string(difference)])
            })
    }

    /// Asks augtool what it would write, without writing. Salt foresees nothing here.
    private static func changesSomething(
        _ state: StateContext, _ commands: [String], _ context: String?, _ lens: String?, _ folders: String?
    ) async throws -> Bool {
        guard let lines = try? commands.map({ try AugeasCommand($0, context: context).line }) else { return true }
        let tool = Augtool(call: state.call, loadPath: folders, lens: lens, context: context)
        let answer = try await tool.run(["set /augeas/save noop"] + lines + ["save", "match /augeas/events/saved"])
        return !answer.succeeded || answer.lines.contains { $0.hasPrefix("/augeas/events/saved") }
    }
}
