import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One file that a state brings to a content, an owner and a mode.
struct ManagedFile: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.ManagedSettings
    var ownership: Ownership
    /// Whether the content came from a source; it decides with which mode a new file starts.
    var isFromSource = false

    private var host: any Host { state.call.host }

    // MARK: - The source

    func sourceContent() async throws -> SourceReader.Content {
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        let (source, hashText) = try await reader.firstExisting(settings.source, hash: settings.sourceHash)
        var content = try await fetch(source, hashText, reader)
        if let engine = settings.template {
            var values = FileState.variables(settings.defaults, settings.context)
            values["source"] = .string(source)
            values["name"] = .string(path)
            values["user"] = (ownership.user?.value).value
            values["group"] = (ownership.group?.value).value
            values["mode"] = (ownership.mode?.value).value
            for (key, value) in FileState.variables(settings.defaults, settings.context) { values[key] = value }
            do {
                let text = try await state.call.services.templates.render(
                    source: String(decoding: content.bytes, as: UTF8.self), name: source, engine: engine, values: values, in: state.call)
                content.bytes = Array(text.utf8)
            } catch {
                throw FileState.ContentFailure("\(error)")
            }
        }
        return content
    }

    private func fetch(_ source: String, _ hashText: String?, _ reader: SourceReader) async throws -> SourceReader.Content {
        let isRemote = SourceReader.isRemote(source)
        var hash: SourceHash?
        if let hashText, !hashText.isEmpty, !settings.skipVerify, !SourceReader.isSalt(source) {
            hash = try await SourceHash.find(hashText, source: source, name: path, entry: settings.sourceHashName, reader: reader)
        } else if isRemote, !settings.skipVerify {
            throw FileState.ContentFailure(
                "Unable to verify upstream hash of source file \(source), please set source_hash or set skip_verify to True")
        }
        // What is already as the digest says need not be downloaded again.
        if let hash, isRemote, settings.template == nil, try await host.isFile(path), try await host.digest(path, hash.algorithm) == hash.digest {
            return SourceReader.Content(bytes: try await host.read(path), mode: nil)
        }
        guard let content = try await reader.content(source) else {
            if SourceReader.isSalt(source) {
                throw FileState.ContentFailure("Source file \(source) not found in saltenv '\(reader.saltenv)'")
            }
            throw FileState.ContentFailure("Local file source \(source) does not exist")
        }
        if let hash {
            let actual = Digest.hexadecimal(content.bytes, hash.algorithm)
            if actual != hash.digest {
                throw FileState.ContentFailure(
                    "Specified \(hash.algorithm.rawValue) checksum for \(path) (\(hash.digest)) does not match actual checksum (\(actual))")
            }
        }
        return content
    }

    // MARK: - Bringing it about

    func apply(_ content: [UInt8]?) async throws -> StateResult {
        guard let status = try await host.status(path, followLinks: settings.followSymlinks) else { return try await create(content) }
        return try await update(content, status)
    }

    /// Writes to what a link points to, unless links are not followed.
    private func target() async throws -> String {
        guard settings.followSymlinks, try await host.isLink(path) else { return path }
        return try await host.resolved(path)
    }

    private func update(_ content: [UInt8]?, _ status: FileStatus) async throws -> StateResult {
        let target = try await target()
        var changes = ValueMap()
        if status.kind == .link {
            changes["diff"] = "Replace symbolic link with regular file"
        } else if let content {
            let difference = try await difference(target, content, status)
            if !difference.isEmpty { changes["diff"] = .string(settings.showChanges ? difference : "<show_changes=False>") }
        }
        let writes = changes["diff"] != nil
        for (key, value) in try await ownership.differences(status, host) { changes[key] = value }
        if changes.isEmpty {
            return state.unchanged(state.text(would: "The file \(path) is in the correct state", did: "File \(path) is in the correct state"))
        }
        if let failure = try await checkFailure(content) { return failure }
        var problems: [String] = []
        var result = try await state.change(changes, would: wouldChange, did: "File \(path) updated") {
            if writes, let content {
                try await Backup.keep(target, mode: settings.backup, state.call)
                try await host.write(target, content, FileAttributes())
            }
            let outcome = try await ownership.enforce(path, host, followLinks: settings.followSymlinks)
            problems = outcome.problems
            if problems.isEmpty { return nil }
            for key in ["user", "group", "mode"] where outcome.changes[key] == nil { changes[key] = nil }
            return changes
        }
        if !problems.isEmpty {
            result.result = false
            if changes.isEmpty { result.comment = problems.joined(separator: "; ") }
        }
        return result
    }

    /// The diff of the old and new content; equal digests save reading a large file twice.
    private func difference(_ target: String, _ content: [UInt8], _ status: FileStatus) async throws -> String {
        let old = try await host.read(target)
        if state.call.services.options["obfuscate_templates"]?.isTruthy == true, old != content { return "<Obfuscated Template>" }
        return TextContent.difference(old, content)
    }

    private var wouldChange: String {
        "The file \(path) is set to be changed\nNote: No changes made, actual changes may\nbe different due to other states."
    }

    private func create(_ content: [UInt8]?) async throws -> StateResult {
        let parent = Path.parent(path) ?? "/"
        if let failure = try await checkFailure(content) { return failure }
        let parentFailure: StateResult? = try await state.whenApplying {
            if try await host.isDirectory(parent) || settings.makedirs { return nil }
            return state.failed("Parent directory not present")
        }
        if let parentFailure { return parentFailure }
        var problems: [String] = []
        var result = try await state.change(
            foreseen(content), would: wouldChange, did: content == nil ? "Empty file" : "File \(path) updated"
        ) {
            if try await !host.isDirectory(parent) { try await makeParents(parent) }
            var changes = ValueMap()
            if content == nil {
                changes["new"] = .string("file \(path) created")
            } else {
                changes["diff"] = settings.newFileDiff ? .string(TextContent.difference([], content ?? [])) : "New file"
            }
            let identity = try await host.identity()
            try await host.write(path, content ?? [], FileAttributes(mode: ownership.mode?.bits ?? 0o644))
            var owners = ownership
            // Salt starts such a file with a private mode and reports the one it sets then, also the default.
            if owners.mode == nil, isFromSource { owners.mode = FileMode(bits: 0o644) }
            let start = isFromSource || ownership.mode != nil ? 0o600 : 0o644
            let born = FileStatus(kind: .file, mode: start, userID: identity.userID, groupID: identity.groupID)
            let outcome = try await owners.enforce(path, host, followLinks: true, was: born)
            problems = outcome.problems
            for (key, value) in outcome.changes { changes[key] = value }
            return changes
        }
        if !problems.isEmpty {
            result.result = false
            result.comment = ([content == nil ? "Empty file" : ""] + problems).filter { !$0.isEmpty }.joined(separator: "; ")
        }
        return result
    }

    private func foreseen(_ content: [UInt8]?) -> ValueMap {
        guard settings.newFileDiff, let content else { return ["newfile": .string(path)] }
        return ["diff": .string(TextContent.difference([], content))]
    }

    private func makeParents(_ directory: String) async throws {
        let mode = settings.dirMode ?? ownership.mode?.forDirectories
        let owners = Ownership(user: ownership.user, group: ownership.group, mode: mode)
        try await host.makeDirectories(directory, try await owners.attributes(host))
    }

    /// Asks `check_cmd` about the new content; a failure is the state's result.
    private func checkFailure(_ content: [UInt8]?) async throws -> StateResult? {
        guard let command = settings.checkCmd else { return nil }
        return try await state.whenApplying { try await refusal(command, content) }
    }

    private func refusal(_ command: String, _ content: [UInt8]?) async throws -> StateResult? {
        let candidate = TemporaryName.make("check", in: settings.tmpDir ?? "/tmp", suffix: settings.tmpExt)
        try await host.write(candidate, content ?? [], FileAttributes(mode: ownership.mode?.bits ?? 0o644))
        var check = CommandSettings()
        check.cmd = .string("\(command) \(ShellWords.quote(candidate))")
        check.pythonShell = true
        let outcome = try await check.run(state.call, mergesErrors: false)
        try await host.remove(candidate)
        state.call.outcome.returnCode = 0
        if outcome.code == 0 { return nil }
        var comment = "check_cmd execution failed"
        for text in [outcome.output, outcome.errors] where !text.isEmpty { comment += "\n" + text }
        var result = state.failed(comment)
        result.extra["skip_watch"] = true
        return result
    }
}
