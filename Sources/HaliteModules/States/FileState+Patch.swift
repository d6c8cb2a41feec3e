import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct PatchSettings: ArgumentGroup {
        var source: Value = .null
        var sourceHash: String?
        var sourceHashName: String?
        var skipVerify = false
        var template: String?
        var context: Value = .null
        var defaults: Value = .null
        var options: Value = ""
        var rejectFile: String?
        var strip: Int?
        var saltenv: String?
        var hash: Value = .null
        var dryRunFirst: Value = .null

        static let fields: [ArgumentField<PatchSettings>] = [
            .field("source", \.source, "The patch."),
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("skip_verify", \.skipVerify, "Take a download without a digest."),
            .field("template", \.template, "The engine that renders the patch."),
            .field("context", \.context, "Variables for the template."),
            .field("defaults", \.defaults, "Variables under those of the context."),
            .field("options", \.options, "Further options of patch."),
            .field("reject_file", \.rejectFile, "Where what does not apply is written."),
            .field("strip", \.strip, "How many leading folders of the names to drop, for a folder."),
            .field("saltenv", \.saltenv, "The environment of the patch."),
            .field("hash", \.hash, "Without effect."),
            .field("dry_run_first", \.dryRunFirst, "Without effect."),
        ]
    }

    static func patch(_ given: StateContext, _ settings: PatchSettings) async throws -> StateResult {
        let host = given.call.host
        if await host.which("patch") == nil { return given.failed("patch executable not found on minion") }
        if given.name.isEmpty { return given.failed("A file/directory to be patched is required") }
        let path = try await path(given)
        let state = StateContext(call: given.call, name: given.name, id: given.id, sls: given.sls, low: given.low)
        if !path.hasPrefix("/") { return state.failed("\(path) is not an absolute path") }
        guard let status = try await host.status(path) else { return state.failed("\(path) does not exist") }
        var result = try await patch(state, path, isFolder: status.kind == .directory, settings)
        // Salt speaks of them only where there is something to patch.
        for (name, value) in [("hash", settings.hash), ("dry_run_first", settings.dryRunFirst)] where !value.isNull {
            result.warnings.append("The '\(name)' argument is no longer used and has been ignored.")
        }
        return result
    }

    private static func patch(_ state: StateContext, _ path: String, isFolder: Bool, _ settings: PatchSettings) async throws -> StateResult {
        let host = state.call.host
        if let reject = settings.rejectFile {
            let parent = Path.parent(reject) ?? ""
            if !parent.hasPrefix("/") { return state.failed("'\(reject)' is not an absolute path") }
            if try await !host.isDirectory(parent) {
                return state.failed("Parent directory for reject_file '\(reject)' either does not exist, or is not a directory")
            }
        }
        let options: PatchOptions
        switch PatchOptions.read(settings.options, strip: settings.strip) {
        case .refused(let comment): return state.failed(comment)
        case .options(let found): options = found
        }
        return try await FilePatch(state: state, path: path, isFolder: isFolder, options: options, settings: settings).apply()
    }
}

/// The options of `patch` that a state may give.
struct PatchOptions: Sendable {
    var words: [String] = []
    var strip: Int?

    enum Outcome {
        case options(PatchOptions)
        case refused(String)
    }

    static func read(_ given: Value, strip: Int?) -> Outcome {
        var found = PatchOptions(strip: strip)
        var refused: [String] = []
        var words = ((try? ShellWords.split(given.pythonString)) ?? [])[...]
        while let word = words.popFirst() {
            if ["-N", "--forward", "-r", "--reject-file", "-o", "--output"].contains(where: { word.hasPrefix($0) }) {
                refused.append(word)
            }
            if word.hasPrefix("-p") {
                guard let number = Int(word.dropFirst(2)) else { return .refused(invalid("-p")) }
                found.strip = number
            } else if word.hasPrefix("--strip") {
                let text = word.contains("=") ? word.split(separator: "=").last.map(String.init) : words.popFirst()
                guard let text, let number = Int(text) else { return .refused(invalid("-strip")) }
                found.strip = number
            } else {
                found.words.append(word)
            }
        }
        if refused.isEmpty { return .options(found) }
        return .refused("The following CLI options are not allowed: \(refused.joined(separator: ", "))")
    }

    private static func invalid(_ option: String) -> String {
        "Invalid format for '\(option)' CLI option. Consider using the 'strip' option for this state."
    }
}

/// One patch on one file or folder.
struct FilePatch: Sendable {
    let state: StateContext
    let path: String
    let isFolder: Bool
    let options: PatchOptions
    let settings: FileState.PatchSettings

    private var host: any Host { state.call.host }

    func apply() async throws -> StateResult {
        let source = ManagedSource(
            call: state.call, path: path, hashText: settings.sourceHash, hashName: settings.sourceHashName,
            skipsVerification: settings.skipVerify)
        var chosen: String
        do {
            chosen = settings.source.isNull ? "" : try await source.choose(settings.source).source
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        if let saltenv = settings.saltenv, SourceReader.isSalt(chosen), !chosen.contains("?saltenv=") { chosen += "?saltenv=\(saltenv)" }
        let folder = TemporaryName.make("patch")
        try await host.makeDirectory(folder, FileAttributes(mode: 0o700))
        let result: StateResult
        do {
            result = try await apply(chosen, in: folder)
        } catch {
            try await host.remove(folder)
            throw error
        }
        try await host.remove(folder)
        return result
    }

    private func apply(_ source: String, in folder: String) async throws -> StateResult {
        let file = Path.join(folder, "patch")
        let rejects = settings.rejectFile ?? Path.join(folder, "rejects")
        if !source.isEmpty {
            var managed = FileState.ManagedSettings()
            (managed.source, managed.sourceHash, managed.sourceHashName) = (.string(source), settings.sourceHash, settings.sourceHashName)
            (managed.skipVerify, managed.template, managed.context, managed.defaults) =
                (settings.skipVerify, settings.template, settings.context, settings.defaults)
            var call = state.call
            call.test = false
            let fetching = StateContext(call: call, name: file, id: state.id, sls: state.sls, low: state.low)
            let fetched = try await FileState.managed(fetching, managed)
            if fetched.result == false, let failure = try await state.whenApplying({ fetched }) { return failure }
        }
        if try await !host.exists(file) { try await host.write(file, [], FileAttributes(mode: 0o600)) }
        let place = isFolder ? options.strip.map { ["-p\($0)"] } ?? [] : []
        let check = try await run(file, ["-N", "-r", rejects, "-o", Path.join(folder, "output")] + place)
        if check.exitCode != 0 { return try await refused(check, rejects) }
        return try await state.either(
            would: {
                StateResult(name: state.name, result: nil, comment: "The patch would be applied", changes: Self.shown(check))
            },
            do: {
                let outcome = try await run(file, place)
                return StateResult(
                    name: state.name, result: outcome.exitCode == 0,
                    comment: outcome.exitCode == 0 ? "Patch successfully applied" : "Failed to apply patch", changes: Self.shown(outcome))
            })
    }

    private func refused(_ check: CommandResult, _ rejects: String) async throws -> StateResult {
        guard let size = try await host.status(rejects)?.size, size > 0 else { return state.failed(check.errorText) }
        let reverse = try await run(rejects, ["-R", "-f"], dry: true)
        if check.exitCode == 2, !check.errorText.isEmpty { return state.failed(check.errorText) }
        if reverse.exitCode == 0 { return state.unchanged("Patch was already applied") }
        var comment = "Patch would not apply cleanly, no changes made. Results of dry-run are below."
        if settings.rejectFile == nil {
            comment += " Run state again using the reject_file option to save rejects to a persistent file."
        }
        return state.failed(comment + "\n\n" + Self.nested(Self.shown(check)))
    }

    private func run(_ patch: String, _ more: [String], dry: Bool = false) async throws -> CommandResult {
        let program = await host.which("patch") ?? "patch"
        return try await host.run(Command(Self.command(program, options.words + more, patch, path, isFolder: isFolder, dry: dry)))
    }

    /// The command line of `patch`, as Salt's function of that name puts it together.
    static func command(
        _ program: String, _ options: [String], _ patch: String, _ path: String, isFolder: Bool, dry: Bool
    ) -> [String] {
        var command = [program] + options
        if dry { command.append("--dry-run") }
        if !command.contains("-N"), !command.contains("--forward") { command.append("--forward") }
        if !command.contains(where: { $0 == "-r" || $0.hasPrefix("-r ") || $0.hasPrefix("--reject-file") }) {
            command.append("--reject-file=-")
        }
        command += ["-i", patch]
        guard isFolder else { return command + [path] }
        command += ["-d", path]
        let strips = command.contains { $0.hasPrefix("-p") || $0.hasPrefix("--strip=") }
        return strips ? command : command + ["--strip=0"]
    }

    static func shown(_ result: CommandResult) -> ValueMap {
        [
            "pid": .int(result.processID), "retcode": .int(result.exitCode), "stdout": .string(result.text),
            "stderr": .string(result.errorText),
        ]
    }

    /// What `patch` said, laid out as the nested outputter does.
    private static func nested(_ result: ValueMap) -> String {
        let indent = String(repeating: " ", count: 14)
        var lines: [String] = []
        for (key, value) in result.sorted(by: { $0.key.pythonString < $1.key.pythonString }) {
            lines += ["\(indent)----------", "\(indent)\(key.pythonString):"]
            lines += PythonLines.split(value.pythonString).map { "\(indent)    \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
