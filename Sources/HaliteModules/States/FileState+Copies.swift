import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    // MARK: - copy

    struct CopySettings: ArgumentGroup {
        var source = ""
        var force = false
        var makedirs = false
        var preserve = false
        var user: Account?
        var group: Account?
        var mode: FileMode?
        var dirMode: FileMode?
        var subdir = false
        var owner: Account?

        static let fields: [ArgumentField<CopySettings>] = [
            .field("source", \.source, "The file or folder on the host.", required: true),
            .field("force", \.force, "Replace what is there."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("preserve", \.preserve, "Keep owner, group and mode."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("mode", \.mode, "The mode; by default that of the source."),
            .field("dir_mode", \.dirMode, "The mode of parents that are made."),
            .field("subdir", \.subdir, "A folder in the place takes the copy in."),
            .field("owner", \.owner, "The same as user."),
        ]
    }

    static func copy(_ given: StateContext, _ settings: CopySettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let source = try await expanded(settings.source, state.call)
        if path.isEmpty { return state.failed("Must provide name to file.copy") }
        if let failure = relativePathFailure(state, path) { return failure }
        guard let original = try await state.call.host.status(source) else { return state.failed("Source file \"\(source)\" is not present") }
        let owners: Ownership
        if settings.preserve {
            let user = try await Ownership.userName(original.userID, state.call.host)
            let group = try await Ownership.groupName(original.groupID, state.call.host)
            owners = Ownership(user: Account(user), group: Account(group), mode: FileMode(bits: original.mode))
        } else {
            let user = settings.user ?? settings.owner
            let both = try await LinkOwners.complete((user?.value).value, (settings.group?.value).value, state.call)
            owners = Ownership(user: both.user, group: both.group, mode: settings.mode ?? FileMode(bits: original.mode))
            if let failure = try await missingAccountFailure(state, owners) { return failure }
        }
        return try await LocalCopy(state: state, path: path, source: source, original: original, owners: owners, settings: settings).apply()
    }

    /// A path whose `~` is resolved.
    static func expanded(_ path: String, _ call: CallContext) async throws -> String {
        try await Self.path(StateContext(call: call, name: path, id: "", sls: "", low: [:]))
    }

    // MARK: - rename

    struct RenameSettings: ArgumentGroup {
        var source = ""
        var force = false
        var makedirs = false
        static let fields: [ArgumentField<RenameSettings>] = [
            .field("source", \.source, "The old path.", required: true),
            .field("force", \.force, "Replace what is there."),
            .field("makedirs", \.makedirs, "Make missing parents."),
        ]
    }

    static func rename(_ given: StateContext, _ settings: RenameSettings) async throws -> StateResult {
        let path = try await withVariables(try await path(given), given.call)
        let state = given.named(path)
        let host = state.call.host
        let source = try await withVariables(try await expanded(settings.source, state.call), state.call)
        if path.isEmpty { return state.failed("Must provide name to file.rename") }
        if let failure = relativePathFailure(state, path) { return failure }
        if try await !host.exists(source) { return state.unchanged("Source file \"\(source)\" has already been moved out of place") }
        let isTaken = try await host.exists(path)
        if isTaken, !settings.force { return state.unchanged("The target file \"\(path)\" exists and will not be overwritten") }
        return try await state.either(would: {
            StateResult(name: path, result: nil, comment: "File \"\(source)\" is set to be moved to \"\(path)\"")
        }, do: {
            if isTaken { try await host.remove(path) }
            if let failure = try await LocalCopy.missingParentFailure(state, path, makes: settings.makedirs, Ownership()) { return failure }
            do {
                let takesIn = try await host.isDirectory(path)
                try await FileCopies.move(source, to: takesIn ? Path.join(path, Path.name(source)) : path, host)
            } catch is HostError {
                return state.failed("Failed to move \"\(source)\" to \"\(path)\"")
            }
            return StateResult(
                name: path, result: true, comment: "Moved \"\(source)\" to \"\(path)\"", changes: [.string(path): .string(source)])
        })
    }

    /// Python's `expandvars`: `$NAME` and `${NAME}` of the environment; unknown ones stay.
    private static func withVariables(_ text: String, _ call: CallContext) async throws -> String {
        guard text.contains("$") else { return text }
        let environment = try await call.host.identity().environment
        let bytes = Array(text.utf8)
        let result = try PythonRegex.compile("\\$(\\w+|\\{[^}]*\\})").substitute(in: bytes) { match in
            guard let range = match.ranges[0] else { return [] }
            let name = String(decoding: bytes[range].filter { !Array("${}".utf8).contains($0) }, as: UTF8.self)
            return environment[name].map { Array($0.utf8) } ?? Array(bytes[range])
        }
        return String(decoding: result.result, as: UTF8.self)
    }

    // MARK: - accumulated

    struct AccumulatedSettings: ArgumentGroup {
        var filename = ""
        var text: Value = .null
        static let fields: [ArgumentField<AccumulatedSettings>] = [
            .field("filename", \.filename, "The file that will hold it.", required: true),
            .field("text", \.text, "One text or a list."),
        ]
    }

    static func accumulated(_ state: StateContext, _ settings: AccumulatedSettings) async throws -> StateResult {
        if settings.text.isNull { return state.failed("No text supplied for accumulator") }
        let targets = (state.low["require_in"]?.listValue ?? []) + (state.low["watch_in"]?.listValue ?? [])
        guard targets.contains(where: { $0["file"] != nil || $0 == "file" }) else {
            return state.failed("Orphaned accumulator \(state.name) in \(state.sls):\(state.id)")
        }
        let texts = settings.text.listValue ?? [settings.text]
        let isNew = Accumulators.add(texts, name: state.name, path: settings.filename, state)
        return state.unchanged(isNew ? "Accumulator \(state.name) for file \(settings.filename) was charged by text" : "")
    }

    // MARK: - tidied

    struct TidiedSettings: ArgumentGroup {
        var age = 0
        var matches: [String] = [".*"]
        var rmdirs = false
        var size: Value = 0
        var exclude: [String] = []
        var fullPathMatch = false
        var followlinks = false
        var timeComparison = "atime"
        var ageSizeLogicalOperator = "OR"
        var ageSizeOnly: String?
        var rmlinks = true

        static let fields: [ArgumentField<TidiedSettings>] = [
            .field("age", \.age, "Days from which on a file goes."),
            .field("matches", \.matches, "Regular expressions of names."),
            .field("rmdirs", \.rmdirs, "Folders too."),
            .field("size", \.size, "Bytes from which on a file goes; 10K, 5M and so on."),
            .field("exclude", \.exclude, "Regular expressions of names that stay."),
            .field("full_path_match", \.fullPathMatch, "They match whole paths."),
            .field("followlinks", \.followlinks, "Without effect: links are not followed."),
            .field("time_comparison", \.timeComparison, "atime, mtime or ctime."),
            .field("age_size_logical_operator", \.ageSizeLogicalOperator, "AND or OR."),
            .field("age_size_only", \.ageSizeOnly, "Look at age or size alone."),
            .field("rmlinks", \.rmlinks, "Links too."),
        ]
    }

    static func tidied(_ state: StateContext, _ settings: TidiedSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        if let failure = relativePathFailure(state, path) { return failure }
        guard try await host.isDirectory(path) else { return state.failed("\(path) does not exist or is not a directory.") }
        let today = (Int(try await host.run("date", "+%s").text) ?? 0) / 86400
        let size = try ByteCount.parse(settings.size)
        var removals: [String] = []
        for visit in try await FolderWalk.visits(path, host).reversed() {
            for name in visit.files + visit.folders {
                let entry = Path.join(visit.path, name)
                guard let status = try await host.status(entry, followLinks: false) else { continue }
                if status.kind == .link, !settings.rmlinks { continue }
                if status.kind == .directory, !settings.rmdirs { continue }
                let time = settings.timeComparison == "mtime" ? status.modificationTime : settings.timeComparison == "ctime" ? status.changeTime : status.accessTime
                let isOld = abs(today - Int(time) / 86400) >= settings.age
                let isLarge = (status.kind == .file ? status.size : 0) >= size
                let fits: Bool
                switch settings.ageSizeOnly {
                case "age": fits = isOld
                case "size": fits = isLarge
                default: fits = settings.ageSizeLogicalOperator.uppercased() == "AND" ? isOld && isLarge : isOld || isLarge
                }
                let shown = settings.fullPathMatch ? entry : name
                guard fits, try settings.matches.contains(where: { try PythonRegex.compile($0).matches(shown, .start) }) else { continue }
                if try settings.exclude.contains(where: { try PythonRegex.compile($0).matches(shown, .start) }) { continue }
                removals.append(entry)
            }
        }
        if removals.isEmpty { return state.unchanged("Nothing to remove from directory \(path)") }
        return try await state.change(
            ["removed": removals.value], would: "\(path) is set for tidy",
            did: "Removed \(removals.count) files or directories from directory \(path)"
        ) {
            for entry in removals { try await host.remove(entry) }
            return nil
        }
    }

    // MARK: - cached

    struct CachedSettings: ArgumentGroup {
        var sourceHash: String?
        var sourceHashName: String?
        var skipVerify = false
        var saltenv = "base"
        static let fields: [ArgumentField<CachedSettings>] = [
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("skip_verify", \.skipVerify, "Take a download without a digest."),
            .field("saltenv", \.saltenv, "The environment of salt:// files."),
        ]
    }

    private static func cachePath(_ state: StateContext, _ source: String, _ saltenv: String) -> String {
        let cache = state.call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite"
        return Path.join(cache, "extrn_files", saltenv, source.split(separator: "://").last.map(String.init) ?? source)
    }

    static func cached(_ state: StateContext, _ settings: CachedSettings) async throws -> StateResult {
        let source = state.name
        if SourceReader.isSalt(source) {
            let reader = SourceReader(call: state.call, saltenv: settings.saltenv)
            let place = reader.saltPath(source)
            guard let file = try await state.call.services.files.fetch(place.path, saltenv: place.saltenv) else {
                return state.failed("Failed to cache \(source): file not found in saltenv '\(place.saltenv)'")
            }
            return state.unchanged("File already cached to \(file.localPath)")
        }
        let reader = SourceReader(call: state.call, saltenv: settings.saltenv)
        if !SourceReader.isRemote(source) {
            let path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
            let isThere = try await state.call.host.exists(path)
            return isThere ? state.unchanged("File \(path) is present on the minion") : state.failed("File \(path) is not present on the minion")
        }
        let path = cachePath(state, source, settings.saltenv)
        var hash: SourceHash?
        if let text = settings.sourceHash, !text.isEmpty {
            hash = try await SourceHash.find(text, source: source, name: path, entry: settings.sourceHashName, reader: reader)
        } else if !settings.skipVerify {
            return state.failed(
                "Unable to verify upstream hash of source file \(source), please set source_hash or set skip_verify or use_etag to True")
        }
        let algorithm = hash?.algorithm ?? .sha256
        let old = try await state.call.host.isFile(path) ? try await state.call.host.digest(path, algorithm) : nil
        if let hash, old == hash.digest { return state.unchanged("File is already cached to \(path) with hash \(hash.digest)") }
        return try await state.either(would: {
            StateResult(name: source, result: nil, comment: "File will be cached: \(source)")
        }, do: {
            guard let content = try await reader.content(source) else { return state.failed("Failed to cache \(source), check minion log for more information") }
            try await state.call.host.makeDirectories(Path.parent(path) ?? "/")
            try await state.call.host.write(path, content.bytes, FileAttributes())
            let new = Digest.hexadecimal(content.bytes, algorithm)
            let changes: ValueMap = old == new ? [:] : ["hash": ["old": old.value, "new": .string(new)]]
            if let hash, hash.digest != new {
                return state.failed("File is cached to \(path), but the hash (\(new)) does not match the specified hash (\(hash.digest))", changes: changes)
            }
            let comment = hash == nil ? "File is cached to \(path)" : "File is already cached to \(path) with hash \(new)"
            return StateResult(name: source, result: true, comment: comment, changes: changes)
        })
    }

    static func notCached(_ state: StateContext, name: String, saltenv: String) async throws -> StateResult {
        let path = cachePath(state, name, saltenv)
        guard try await state.call.host.exists(path) else { return state.unchanged("\(name) is not cached") }
        return try await state.change(["deleted": true], would: "\(path) would be deleted", did: "\(path) was deleted") {
            try await state.call.host.remove(path)
            return nil
        }
    }
}

/// Numbers of bytes as people write them.
enum ByteCount {
    static func parse(_ value: Value) throws -> Int {
        if case .int(let number) = value { return number }
        let text = value.pythonString.stripped().uppercased()
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let units = ["": 0, "B": 0, "K": 1, "KB": 1, "KIB": 1, "M": 2, "MB": 2, "MIB": 2, "G": 3, "GB": 3, "GIB": 3, "T": 4, "TB": 4, "TIB": 4]
        guard let number = Double(digits), let power = units[String(text.dropFirst(digits.count)).stripped()] else {
            throw ExecutionError("'\(value.pythonString)' is no size")
        }
        return Int(number * Double(1 << (10 * power)))
    }
}
