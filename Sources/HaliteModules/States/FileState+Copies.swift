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

    static func copy(_ state: StateContext, _ settings: CopySettings) async throws -> StateResult {
        var path = try await path(state)
        let host = state.call.host
        let source = settings.source
        if let failure = relativePathFailure(state, path) { return failure }
        guard let original = try await host.status(source) else { return state.failed("Source file \"\(source)\" is not present") }
        var own = Ownership(user: settings.user ?? settings.owner, group: settings.group, mode: settings.mode ?? FileMode(bits: original.mode))
        if settings.preserve {
            own.user = Account(try await Ownership.userName(original.userID, host))
            own.group = Account(try await Ownership.groupName(original.groupID, host))
            own.mode = FileMode(bits: original.mode)
        } else {
            let accounts = try await state.call.ownAccounts()
            own.user = own.user ?? Account(accounts.user)
            own.group = own.group ?? Account(accounts.group)
            if let failure = try await missingAccountFailure(state, own) { return failure }
        }
        if settings.subdir, try await host.isDirectory(path) { path = Path.join(path, Path.name(source)) }
        var did = "Copied \"\(source)\" to \"\(path)\""
        if let present = try await host.status(path, followLinks: false) {
            guard settings.force else { return state.unchanged("The target file \"\(path)\" exists and will not be overwritten") }
            if present.kind == .file, original.kind == .file, try await host.digest(path, .sha256) == host.digest(source, .sha256) {
                did += " - files are identical but force flag is set"
            }
        }
        let parent = Path.parent(path) ?? "/"
        let failure: StateResult? = try await state.whenApplying {
            if try await host.isDirectory(parent) || settings.makedirs { return nil }
            return state.failed("The target directory \(parent) is not present")
        }
        if let failure { return failure }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "File \"\(source)\" is set to be copied to \"\(path)\"")
        }, do: {
            if settings.force { try await host.remove(path) }
            let parents = Ownership(user: own.user, group: own.group, mode: settings.dirMode ?? own.mode?.forDirectories)
            try await host.makeDirectories(parent, try await parents.attributes(host))
            try await FileCopies.copy(source, to: path, host)
            if original.kind == .directory {
                for visit in try await FolderWalk.visits(path, host) {
                    for name in visit.folders + visit.files {
                        let attributes = try await Ownership(user: own.user, group: own.group).attributes(host)
                        try await host.setAttributes(Path.join(visit.path, name), attributes, followLinks: false)
                    }
                }
            }
            var changes: ValueMap = [.string(path): .string(source)]
            let outcome = try await own.enforce(path, host, followLinks: false)
            if !settings.preserve { for (key, value) in outcome.changes { changes[key] = value } }
            var result = StateResult(name: state.name, result: true, comment: did, changes: changes)
            if !outcome.problems.isEmpty {
                result.result = false
                result.comment = ([did] + outcome.problems).joined(separator: "; ")
            }
            return result
        })
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

    static func rename(_ state: StateContext, _ settings: RenameSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        let source = settings.source
        if let failure = relativePathFailure(state, path) { return failure }
        if try await !host.exists(source) { return state.unchanged("Source file \"\(source)\" has already been moved out of place") }
        if try await host.exists(path), !settings.force {
            return state.unchanged("The target file \"\(path)\" exists and will not be overwritten")
        }
        let parent = Path.parent(path) ?? "/"
        let failure: StateResult? = try await state.whenApplying {
            if try await host.isDirectory(parent) || settings.makedirs { return nil }
            return state.failed("The target directory \(parent) is not present")
        }
        if let failure { return failure }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "File \"\(source)\" is set to be moved to \"\(path)\"")
        }, do: {
            if settings.force { try await host.remove(path) }
            try await host.makeDirectories(parent)
            try await FileCopies.move(source, to: path, host)
            return StateResult(
                name: state.name, result: true, comment: "Moved \"\(source)\" to \"\(path)\"", changes: [.string(path): .string(source)])
        })
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

/// Copies and moves on one host.
enum FileCopies {
    /// Copies a file, or a folder with all that is in it; links stay links.
    static func copy(_ source: String, to path: String, _ host: any Host) async throws {
        guard let status = try await host.status(source) else { throw ExecutionError("no file \(source)") }
        if status.kind != .directory {
            try await host.write(path, try await host.read(source), FileAttributes(mode: status.mode))
            return
        }
        try await host.makeDirectory(path, FileAttributes(mode: status.mode))
        for name in try await host.list(source) {
            let (from, to) = (Path.join(source, name), Path.join(path, name))
            if try await host.isLink(from) {
                try await host.makeLink(to, to: try await host.readLink(from))
            } else {
                try await copy(from, to: to, host)
            }
        }
    }

    /// Renames, or copies and removes where two file systems meet.
    static func move(_ source: String, to path: String, _ host: any Host) async throws {
        do {
            try await host.rename(source, to: path)
        } catch let error as HostError where error.code == .other {
            try await copy(source, to: path, host)
            try await host.remove(source)
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
