import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension ArchiveState {
    /// One archive on its way into a folder.
    struct Extraction: Sendable {
        let state: StateContext
        let settings: Settings

        private var host: any Host { state.call.host }
        /// The folder with a slash behind, as comments and changes show it.
        private var folder: String {
            var name = state.name
            while name.hasSuffix("/") { name.removeLast() }
            return name + "/"
        }
        private var own: Ownership { Ownership(user: settings.user, group: settings.group) }

        func apply() async throws -> StateResult {
            if let refusal = try await refusal() { return state.failed(refusal) }
            if let path = settings.ifMissing, try await host.exists(path) { return state.unchanged("Path \(path) exists") }
            let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
            let (source, hash) = try await reader.firstExisting(settings.source, hash: settings.sourceHash)
            let isLocal = source.hasPrefix("/") || source.hasPrefix("file://")
            let local = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
            if isLocal, try await !host.isFile(local) { return state.failed("Source file '\(local)' does not exist") }
            guard let format = (settings.format ?? Archive.format(of: source))?.lowercased() else {
                return state.failed(
                    "Could not guess archive_format from the value of the 'source' argument. Please set this archive_format to one of the following: \(Archive.formats.joined(separator: ", "))"
                )
            }
            if let refusal = refusal(format) { return state.failed(refusal) }
            var sum: SourceHash?
            do {
                if let hash { sum = try await SourceHash.find(hash, source: source, name: source, entry: settings.sourceHashName, reader: reader) }
            } catch let error as SourceHash.Invalid {
                return state.failed(error.description)
            }
            if isLocal { return try await unpack(Archive(call: state.call, path: local, format: format), local, sum) }
            // Whether the download is of use is known only when it is here; that is nothing for a dry run.
            let waits = try await state.whenPlanning {
                StateResult(
                    name: state.name, result: nil,
                    comment: "Archive \(source) would be cached (if necessary) and checked to discover if extraction is needed")
            }
            if let waits { return waits }
            let path: String
            do { path = try await download(source, sum, reader) } catch let error as ExecutionError {
                return StateResult(name: source, result: false, comment: "\(error)")
            }
            let result: StateResult
            do { result = try await unpack(Archive(call: state.call, path: path, format: format), source, nil) } catch {
                try await host.remove(path)
                throw error
            }
            try await host.remove(path)
            return result
        }

        /// Why the state cannot be meant, whatever the archive is.
        private func refusal() async throws -> String? {
            guard state.name.hasPrefix("/") else { return "\(state.name) is not an absolute path" }
            let bare = String(folder.dropLast())
            if try await host.isFile(bare) { return "\(bare) exists and is not a directory" }
            if let path = settings.ifMissing, !path.hasPrefix("/") { return "Value for 'if_missing' is not an absolute path" }
            if let path = settings.enforceOwnershipOn {
                guard path.hasPrefix("/") else { return "Value for 'enforce_ownership_on' is not an absolute path" }
                guard FolderWalk.isInside(Path.normalised(path), bare) else { return "Value for 'enforce_ownership_on' must be within \(folder)" }
            }
            if let user = own.user, try await Ownership.userID(user, host) == nil { return "User \(user.text) does not exist" }
            if let group = own.group, try await Ownership.groupID(group, host) == nil { return "Group \(group.text) does not exist" }
            return nil
        }

        private func refusal(_ format: String) -> String? {
            guard Archive.formats.contains(format) else {
                return "Invalid archive_format '\(format)'. Either set it to a supported value (\(Archive.formats.joined(separator: ", "))) or remove this argument and the archive format will be guessed based on file extension."
            }
            if format == "rar" { return "archive.unrar function not available, rar/unrar might not be installed on minion" }
            if settings.password.isNull { return nil }
            return format == "tar"
                ? "The 'password' argument is only supported for zip archives" : "The 'password' argument is not supported: unzip would show it to everybody"
        }

        /// Fetches the archive to a file of its own.
        private func download(_ source: String, _ sum: SourceHash?, _ reader: SourceReader) async throws -> String {
            if SourceReader.isRemote(source), sum == nil, !settings.skipVerify {
                throw ExecutionError("Unable to verify upstream hash of source file \(source), please set source_hash or set skip_verify to True")
            }
            guard let content = try await reader.content(source) else {
                throw ExecutionError("Failed to cache \(source), check minion log for more information")
            }
            if let sum, !settings.skipVerify, Digest.hexadecimal(content.bytes, sum.algorithm) != sum.digest {
                throw ExecutionError("\(source) does not match the desired source_hash \(sum.digest)")
            }
            let path = TemporaryName.make("archive", suffix: "-" + Path.name(source).parts("?")[0])
            try await host.write(path, content.bytes, FileAttributes(mode: 0o600))
            return path
        }

        // MARK: - Unpacking

        private func unpack(_ archive: Archive, _ source: String, _ sum: SourceHash?) async throws -> StateResult {
            let options = try settings.options.map { try ShellWords.split($0) }
            let contents: Archive.Contents
            do {
                let all = try await archive.contents()
                contents = Self.strippedFolders(options ?? []).map { all.stripped($0) } ?? all
            } catch let error as ExecutionError {
                return state.failed(unreadable("\(error)", archive.format))
            }
            if contents.isEncrypted {
                return state.failed("Archive \(source) is password-protected, but no password was specified. Please set the 'password' argument.")
            }
            if settings.enforceToplevel, contents.topFolders.count > 1 || !contents.topFiles.isEmpty {
                return state.failed(
                    "Archive does not have a single top-level directory. To allow this archive to be extracted, set 'enforce_toplevel' to False. To avoid a '\(archive.format)-bomb' it may also be advisable to set a top-level directory by adding it to the 'name' value (for example, setting 'name' to \(folder)some_dir instead of \(folder))."
                )
            }
            if settings.clean, settings.cleanParent { return state.failed("Only one of 'clean' and 'clean_parent' can be set to True") }
            let (isIncomplete, wrong) = try await compare(contents)
            if !wrong.isEmpty, let answer = try await obstacles(wrong) { return answer }
            guard settings.overwrite || isIncomplete || !wrong.isEmpty else {
                return try await owned(state.unchanged("All files in archive are already present"), contents)
            }
            if let sum, !settings.skipVerify, try await Digest.hexadecimal(host.read(archive.path), sum.algorithm) != sum.digest {
                return state.failed("\(source) does not match the desired source_hash \(sum.digest)")
            }
            let why = isIncomplete ? ", due to absence of one or more files/dirs" : ""
            return try await state.either(would: {
                let cleaning = settings.clean ? ", after cleaning destination path(s)" : ""
                return StateResult(name: state.name, result: nil, comment: "Archive \(source) would be extracted to \(folder)\(cleaning)\(why)")
            }, do: {
                var changes = try await clean(contents, wrong)
                let isNew = try await !host.isDirectory(folder)
                if isNew { try await host.makeDirectories(folder, try await Ownership(user: settings.user).attributes(host)) }
                let result = try await archive.extract(to: folder, options: options ?? [])
                guard result.succeeded else { return failed(result, archive.format) }
                var names = extracted(contents, result, options, archive.format)
                var trimmed = ""
                if settings.trimOutput.isTruthy {
                    let limit = settings.trimOutput.boolValue == nil ? Int(settings.trimOutput.pythonString) ?? 100 : 100
                    names = Array(names.prefix(limit))
                    trimmed = ". Output was trimmed to \(limit) number of lines"
                }
                if isNew { changes["directories_created"] = [.string(folder)] }
                changes["extracted_files"] = names.value
                let comment = "\(source) extracted to \(folder)\(why)\(trimmed)"
                return try await owned(StateResult(name: state.name, result: true, comment: comment, changes: changes), contents)
            })
        }

        /// How many folders tar takes off the names.
        private static func strippedFolders(_ options: [String]) -> Int? {
            for (index, option) in options.enumerated() {
                for word in ["--strip-components", "--strip"] {
                    if option.hasPrefix(word + "=") { return Int(option.dropFirst(word.count + 1)) }
                    if option == word, index + 1 < options.count { return Int(options[index + 1]) }
                }
            }
            return nil
        }

        /// The names to report: as the archive has them, or as the program said them when it was given options.
        private func extracted(_ contents: Archive.Contents, _ result: CommandResult, _ options: [String]?, _ format: String) -> [String] {
            if options != nil { return result.lines.filter { !$0.isEmpty } }
            return format == "zip" ? contents.names : contents.names.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        }

        private func failed(_ result: CommandResult, _ format: String) -> StateResult {
            if format == "zip" { return state.failed(result.text + result.errorText) }
            return state.failed(
                "", changes: ["pid": 0, "retcode": .int(result.exitCode), "stdout": .string(result.text), "stderr": .string(result.errorText)])
        }

        /// Whether something is missing, and what is there but of another kind.
        private func compare(_ contents: Archive.Contents) async throws -> (isIncomplete: Bool, wrong: [String]) {
            var isIncomplete = false
            var wrong: [String] = []
            let kinds: [([String], (FileStatus.Kind) -> Bool)] = [
                (contents.folders, { $0 == .directory }), (contents.files, { $0 != .directory && $0 != .link }), (contents.links, { $0 == .link }),
            ]
            for (paths, fits) in kinds {
                for path in paths {
                    let full = Path.normalised(folder + path)
                    if let status = try await host.status(full, followLinks: false) {
                        if !fits(status.kind) { wrong.append(path) }
                    } else if !wrong.contains(where: { FolderWalk.isInside(full, Path.normalised(folder + $0)) }) {
                        // What is missing below a wrong path is missing because of it.
                        isIncomplete = true
                    }
                }
            }
            return (isIncomplete, wrong)
        }

        /// The answer when something is in the way that may not be removed.
        private func obstacles(_ wrong: [String]) async throws -> StateResult? {
            let list = "\n\n" + wrong.map { "- \($0)" }.joined(separator: "\n")
            let comment = "The below paths (relative to \(folder)) exist, but are the incorrect type (file instead of directory, symlink instead of file, etc.)."
            if settings.clean {
                return try await state.whenPlanning {
                    StateResult(
                        name: state.name, result: nil,
                        comment: comment
                            + " Since the 'clean' option is enabled, the destination paths would be cleared and the archive would be extracted.\(list)")
                }
            }
            if settings.force || settings.cleanParent { return nil }
            return state.failed(
                comment + " To proceed with extraction, set 'force' to True. Note that this will remove these paths before extracting.\(list)")
        }

        /// Removes what is in the way or is to be gone.
        private func clean(_ contents: Archive.Contents, _ wrong: [String]) async throws -> ValueMap {
            if settings.cleanParent, try await host.exists(folder) {
                try await host.remove(String(folder.dropLast()))
                return ["removed": .string("Directory \(folder) was removed prior to the extraction")]
            }
            var removed: [String] = []
            for path in settings.clean ? contents.topFolders + contents.topFiles : wrong {
                let full = Path.normalised(folder + path)
                guard try await host.status(full, followLinks: false) != nil else { continue }
                try await host.remove(full)
                removed.append(folder + path)
            }
            return removed.isEmpty ? [:] : ["removed": removed.value]
        }

        private func unreadable(_ message: String, _ format: String) -> String {
            var errors: [String] = []
            if settings.ifMissing == nil { errors.append("'if_missing' must be set") }
            if settings.enforceOwnershipOn == nil, own.user != nil || own.group != nil {
                errors.append("Ownership cannot be managed without setting 'enforce_ownership_on'.")
            }
            if errors.isEmpty { return message }
            let advice =
                format == "tar"
                ? "If the source archive is a tar archive compressed using a compression type not natively supported by the tar command, then setting the 'list_options' argument may allow the contents to be listed. Otherwise, if Salt is unable to determine the files/directories in the archive, the following workaround(s) would need to be used for this state to proceed"
                : "The following workarounds must be used for this state to proceed"
            return message + "\n\n" + advice + " (assuming the source file is a valid \(format) archive):\n" + errors.map { "\n- \($0)" }.joined()
        }

        // MARK: - Owners

        private func owned(_ result: StateResult, _ contents: Archive.Contents) async throws -> StateResult {
            if own.user == nil, own.group == nil { return result }
            var missing: [String] = []
            var different: [String] = []
            let tops = settings.enforceOwnershipOn.map { [$0] } ?? (contents.topFolders + contents.topFiles + contents.topLinks).map { folder + $0 }
            for top in tops {
                let path = Path.normalised(top)
                guard try await host.status(path, followLinks: false) != nil else {
                    missing.append(top)
                    continue
                }
                var paths = [path]
                if try await !host.isLink(path) {
                    for visit in try await FolderWalk.visits(path, host) { paths += (visit.folders + visit.files).map { Path.join(visit.path, $0) } }
                }
                for path in paths {
                    if let status = try await host.status(path, followLinks: false), try await !own.differences(status, host).isEmpty { different.append(path) }
                }
            }
            var answer = result
            _ = try await state.whenApplying { for path in different { _ = try await own.enforce(path, host, followLinks: false) } }
            if !different.isEmpty {
                answer.changes["updated ownership"] = true
                answer = try await state.either(would: {
                    StateResult(
                        name: state.name, result: nil,
                        comment: answer.comment + ". Ownership would be updated on one or more files/directories.", changes: answer.changes)
                }, do: { answer })
            }
            let lost = try await state.whenApplying { missing } ?? []
            if !lost.isEmpty {
                if settings.ifMissing == nil { answer.result = false }
                answer.comment += "\n\nWhile trying to enforce user/group ownership, the following paths were missing:\n" + lost.map { "\n- \($0)" }.joined()
            }
            return answer
        }
    }
}
