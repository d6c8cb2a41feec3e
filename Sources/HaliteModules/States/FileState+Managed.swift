import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct ManagedSettings: ArgumentGroup {
        var source: [Value] = []
        var sourceHash: String?
        var sourceHashName: String?
        var keepSource = true
        var user: Account?
        var group: Account?
        var mode: String?
        var template: String?
        var makedirs = false
        var dirMode: FileMode?
        var context: Value = .null
        var replace = true
        var defaults: Value = .null
        var backup: Value = .null
        var showChanges = true
        var create = true
        var contents: Value = .null
        var tmpDir: String?
        var tmpExt = ""
        var contentsPillar: Value = .null
        var contentsGrains: Value = .null
        var contentsNewline = true
        var contentsDelimiter = ":"
        var allowEmpty = true
        var followSymlinks = true
        var checkCmd: String?
        var skipVerify = false
        var newFileDiff = false
        var owner: Account?
        var ignored: Value = .null

        static let fields: [ArgumentField<ManagedSettings>] = [
            .field("source", \.source, "Where the content comes from: salt://, http(s)://, a path; the first of a list that exists."),
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("keep_source", \.keepSource, "Keep the cached copy of the source."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("mode", \.mode, "The mode, or keep for that of the source."),
            .field("attrs", \.ignored, "Not supported: attributes of the file system."),
            .field("template", \.template, "The engine that renders the content, such as jinja."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("dir_mode", \.dirMode, "The mode of parents that are made."),
            .field("context", \.context, "Variables for the template."),
            .field("replace", \.replace, "Write the content also when the file is there."),
            .field("defaults", \.defaults, "Variables under those of the context."),
            .field("backup", \.backup, "minion keeps the old content in the cache."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("create", \.create, "Make the file when it is not there."),
            .field("contents", \.contents, "The content itself, text or lines."),
            .field("tmp_dir", \.tmpDir, "Where check_cmd finds the file."),
            .field("tmp_ext", \.tmpExt, "The end of that file's name."),
            .field("contents_pillar", \.contentsPillar, "The path of the content in the pillar."),
            .field("contents_grains", \.contentsGrains, "The path of the content in the grains."),
            .field("contents_newline", \.contentsNewline, "End the content with a line feed."),
            .field("contents_delimiter", \.contentsDelimiter, "What divides those paths."),
            .field("allow_empty", \.allowEmpty, "The content may be empty."),
            .field("follow_symlinks", \.followSymlinks, "Change what a link points to, not the link."),
            .field("check_cmd", \.checkCmd, "A command that must accept the new file, whose path is put behind it."),
            .field("skip_verify", \.skipVerify, "Take a download without a digest."),
            .field("new_file_diff", \.newFileDiff, "Show the content of a new file."),
            .field("owner", \.owner, "The same as user."),
            .field("encoding", \.ignored, "Not supported: files are UTF-8."),
            .field("encoding_errors", \.ignored, "Not supported."),
            .field("selinux", \.ignored, "Not supported."),
            .field("verify_ssl", \.ignored, "Certificates are always verified."),
            .field("use_etag", \.ignored, "Not supported."),
        ]
    }

    /// What a file shall hold.
    private enum Wanted {
        /// Whatever it holds.
        case anything
        /// Given in the SLS.
        case contents([UInt8])
        case source(SourceReader.Content)

        var bytes: [UInt8]? {
            switch self {
            case .anything: nil
            case .contents(let bytes): bytes
            case .source(let content): content.bytes
            }
        }
    }

    /// A reason why the content cannot be had, in Salt's words.
    struct ContentFailure: Error {
        let comment: String
        init(_ comment: String) { self.comment = comment }
    }

    static func managed(_ state: StateContext, _ settings: ManagedSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        var settings = settings
        settings.user = settings.user ?? settings.owner
        let keepsMode = settings.mode?.lowercased() == "keep"
        var mode: FileMode?
        if let text = settings.mode, !keepsMode, !text.isEmpty { mode = try FileMode(value: .string(text)) }
        let wanted: Wanted
        do {
            if let failure = argumentFailure(settings, keepsMode: keepsMode) { throw ContentFailure(failure) }
            if let contents = try await contents(state, settings) {
                wanted = .contents(contents)
            } else {
                wanted = .anything
            }
        } catch let failure as ContentFailure {
            return state.failed(failure.comment)
        }
        var isFixed = settings.replace
        if settings.source.isEmpty, wanted.bytes == nil { isFixed = false }
        if !settings.create, try await !host.isFile(path) {
            return state.unchanged("File \(path) is not present and is not set for creation")
        }
        let ownership = Ownership(user: settings.user, group: settings.group, mode: mode)
        if let failure = try await missingAccountFailure(state, ownership) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        if try await host.isDirectory(path) { return state.failed("Specified target \(path) is a directory") }
        for (word, value) in [("Context", settings.context), ("Defaults", settings.defaults)] where !value.isNull && (word == "Context" || value.isTruthy) {
            if (try? ValueMap(value: value)) == nil { return state.failed("\(word) must be formed as a dict") }
        }
        if !isFixed, try await host.status(path) != nil { return try await permissionsAlone(state, path, ownership, settings) }
        let managed = ManagedFile(state: state, path: path, settings: settings, ownership: ownership)
        do {
            var resolved = wanted
            var final = managed
            if case .anything = wanted, !settings.source.isEmpty {
                let content = try await managed.sourceContent()
                if keepsMode, let bits = content.mode { final.ownership.mode = FileMode(bits: bits) }
                resolved = .source(content)
            }
            if case .source = resolved { final.isFromSource = true }
            return try await final.apply(resolved.bytes)
        } catch let failure as ContentFailure {
            // Under test Salt gives the bare reason; otherwise it says what it was about to do.
            return state.failed(state.text(would: failure.comment, did: "Unable to manage file: \(failure.comment)"))
        } catch let error as ExecutionError {
            return state.failed("Unable to manage file: \(error)")
        } catch let error as HostError {
            return state.failed("Unable to manage file: \(error)")
        }
    }

    /// A failure when the owner or group does not exist. Under test it may be made by a state that did not run.
    static func missingAccountFailure(_ state: StateContext, _ ownership: Ownership) async throws -> StateResult? {
        try await state.whenApplying {
            let message = try await ownership.missingAccounts(state.call.host)
            return message.isEmpty ? nil : state.failed(message)
        }
    }

    private static func argumentFailure(_ settings: ManagedSettings, keepsMode: Bool) -> String? {
        let given = [settings.contents, settings.contentsPillar, settings.contentsGrains].count { !$0.isNull }
        if !settings.source.isEmpty, given > 0 {
            return "'source' cannot be used in combination with 'contents', 'contents_pillar', or 'contents_grains'"
        }
        if keepsMode, given > 0 {
            return "Mode preservation cannot be used in combination with 'contents', 'contents_pillar', or 'contents_grains'"
        }
        return given > 1 ? "Only one of 'contents', 'contents_pillar', and 'contents_grains' is permitted" : nil
    }

    /// The content that the SLS, the pillar or the grains give; nil when none does.
    private static func contents(_ state: StateContext, _ settings: ManagedSettings) async throws -> [UInt8]? {
        let given: Value
        let origin: String
        if !settings.contentsPillar.isNull {
            given = try lookUp(settings.contentsPillar, in: state.call.pillar, "Pillar", settings.contentsDelimiter)
            origin = "contents_pillar \(settings.contentsPillar.pythonString)"
        } else if !settings.contentsGrains.isNull {
            given = try lookUp(settings.contentsGrains, in: state.call.grains, "Grain", settings.contentsDelimiter)
            origin = "contents_grains \(settings.contentsGrains.pythonString)"
        } else if !settings.contents.isNull {
            given = settings.contents
            origin = "'contents'"
        } else {
            return nil
        }
        if !settings.allowEmpty, !given.isTruthy {
            throw ContentFailure(
                "\(origin) value would result in empty contents. Set allow_empty to True to allow the managed file to be empty.")
        }
        if case .bytes(let bytes) = given { return bytes }
        let parts: [String]
        if case .list(let list) = given { parts = list.map(\.pythonString) } else { parts = [given.pythonString] }
        if parts.isEmpty {
            throw ContentFailure(
                "Contents specified by contents/contents_pillar/contents_grains is not a string or list of strings, and is not binary data. SLS is likely malformed.")
        }
        var text = parts.flatMap { PythonLines.split($0) }.map { $0 + "\n" }.joined()
        if !settings.contentsNewline { while text.hasSuffix("\n") { text.removeLast() } }
        if let engine = settings.template {
            text = try await state.call.services.templates.render(
                source: text, name: state.name, engine: engine, values: variables(settings.defaults, settings.context), in: state.call)
        }
        return Array(text.utf8)
    }

    private static func lookUp(_ path: Value, in data: ValueMap, _ word: String, _ delimiter: String) throws -> Value {
        guard case .list(let paths) = path else {
            guard let found = CallContext.traverse(.map(data), path.pythonString, delimiter: delimiter) else {
                throw ContentFailure("\(word) \(path.pythonString) does not exist")
            }
            return found
        }
        let texts = try paths.map { try lookUp($0, in: data, word, delimiter).pythonString }
        return .string(texts.joined(separator: "\n"))
    }

    /// The variables of a template: the context over the defaults.
    static func variables(_ defaults: Value, _ context: Value) -> ValueMap {
        var values = (try? ValueMap(value: defaults)) ?? [:]
        for (key, value) in (try? ValueMap(value: context)) ?? [:] { values[key] = value }
        return values
    }

    /// A file whose content is not managed, or only when it is made.
    private static func permissionsAlone(
        _ state: StateContext, _ path: String, _ ownership: Ownership, _ settings: ManagedSettings
    ) async throws -> StateResult {
        let host = state.call.host
        guard let status = try await host.status(path, followLinks: settings.followSymlinks) else {
            return state.failed("Specified file \(path) does not exist")
        }
        let changes = try await ownership.differences(status, host)
        if changes.isEmpty {
            return state.unchanged(
                state.text(would: "File \(path) not updated", did: "File \(path) exists with proper permissions. No changes made."))
        }
        var would = "File \(path) not updated"
        if let mode = ownership.mode, changes["mode"] != nil {
            would = "File \(path) will be updated with permissions \(mode.text) from its current state of \(status.modeText)"
        }
        var problems: [String] = []
        var result = try await state.change(changes, would: would, did: "") {
            let outcome = try await ownership.enforce(path, host, followLinks: settings.followSymlinks)
            problems = outcome.problems
            return outcome.changes
        }
        if !problems.isEmpty {
            result.result = false
            result.comment = problems.joined(separator: "; ")
        }
        return result
    }
}
