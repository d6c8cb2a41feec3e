import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct ManagedSettings: ArgumentGroup {
        var source: Value = .null
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
        var encoding: String?
        var encodingErrors = "strict"
        var attrs: String?
        var selinux: Value = .null
        var ignoreOrdering = false
        var ignoreWhitespace = false
        var ignoreCommentCharacters: Value = .null
        var contentsDelimiter = ":"
        var allowEmpty = true
        var followSymlinks = true
        var checkCmd: String?
        var skipVerify = false
        var newFileDiff = false
        var owner: Account?
        var ignored: Value = .null
        var fileMode: Value = .null
        var signature: Value = .null
        var hashSignature: Value = .null
        var keys = SignatureCheck.Keys()
        var manner = FileCache.Manner()

        /// The source of one file.
        func managedSource(_ path: String, _ call: CallContext) -> ManagedSource {
            ManagedSource(
                call: call, path: path, hashText: sourceHash, hashName: sourceHashName, skipsVerification: skipVerify, manner: manner,
                hashSignature: SignatureCheck(hashSignature, keys))
        }

        /// Whether some differences do not count for what requires the state.
        var ignoresDifferences: Bool { ignoreOrdering || ignoreWhitespace || ignoreCommentCharacters.isTruthy }

        var ignoredComments: [String] {
            switch ignoreCommentCharacters {
            case .string(let text): [text]
            case .list(let list): list.map(\.pythonString)
            default: []
            }
        }

        static let fields: [ArgumentField<ManagedSettings>] = [
            .field("source", \.source, "Where the content comes from: salt://, http(s)://, a path; the first of a list that exists."),
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("keep_source", \.keepSource, "Keep the cached copy of the source."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("mode", \.mode, "The mode, or keep for that of the source."),
            .field("attrs", \.attrs, "Attributes of the file system, as chattr takes them."),
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
            .field("encoding", \.encoding, "The encoding of contents, by default UTF-8."),
            .field("encoding_errors", \.encodingErrors, "What to do about letters that it has not: strict, ignore, replace and so on."),
            .field("selinux", \.selinux, "The context: seuser, serole, setype, serange."),
            .field("ignore_ordering", \.ignoreOrdering, "Lines in another order do not trigger what watches the file."),
            .field("ignore_whitespace", \.ignoreWhitespace, "White space at the ends of lines does not trigger it."),
            .field("ignore_comment_characters", \.ignoreCommentCharacters, "Comments that begin with these do not trigger it."),
            .field("file_mode", \.fileMode, "Without effect: the mode of a file is mode."),
            .field("signature", \.signature, "The signature that the source must have: True, or where it lies."),
            .field("source_hash_sig", \.hashSignature, "The signature that the file of digests must have."),
            .field("signed_by_any", \.keys.any, "Fingerprints of keys of which one must have signed."),
            .field("signed_by_all", \.keys.all, "Fingerprints of keys that must all have signed."),
            .field("keyring", \.keys.keyring, "The key ring that is used."),
            .field("gnupghome", \.keys.home, "The folder of gpg that is used."),
            .field("sig_backend", \.keys.backend, "What checks signatures: gpg."),
            .field("win_owner", \.ignored, "For Windows; without effect here."),
            .field("win_perms", \.ignored, "For Windows; without effect here."),
            .field("win_deny_perms", \.ignored, "For Windows; without effect here."),
            .field("win_inheritance", \.ignored, "For Windows; without effect here."),
            .field("win_perms_reset", \.ignored, "For Windows; without effect here."),
            .field("verify_ssl", \.manner.verifiesCertificates, "Verify the certificate of a web server."),
            .field("use_etag", \.manner.usesTag, "Take a download without a digest; a server that knows its ETag sends it once."),
        ]
    }

    static func managed(_ state: StateContext, _ settings: ManagedSettings) async throws -> StateResult {
        var result = try await Self.managedFile(state, settings)
        if !settings.fileMode.isNull {
            result.warnings.append("The 'file_mode' argument will be ignored.  Please use 'mode' instead to set file permissions.")
        }
        return result
    }

    private static func managedFile(_ state: StateContext, _ given: ManagedSettings) async throws -> StateResult {
        let path = try await path(state)
        let state = state.named(path)
        let host = state.call.host
        if path.isEmpty { return state.failed("Destination file name is required") }
        var settings = given
        settings.user = settings.user ?? settings.owner
        let keepsMode = settings.mode?.lowercased() == "keep"
        let mode = keepsMode ? nil : settings.mode.map { FileMode(text: $0) }
        if let failure = argumentFailure(settings, keepsMode: keepsMode) { return state.failed(failure) }
        var file = ManagedFile(
            state: state, path: path, settings: settings, ownership: Ownership(user: settings.user, group: settings.group, mode: mode),
            keepsMode: keepsMode)
        do {
            try await file.takeContents(try await contents(state, settings))
        } catch let failure as ManagedSource.Failure {
            return state.failed(failure.comment)
        }
        let isFixed = settings.replace && (settings.source.isTruthy || file.contents != nil || file.lateFailure != nil)
        if !settings.create, try await !host.isFile(path) {
            return state.unchanged("File \(path) is not present and is not set for creation")
        }
        if let failure = try await missingAccountFailure(state, file.ownership) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        let status = try await host.status(path)
        if status?.kind == .directory { return state.failed("Specified target \(path) is a directory") }
        if !settings.context.isNull, settings.context.mapValue == nil { return state.failed("Context must be formed as a dict") }
        if settings.defaults.isTruthy, settings.defaults.mapValue == nil { return state.failed("Defaults must be formed as a dict") }
        var isLeft = !isFixed
        if isFixed, status != nil, file.contents == nil, settings.template == nil, !settings.skipVerify {
            isLeft = try await settings.managedSource(path, state.call).isHeld(settings.source)
        }
        if isLeft, status != nil { return try await permissionsAlone(state, path, file.ownership, settings) }
        file.context = settings.context
        if let accumulated = Accumulators.values(state, path) {
            var context = settings.context.mapValue ?? [:]
            context["accumulator"] = .map(accumulated)
            file.context = .map(context)
        }
        return try await file.apply()
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
        if settings.source.isTruthy, given > 0 {
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
            throw ManagedSource.Failure(
                "\(origin) value would result in empty contents. Set allow_empty to True to allow the managed file to be empty.")
        }
        if case .bytes(let bytes) = given { return bytes }
        let parts: [String]
        if case .list(let list) = given { parts = list.map(\.pythonString) } else { parts = [given.pythonString] }
        if parts.isEmpty {
            throw ManagedSource.Failure(
                "Contents specified by contents/contents_pillar/contents_grains is not a string or list of strings, and is not binary data. SLS is likely malformed."
            )
        }
        var text = parts.flatMap { PythonLines.split($0) }.map { $0 + "\n" }.joined()
        if !settings.contentsNewline { while text.hasSuffix("\n") { text.removeLast() } }
        if let engine = settings.template {
            guard SaltEngines.known.contains(engine) else {
                throw ManagedSource.Failure("Specified template format \(engine) is not supported")
            }
            do {
                text = try await state.call.services.templates.render(
                    source: text, name: state.name, engine: engine, values: variables(settings.defaults, settings.context), in: state.call)
            } catch let error as TemplateFailure {
                throw ManagedSource.Failure("Unable to manage file: \(error.saltText)")
            }
        }
        return Array(text.utf8)
    }

    private static func lookUp(_ path: Value, in data: ValueMap, _ word: String, _ delimiter: String) throws -> Value {
        guard case .list(let paths) = path else {
            guard let found = CallContext.traverse(.map(data), path.pythonString, delimiter: delimiter) else {
                throw ManagedSource.Failure("\(word) \(path.pythonString) does not exist")
            }
            return found
        }
        let texts = try paths.enumerated().map { index, path -> String in
            let found = try lookUp(path, in: data, word, delimiter)
            guard case .string(let text) = found else {
                throw ExecutionError("sequence item \(index): expected str instance, \(found.typeName) found")
            }
            return text
        }
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
            throw ExecutionError("Path not found: \(path)")
        }
        return try await state.either(
            would: {
                let changes = try await ownership.differences(status, host)
                var comment = "File \(path) not updated"
                if let mode = ownership.mode, mode.text != status.modeText {
                    comment = "File \(path) will be updated with permissions \(mode.text) from its current state of \(status.modeText)"
                }
                return StateResult(name: path, result: changes.isEmpty ? true : nil, comment: comment, changes: changes)
            },
            do: {
                let outcome = try await ownership.enforce(path, host, followLinks: settings.followSymlinks)
                var result = StateResult(
                    name: path, result: outcome.problems.isEmpty, comment: outcome.problems.joined(separator: "; "),
                    changes: outcome.changes)
                if result.changes.isEmpty, result.result == true {
                    result.comment = "File \(path) exists with proper permissions. No changes made."
                }
                return result
            })
    }
}

/// The template engines that Salt knows by name.
enum SaltEngines {
    static let known: Set<String> = ["jinja", "mako", "py", "cheetah", "genshi", "wempy"]
}

extension Value {
    /// The one source, or the first of a list, for messages.
    var firstText: String { listValue?.first?.pythonString ?? pythonString }
}
