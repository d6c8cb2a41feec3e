import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Archives unpacked into folders.
package struct ArchiveState: StateModule {
    package static let name = "archive"
    package static let summary = "Archives unpacked into folders."

    package static let functions: [StateFunction] = [StateFunction("extracted", "An archive is unpacked into a folder.", Settings.self, body: extracted)]

    struct Settings: ArgumentGroup {
        var source: [Value] = []
        var sourceHash: String?
        var sourceHashName: String?
        var skipVerify = false
        var keepSource = true
        var options: String?
        var format: String?
        var user: Account?
        var group: Account?
        var ifMissing: String?
        var trimOutput: Value = .null
        var overwrite = false
        var force = false
        var clean = false
        var enforceToplevel = true
        var enforceOwnershipOn: String?
        var extractPerms = true
        var ignored: Value = .null

        static let fields: [ArgumentField<Settings>] = [
            .field("source", \.source, "Where the archive is; the first of a list that exists.", required: true),
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("skip_verify", \.skipVerify, "Take a download without a digest."),
            .field("keep_source", \.keepSource, "Without effect."),
            .field("options", \.options, "Options of tar or unzip."),
            .field("archive_format", \.format, "tar or zip; told by the name."),
            .field("user", \.user, "The owner of what is unpacked."),
            .field("group", \.group, "The group of what is unpacked."),
            .field("if_missing", \.ifMissing, "Unpack only when nothing is at this path."),
            .field("trim_output", \.trimOutput, "How many files the changes name."),
            .field("overwrite", \.overwrite, "Unpack also when all is there."),
            .field("force", \.force, "Replace files in the way of folders."),
            .field("clean", \.clean, "Empty the folder first."),
            .field("enforce_toplevel", \.enforceToplevel, "Refuse archives without one folder at their top."),
            .field("enforce_ownership_on", \.enforceOwnershipOn, "The path whose owner is looked at."),
            .field("extract_perms", \.extractPerms, "Without effect."),
            .field("tar_options", \.options, "The same as options."),
            .field("zip_options", \.options, "The same as options."),
            .field("list_options", \.ignored, "Without effect."),
            .field("use_cmd_unzip", \.ignored, "Without effect."),
            .field("keep", \.ignored, "Without effect."),
            .field("archive_user", \.user, "The same as user."),
            .field("source_hash_update", \.ignored, "Without effect."),
            .field("password", \.ignored, "Not supported."),
        ]
    }

    private static func extracted(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let host = state.call.host
        guard state.name.hasPrefix("/") else { return state.failed("\(state.name) is not an absolute path") }
        let folder = state.name.hasSuffix("/") && state.name != "/" ? String(state.name.dropLast()) : state.name
        if try await host.isFile(folder) { return state.failed("\(state.name) exists and is not a directory") }
        if let path = settings.ifMissing, try await host.exists(path) { return state.unchanged("Path \(path) exists") }
        let own = Ownership(user: settings.user, group: settings.group)
        if let user = own.user, try await Ownership.userID(user, host) == nil { return state.failed("User \(user.text) does not exist") }
        if let group = own.group, try await Ownership.groupID(group, host) == nil { return state.failed("Group \(group.text) does not exist") }
        do {
            let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
            let (source, hash) = try await reader.firstExisting(settings.source, hash: settings.sourceHash)
            guard let format = settings.format ?? Archive.format(of: source) else {
                return state.failed(
                    "Could not guess archive_format from the value of the 'source' argument. Please set this archive_format to one of the following: rar, tar, zip")
            }
            // A download is worth it only when it is going to be unpacked; under test Salt does not fetch it.
            if SourceReader.isRemote(source) {
                let waits: StateResult? = try await state.whenPlanning {
                    StateResult(
                        name: state.name, result: nil,
                        comment: "Archive \(source) would be cached (if necessary) and checked to discover if extraction is needed")
                }
                if let waits { return waits }
            }
            let path = try await place(source, hash, settings, reader)
            var result = try await unpack(state, settings, Archive(call: state.call, path: path, format: format), source, folder, own)
            if path.contains("/.halite-archive-") { try await host.remove(path) }
            result.name = state.name
            return result
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    /// The path of the archive on the host, fetched when it is elsewhere.
    private static func place(_ source: String, _ hash: String?, _ settings: Settings, _ reader: SourceReader) async throws -> String {
        let host = reader.call.host
        if source.hasPrefix("/") || source.hasPrefix("file://") {
            let path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
            guard try await host.isFile(path) else { throw ExecutionError("Source file '\(source)' does not exist") }
            return path
        }
        if SourceReader.isRemote(source), hash == nil, !settings.skipVerify {
            throw ExecutionError("Unable to verify upstream hash of source file \(source), please set source_hash or set skip_verify to True")
        }
        guard let content = try await reader.content(source) else { throw ExecutionError("Source file '\(source)' does not exist") }
        if let hash, !settings.skipVerify, SourceReader.isRemote(source) {
            let wanted = try await SourceHash.find(hash, source: source, name: source, entry: settings.sourceHashName, reader: reader)
            let actual = Digest.hexadecimal(content.bytes, wanted.algorithm)
            guard actual == wanted.digest else { throw ExecutionError("\(source) does not match the desired source_hash \(wanted.digest)") }
        }
        let path = TemporaryName.make("archive", suffix: "-" + Path.name(source).parts("?")[0])
        try await host.write(path, content.bytes, FileAttributes(mode: 0o644))
        return path
    }

    private static func unpack(
        _ state: StateContext, _ settings: Settings, _ archive: Archive, _ source: String, _ folder: String, _ own: Ownership
    ) async throws -> StateResult {
        let host = state.call.host
        let entries = try await archive.entries()
        let tops = Set(entries.map { entry in entry.split(separator: "/").first { $0 != "." }.map(String.init) ?? "" }).subtracting([""])
        let hasFolder = tops.count == 1 && entries.contains { $0.hasSuffix("/") || $0.split(separator: "/").count > 1 }
        if settings.enforceToplevel, !hasFolder, settings.options == nil {
            return state.failed(
                "Archive does not have a single top-level directory. To allow this archive to be extracted, set 'enforce_toplevel' to False. To avoid a '\(archive.format)-bomb' it may also be advisable to set a top-level directory by adding it to the 'name' value (for example, setting 'name' to \(Path.join(folder, "some_dir")) instead of \(folder)/).")
        }
        var needs = settings.overwrite
        if !needs, settings.ifMissing != nil { needs = true }
        for entry in entries where !needs { needs = try await !host.exists(Path.normalised(Path.join(folder, entry))) }
        if !needs { return try await ownership(state, own, entries, folder, state.unchanged("All files in archive are already present")) }
        let shown = settings.trimOutput.isTruthy ? Array(entries.prefix(settings.trimOutput.intValue ?? 100)) : entries
        let isNew = try await !host.isDirectory(folder)
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Archive \(source) would be extracted to \(state.name)")
        }, do: {
            var changes = ValueMap()
            if settings.clean {
                let old = try await host.list(existing: folder).map { Path.join(folder, $0) }
                for path in old { try await host.remove(path) }
                if !old.isEmpty { changes["removed"] = old.value }
            }
            try await host.makeDirectories(folder, try await own.attributes(host))
            let options = try settings.options.map { try ShellWords.split($0) } ?? []
            try await archive.extract(to: folder, user: nil, options: options, overwrite: true)
            if isNew { changes["directories_created"] = [.string(state.name)] }
            changes["extracted_files"] = shown.value
            let comment = "\(source) extracted to \(state.name)"
                + (shown.count < entries.count ? ". Output was trimmed to \(shown.count) number of lines" : "")
            let result = StateResult(name: state.name, result: true, comment: comment, changes: changes)
            return try await ownership(state, own, entries, folder, result)
        })
    }

    private static func ownership(
        _ state: StateContext, _ own: Ownership, _ entries: [String], _ folder: String, _ result: StateResult
    ) async throws -> StateResult {
        if own.user == nil, own.group == nil { return result }
        let host = state.call.host
        var different: [String] = []
        for entry in entries {
            let path = Path.normalised(Path.join(folder, entry))
            if let status = try await host.status(path, followLinks: false), try await !own.differences(status, host).isEmpty { different.append(path) }
        }
        if different.isEmpty { return result }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: result.comment, changes: ["updated ownership": true])
        }, do: {
            for path in different { _ = try await own.enforce(path, host, followLinks: false) }
            var updated = result
            updated.changes["updated ownership"] = true
            return updated
        })
    }
}
