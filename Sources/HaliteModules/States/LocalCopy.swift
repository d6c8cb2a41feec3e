import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `file.copy`: a file or folder that is a copy of another on the host.
struct LocalCopy: Sendable {
    let state: StateContext
    var path: String
    let source: String
    let original: FileStatus
    let owners: Ownership
    let settings: FileState.CopySettings

    private var host: any Host { state.call.host }

    func apply() async throws -> StateResult {
        var copy = self
        if settings.subdir, try await host.isDirectory(path) { copy.path = Path.join(path, Path.name(source)) }
        return try await copy.place(named: path)
    }

    private func place(named name: String) async throws -> StateResult {
        var did = "Copied \"\(source)\" to \"\(name)\""
        let present = try await host.status(path, followLinks: false)
        if let present {
            guard settings.force else { return state.unchanged("The target file \"\(path)\" exists and will not be overwritten") }
            let isFile = try await host.isFile(path)
            if present.kind == .file || isFile {
                if original.kind == .directory { throw ExecutionError("[Errno 21] Is a directory: '\(source)'") }
                if try await FileContent.onHost(source).isContent(of: path, host) { did += " - files are identical but force flag is set" }
            }
        }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "File \"\(source)\" is set to be copied to \"\(path)\"")
            },
            do: {
                if present != nil { try await host.remove(path) }
                let parents = Ownership(user: owners.user, group: owners.group, mode: settings.dirMode ?? owners.mode?.forDirectories)
                if let failure = try await Self.missingParentFailure(state, path, makes: settings.makedirs, parents) { return failure }
                do {
                    return try await put(did)
                } catch is HostError {
                    return state.failed("Failed to copy \"\(source)\" to \"\(path)\"")
                }
            })
    }

    /// Makes the folder that a path needs; a result when it is missing and must not be made.
    static func missingParentFailure(
        _ state: StateContext, _ path: String, makes: Bool, _ owners: Ownership
    ) async throws -> StateResult? {
        let parent = path.hasSuffix("/") ? String(path.dropLast()) : Path.parent(path) ?? "/"
        if try await state.call.host.isDirectory(parent) { return nil }
        guard makes else { return state.failed("The target directory \(parent) is not present") }
        do {
            try await NewFolders.make(parent, owners, state.call.host)
        } catch let error as HostError {
            throw ExecutionError(error.pythonText)
        }
        return nil
    }

    private func put(_ did: String) async throws -> StateResult {
        // A path with a slash at its end was made as a folder, which takes a file in.
        let takesIn = try await host.isDirectory(path)
        let isFolder = original.kind != .directory && takesIn
        try await FileCopies.copy(source, to: isFolder ? Path.join(path, Path.name(source)) : path, host)
        if original.kind == .directory {
            let attributes = try await Ownership(user: owners.user, group: owners.group).attributes(host)
            for visit in try await FolderWalk.visits(path, host) {
                for name in visit.folders + visit.files {
                    try await host.setAttributes(Path.join(visit.path, name), attributes, followLinks: false)
                }
            }
        }
        var result = StateResult(name: state.name, result: true, comment: did, changes: [.string(path): .string(source)])
        // Salt keeps the owner of what is in a folder, and of nothing else.
        if settings.preserve { return result }
        let outcome = try await owners.enforce(path, host, followLinks: false)
        for (key, value) in outcome.changes { result.changes[key] = value }
        if !outcome.problems.isEmpty {
            result.result = false
            result.comment = ([did] + outcome.problems).joined(separator: "; ")
        }
        return result
    }
}
