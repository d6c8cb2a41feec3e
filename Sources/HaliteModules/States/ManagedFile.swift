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
    /// `mode: keep`, which takes the mode of the source.
    var keepsMode = false
    /// What the SLS, the pillar or the grains give; nil where a source does, or nothing.
    var contents: FileContent?
    /// The bytes of `contents` before they were encoded: what `test=True` compares.
    var foreseenContents: FileContent?
    /// The context of templates, with what accumulators have collected.
    var context: Value = .null

    /// An encoding that has not all letters: Salt notices it when it writes.
    var lateFailure: String?

    var host: any Host { state.call.host }

    /// Sets the content that does not come from a source, in the encoding that is asked for.
    mutating func takeContents(_ bytes: [UInt8]?) async throws {
        guard let bytes else { return }
        foreseenContents = .bytes(bytes)
        guard let encoding = settings.encoding, !encoding.isEmpty else {
            contents = .bytes(bytes)
            return
        }
        do {
            contents = .bytes(try TextCodec.encode(String(decoding: bytes, as: UTF8.self), encoding, errors: settings.encodingErrors))
        } catch let error as ExecutionError {
            contents = .bytes(bytes)
            lateFailure = "\(error)"
        }
    }
    private var comparison: FileComparison { FileComparison(settings: settings, call: state.call) }

    func apply() async throws -> StateResult {
        try await state.either(would: { try await foresee() }, do: { try await manage() })
    }

    // MARK: - The source

    /// Chooses and fetches the source, and renders it where a template is asked for.
    private func fetch() async throws -> ManagedSource.Fetched? {
        guard settings.source.isTruthy else { return nil }
        let place = settings.managedSource(path, state.call)
        let chosen = try await place.choose(settings.source)
        if contents != nil { return nil }
        var fetched = try await place.fetch(chosen.source, hash: chosen.hash, template: settings.template != nil)
        guard let engine = settings.template else { return fetched }
        guard SaltEngines.known.contains(engine) else {
            throw ManagedSource.Failure("Specified template format \(engine) is not supported")
        }
        do {
            let text = String(decoding: try await fetched.content.read(host), as: UTF8.self)
            let rendered = try await state.call.services.templates.render(
                source: text, name: chosen.source, engine: engine, values: templateValues(chosen.source), in: state.call)
            fetched.content = .bytes(Array(rendered.utf8))
            fetched.sum = .content
        } catch let error as TemplateFailure {
            throw ManagedSource.Failure(error.saltText, isRaised: true)
        } catch let error as ExecutionError {
            throw ManagedSource.Failure("\(error)")
        }
        return fetched
    }

    /// What a template of a source sees beside Salt's own variables.
    private func templateValues(_ source: String) -> ValueMap {
        var values: ValueMap = [
            "source": .string(source), "name": .string(path), "user": (ownership.user?.value).value,
            "group": (ownership.group?.value).value,
            "mode": (ownership.mode?.value).value, "attrs": settings.attrs.value,
        ]
        for (key, value) in FileState.variables(settings.defaults, context) { values[key] = value }
        return values
    }

    // MARK: - Under test=True

    private func foresee() async throws -> StateResult {
        var ownership = ownership
        let fetched: ManagedSource.Fetched?
        do {
            fetched = try await fetch()
        } catch let failure as ManagedSource.Failure {
            if failure.isRaised { throw ExecutionError(failure.comment) }
            return state.failed(failure.comment)
        } catch let error as ExecutionError {
            return state.failed("Unable to manage file: \(error)")
        }
        if keepsMode, let fetched, fetched.isAtHand, let bits = fetched.mode { ownership.mode = FileMode(bits: bits) }
        let (changes, counts) = try await foreseen(fetched, ownership)
        if changes.isEmpty { return state.unchanged("The file \(path) is in the correct state") }
        var result = StateResult(
            name: path, result: nil,
            comment: "The file \(path) is set to be changed\nNote: No changes made, actual changes may\nbe different due to other states.",
            changes: changes)
        if changes["diff"] != nil, !settings.showChanges { result.changes["diff"] = "<show_changes=False>" }
        if settings.ignoresDifferences, !counts { result.extra["skip_req"] = true }
        return result
    }

    /// What would differ, and whether it counts where some differences are ignored.
    private func foreseen(_ fetched: ManagedSource.Fetched?, _ ownership: Ownership) async throws -> (ValueMap, Bool) {
        let followed = settings.followSymlinks ? try await host.status(path) : nil
        let found = if let followed { followed as FileStatus? } else { try await host.status(path, followLinks: false) }
        let wanted = foreseenContents ?? contents ?? fetched?.content
        guard let status = found else {
            guard settings.newFileDiff else { return (["newfile": .string(path)], true) }
            guard let wanted else { return ([:], true) }
            let difference = try await comparison.difference(.bytes([]), wanted, host, obfuscates: contents != nil)
            return difference.text.isEmpty ? ([:], true) : (["diff": .string(difference.text)], difference.counts)
        }
        var changes = ValueMap()
        var counts = false
        if contents != nil, let wanted {
            let difference = try await comparison.difference(path, wanted, host)
            if !difference.text.isEmpty { changes["diff"] = .string(difference.text) }
            counts = difference.counts
        } else if let fetched, try await differs(path, fetched) == true {
            let difference = try await comparison.difference(path, fetched.content, host)
            changes["diff"] = .string(difference.text)
            counts = difference.counts
        }
        for (key, value) in try await ownership.foreseenDifferences(status, host) { changes[key] = value }
        if let attrs = settings.attrs, !attrs.isEmpty, try await FileFlags.difference(path, attrs, state.call) != nil {
            changes["attrs"] = .string(attrs)
        }
        return (changes, counts)
    }

    /// Whether a file holds something else than the source; nil when that is not known.
    private func differs(_ file: String, _ fetched: ManagedSource.Fetched) async throws -> Bool? {
        do {
            switch fetched.sum {
            case .unknown:
                // Salt takes the digest all the same, which a link that leads nowhere has not.
                _ = try await host.head(file, 1)
                return nil
            case .digest(let sum): return try await host.digest(file, sum.algorithm) != sum.digest
            case .content: return try await !fetched.content.isContent(of: file, host)
            }
        } catch let error as HostError {
            throw ExecutionError(error.pythonText)
        }
    }

    // MARK: - Doing it

    private func manage() async throws -> StateResult {
        let fetched: ManagedSource.Fetched?
        do {
            fetched = try await fetch()
        } catch let failure as ManagedSource.Failure {
            return state.failed("Unable to manage file: \(failure.comment)")
        } catch let error as ExecutionError {
            return state.failed("Unable to manage file: \(error)")
        }
        var file = self
        if keepsMode, let bits = fetched?.mode { file.ownership.mode = FileMode(bits: bits) }
        if let lateFailure { return state.failed("Unable to \(settings.checkCmd == nil ? "manage" : "check_cmd") file: \(lateFailure)") }
        do {
            let isThere = try await host.isFile(path)
            if settings.checkCmd != nil, let fetched, let failure = try await mismatch(fetched, isUpdate: isThere) { return failure }
            if let command = settings.checkCmd, !command.isEmpty,
                let refusal = try await CandidateCheck(file: file, content: contents ?? fetched?.content, command: command).refusal()
            {
                return refusal
            }
        } catch let failure as ManagedSource.Failure {
            return state.failed(failure.comment)
        }
        let result = try await Self.caught(state) { try await file.write(fetched) }
        if !settings.keepSource, let fetched, SourceReader.isRemote(fetched.source),
            let copy = WebURL(fetched.source).flatMap({ FileCache(call: state.call, saltenv: state.call.saltenv).externalPath($0) })
        {
            try await host.remove(copy)
        }
        return result
    }

    /// What cannot be done is Salt's sentence of it.
    static func caught(_ state: StateContext, _ body: () async throws -> StateResult) async throws -> StateResult {
        do {
            return try await body()
        } catch let error as ExecutionError {
            return state.failed("Unable to manage file: \(error)")
        } catch let error as HostError {
            return state.failed("Unable to manage file: \(error.pythonText)")
        }
    }

    private func write(_ fetched: ManagedSource.Fetched?) async throws -> StateResult {
        guard let status = try await host.status(path, followLinks: false) else { return try await create(fetched) }
        guard status.kind == .link else {
            return status.kind == .file ? try await update(fetched, isLink: false) : try await create(fetched)
        }
        return try await update(fetched, isLink: true)
    }

    private func update(_ fetched: ManagedSource.Fetched?, isLink: Bool) async throws -> StateResult {
        let follows = settings.followSymlinks
        let target = isLink && follows ? try await host.resolved(path) : path
        var result = StateResult(name: path, result: true, comment: "")
        var counts = false
        if let fetched, try await needsWriting(target, fetched, replacesLink: isLink && !follows) {
            if let failure = try await refusal(fetched, isUpdate: true) { return failure }
            let difference = try await shown(target, fetched.content)
            counts = difference.counts
            if !difference.text.isEmpty { result.changes["diff"] = .string(difference.text) }
            if let failure = try await commit(fetched.content, target) { return failure }
        }
        if let contents {
            let difference = try await comparison.difference(target, contents, host)
            if isLink, !follows, difference.text.isEmpty || difference.unreadable != nil {
                result.changes["diff"] = "Replace symbolic link with regular file"
                if let failure = try await commit(contents, target) { return failure }
            } else if let unreadable = difference.unreadable {
                result.warnings.append("Failed to detect changes to file: \(unreadable)")
            } else if !difference.text.isEmpty {
                counts = difference.counts
                result.changes["diff"] = .string(
                    settings.showChanges ? difference.text : obfuscated ? "<Obfuscated Template>" : "<show_changes=False>")
                if let failure = try await commit(contents, target) { return failure }
            }
        }
        let outcome: (changes: ValueMap, problems: [String])
        do {
            outcome = try await enforce(followLinks: follows)
        } catch {
            // Salt's warnings are there already when the rest fails.
            var failure = try await Self.caught(state) { throw error }
            failure.warnings = result.warnings + failure.warnings
            return failure
        }
        for (key, value) in outcome.changes { result.changes[key] = value }
        if !outcome.problems.isEmpty { result.result = false }
        result.comment = outcome.problems.joined(separator: "; ")
        if !result.changes.isEmpty {
            result.comment = "File \(path) updated"
            if settings.ignoresDifferences, !counts { result.extra["skip_req"] = true }
        } else if result.result == true {
            result.comment = "File \(path) is in the correct state"
        }
        return result
    }

    private func needsWriting(_ target: String, _ fetched: ManagedSource.Fetched, replacesLink: Bool) async throws -> Bool {
        if replacesLink { return true }
        return try await differs(target, fetched) ?? true
    }

    private var obfuscated: Bool { state.call.services.options["obfuscate_templates"]?.isTruthy == true }

    private func shown(_ target: String, _ content: FileContent) async throws -> FileComparison.Outcome {
        if obfuscated { return .init(text: "<Obfuscated Template>") }
        if !settings.showChanges { return .init(text: "<show_changes=False>") }
        return try await comparison.difference(target, content, host)
    }

    /// A failure unless what was fetched is what the digest says, and signed as it shall be.
    private func refusal(_ fetched: ManagedSource.Fetched, isUpdate: Bool) async throws -> StateResult? {
        if let failure = try await mismatch(fetched, isUpdate: isUpdate) { return failure }
        guard let check = SignatureCheck(settings.signature, settings.keys) else { return nil }
        guard let file = fetched.path else {
            return state.failed("Failed checking new file's signature: what a template makes is not what was signed")
        }
        do {
            try await check.check(file, settings.managedSource(path, state.call).reader)
            return nil
        } catch let error as SourceHash.Invalid {
            if SourceReader.isRemote(fetched.source) { try await host.remove(file) }
            return state.failed("Failed checking new file's signature: \(error)")
        }
    }

    private func mismatch(_ fetched: ManagedSource.Fetched, isUpdate: Bool) async throws -> StateResult? {
        guard case .digest(let sum) = fetched.sum, !SourceReader.isSalt(fetched.source) else { return nil }
        let actual = try await fetched.content.digest(sum.algorithm, host)
        if actual == sum.digest { return nil }
        let what = isUpdate ? fetched.source : path
        var comment = "Specified \(sum.algorithm.rawValue) checksum for \(what) (\(sum.digest)) does not match actual checksum (\(actual))"
        if isUpdate {
            comment +=
                ". If the 'source_hash' value refers to a remote file with multiple possible matches, then it may be necessary to set 'source_hash_name'."
        }
        return state.failed(comment)
    }

    /// Puts the content in place of a file, keeping what it was where that is asked for.
    private func commit(_ content: FileContent, _ target: String) async throws -> StateResult? {
        do {
            try await Backup.keep(target, mode: settings.backup, state.call)
            // Only a link that leads nowhere has no mode to be kept; Salt's new file is private then.
            let mode = try await host.status(target) == nil ? 0o600 : nil as Int?
            try await content.write(to: target, FileAttributes(mode: mode), host)
            return nil
        } catch let error as HostError {
            return state.failed("Failed to commit change: \(error.pythonText)")
        }
    }

    private func enforce(followLinks: Bool, was: FileStatus? = nil) async throws -> (changes: ValueMap, problems: [String]) {
        var outcome = try await ownership.enforce(path, host, followLinks: followLinks, was: was)
        if let attrs = settings.attrs {
            let flags = try await FileFlags.enforce(path, attrs, state.call)
            for (key, value) in flags.changes { outcome.changes[key] = value }
            outcome.problems += flags.problems
        }
        if let selinux = settings.selinux.mapValue, !selinux.isEmpty {
            let label = try await SecurityLabel.enforce(path, selinux, state.call)
            for (key, value) in label.changes { outcome.changes[key] = value }
            outcome.problems += label.problems
        }
        return outcome
    }

    // MARK: - A new file

    private func create(_ fetched: ManagedSource.Fetched?) async throws -> StateResult {
        if let fetched, let failure = try await refusal(fetched, isUpdate: false) { return failure }
        // Python's dirname keeps a name that ends with a slash.
        let parent = path.hasSuffix("/") ? String(path.dropLast()) : path.hasPrefix("/") ? Path.parent(path) ?? "/" : ""
        if try await !host.isDirectory(parent) {
            guard settings.makedirs else { return state.failed("Parent directory not present") }
            try await makeParents(parent)
        }
        var owners = self
        var result = StateResult(name: path, result: true, comment: "")
        let content = contents ?? fetched?.content
        if let content {
            result.changes["diff"] = "New file"
            if settings.newFileDiff { result.changes["diff"] = .string(try await comparison.difference(.bytes([]), content, host).text) }
        } else {
            result.changes["new"] = .string("file \(path) created")
            result.comment = "Empty file"
        }
        if contents != nil, Backup.isWanted(settings.backup, state.call) {
            // Salt makes the file before it writes, and so keeps an empty one.
            try await host.write(path, [], FileAttributes(mode: ownership.mode?.bits))
            try await Backup.keep(path, mode: settings.backup, state.call)
        }
        try await (content ?? .bytes([])).write(to: path, FileAttributes(mode: ownership.mode.map { $0.bits ?? 0o600 }), host)
        // Salt starts such a file with a private mode and reports the one it sets then, also the default.
        let made = try await host.status(path)?.mode ?? 0o644
        if owners.ownership.mode == nil { owners.ownership.mode = FileMode(bits: made) }
        let start = fetched != nil || ownership.mode != nil ? 0o600 : made
        let identity = try await host.identity()
        let born = FileStatus(kind: .file, mode: start, userID: identity.userID, groupID: identity.groupID)
        let outcome = try await owners.enforce(followLinks: false, was: born)
        for (key, value) in outcome.changes { result.changes[key] = value }
        if !outcome.problems.isEmpty {
            result.result = false
            result.comment = ([result.comment] + outcome.problems).filter { !$0.isEmpty }.joined(separator: "; ")
        }
        if result.comment.isEmpty { result.comment = "File \(path) updated" }
        // Salt compares nothing with a new file, and so takes no change as one that counts.
        if settings.ignoresDifferences { result.extra["skip_req"] = true }
        return result
    }

    private func makeParents(_ directory: String) async throws {
        if try await host.exists(directory) {
            throw ExecutionError(
                contents == nil && settings.source.isTruthy ? "[Errno 2] No such file or directory: \(path)" : "Not a directory")
        }
        let mode = settings.dirMode ?? ownership.mode?.forDirectories
        try await NewFolders.make(directory, Ownership(user: ownership.user, group: ownership.group, mode: mode), host)
    }
}
