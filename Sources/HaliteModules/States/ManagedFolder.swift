import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One folder, and what is below it as far as a state asks.
struct ManagedFolder: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.DirectorySettings

    private var host: any Host { state.call.host }
    private var own: Ownership { Ownership(user: settings.user, group: settings.group, mode: settings.dirMode) }
    private var parent: String { Path.parent(path) ?? "/" }

    /// What differs before anything is done, or why that cannot be told.
    private struct Plan {
        var changes = ValueMap()
        var failure: String?
    }

    func apply() async throws -> StateResult {
        var result = StateResult(name: state.name, result: true, comment: "")
        if let refusal = try await clearTheWay(&result) { return refusal }
        let plan = try await plan()
        for (key, value) in plan.changes { result.changes[key] = value }
        let foreseen: (Bool?, String) =
            plan.failure.map { (false, $0) }
            ?? (plan.changes.isEmpty ? (true, "The directory \(path) is in the correct state") : (nil, Self.comment(plan.changes)))
        return try await state.either(
            would: {
                (result.result, result.comment) = foreseen
                return result
            },
            do: {
                if result.changes.isEmpty {
                    (result.result, result.comment) = foreseen
                    return result
                }
                return try await host.isDirectory(path) ? try await enforce(result) : try await make(result)
            })
    }

    private static func comment(_ changes: ValueMap) -> String {
        var text = "The following files will be changed:\n"
        for (path, change) in changes {
            for (key, value) in change.mapValue ?? [:] { text += "\(path.pythonString): \(key.pythonString) - \(value.pythonString)\n" }
        }
        return text
    }

    // MARK: - What is in the way

    /// Handles a file or link at the path; a result ends the state.
    private func clearTheWay(_ result: inout StateResult) async throws -> StateResult? {
        let isLink = try await host.isLink(path)
        let isFile = try await host.isFile(path)
        guard isFile || (isLink && (!settings.allowSymlink || settings.force)) else { return nil }
        if let backup = settings.backupname { return try await keep(as: backup, &result) }
        if settings.force {
            let word = isFile ? "File" : "Symlink"
            _ = try await state.whenPlanning { result.changes["forced"] = .string("\(word) would be forcibly replaced") }
            _ = try await state.whenApplying { () -> Bool? in
                try await host.remove(path)
                result.changes["forced"] = .string("\(word) was forcibly replaced")
                return nil
            }
            return nil
        }
        result.result = false
        result.comment = "Specified location \(path) exists and is a \(isFile ? "file" : "symlink")"
        return result
    }

    private func keep(as backup: String, _ result: inout StateResult) async throws -> StateResult? {
        let isTaken = try await host.exists(backup)
        if isTaken, !settings.force { return state.failed("File exists where the backup target \(backup) should go") }
        let planned = try await state.whenPlanning { () -> StateResult in
            var planned = result
            if isTaken { planned.changes["forced"] = .string("Existing file at backup path \(backup) would be removed") }
            planned.changes["backup"] = .string("\(path) would be renamed to \(backup)")
            planned.changes[.string(path)] = ["directory": "new"]
            planned.comment = "\(path) would be backed up and replaced with a new directory"
            planned.result = nil
            return planned
        }
        if let planned { return planned }
        if isTaken { try await host.remove(backup) }
        try await host.rename(path, to: backup)
        return nil
    }

    // MARK: - Plan

    private func plan() async throws -> Plan {
        var plan = Plan()
        let recurse: FileState.RecurseSet?
        do {
            recurse = try FileState.RecurseSet(settings.recurse)
        } catch {
            plan.failure = "\(error)"
            return plan
        }
        let visits = recurse != nil || settings.clean ? try await FolderWalk.visits(path, host, depth: settings.maxDepth) : []
        // Salt compares the folder itself, too, with what `recurse` leaves.
        let files = Ownership(user: settings.user, group: settings.group, mode: settings.fileMode)
        let (folderWanted, fileWanted) = recurse.map { ($0.narrowed(own), $0.narrowed(files)) } ?? (own, files)
        if let recurse {
            for visit in visits {
                if recurse.checksFiles { for name in visit.files { try await compare(Path.join(visit.path, name), fileWanted, &plan) } }
                if recurse.checksFolders {
                    for name in visit.folders { try await compare(Path.join(visit.path, name), folderWanted, &plan) }
                }
            }
        }
        if !settings.childrenOnly { try await compare(path, folderWanted, &plan) }
        if settings.clean {
            let kept = try await KeptFiles.collect(state, folder: path, require: settings.require, visits: visits)
            let filter = PathFilter(exclude: settings.excludePat)
            for visit in visits {
                for name in visit.files + visit.folders {
                    let entry = Path.join(visit.path, name)
                    // Salt looks for the path as a part of those that stay.
                    if kept.contains(where: { $0.contains(entry) }) { continue }
                    if try filter.admits(FolderWalk.relative(entry, to: path)) {
                        plan.changes[.string(entry)] = ["removed": "Removed due to clean"]
                    }
                }
            }
        }
        if try await !host.isDirectory(path) { plan.changes[.string(path)] = ["directory": "new"] }
        return plan
    }

    private func compare(_ entry: String, _ wanted: Ownership, _ plan: inout Plan) async throws {
        var status = settings.followSymlinks ? try await host.status(entry) : nil
        if status == nil { status = try await host.status(entry, followLinks: false) }
        guard let status else {
            plan.changes[.string(entry)] = ["directory": "new"]
            return
        }
        var change = try await wanted.foreseenDifferences(status, host)
        if status.kind == .link, !settings.followSymlinks { change["mode"] = nil }
        if !change.isEmpty { plan.changes[.string(entry)] = .map(change) }
    }

    // MARK: - Doing it

    private func make(_ given: StateResult) async throws -> StateResult {
        var result = given
        if try await !host.isDirectory(parent), !settings.makedirs {
            result.result = false
            result.comment = "No directory to create \(path) in"
            return result
        }
        do {
            try await NewFolders.make(Path.normalised(path), own, host)
        } catch let error as HostError {
            throw ExecutionError(error.pythonText)
        }
        // The name as it is written may lead through a folder that is not there.
        guard try await host.isDirectory(path) else {
            result.result = false
            result.comment = "Failed to create directory \(path)"
            return result
        }
        result.changes[.string(path)] = ["directory": "new"]
        return result
    }

    private func enforce(_ given: StateResult) async throws -> StateResult {
        var result = given
        var errors: [String] = []
        if !settings.childrenOnly { try await enforce(path, own, &result) }
        if let recurse = try FileState.RecurseSet(settings.recurse) { errors = try await enforceBelow(recurse, &result) }
        if settings.clean {
            let removed = try await clean()
            if !removed.isEmpty {
                result.changes["removed"] = removed.value
                result.comment = "Files cleaned from directory \(path)"
            }
        }
        if result.comment.isEmpty {
            if settings.childrenOnly {
                result.comment = "Directory \(path)/* updated"
            } else if !result.changes.isEmpty {
                result.comment = "Directory \(path) updated"
            }
        }
        if result.changes.isEmpty, result.result == true {
            let before = result.comment
            result.comment = "Directory \(path) is in the correct state" + (before.isEmpty ? "" : "\n" + before)
        }
        if !errors.isEmpty {
            result.result = false
            result.comment += "\n\nThe following errors were encountered:\n" + errors.map { "\n- \($0)" }.joined()
        }
        return result
    }

    private func enforceBelow(_ recurse: FileState.RecurseSet, _ result: inout StateResult) async throws -> [String] {
        for (word, account) in [("user", settings.user), ("group", settings.group)] where recurse.names.contains(word) {
            if let account, account.isGiven || account.value.intValue != nil { continue }
            result.result = false
            result.comment = "\(word) not specified, but configured as a target for recursive ownership management"
        }
        let folders = recurse.narrowed(own)
        let files = recurse.narrowed(Ownership(user: settings.user, group: settings.group, mode: settings.fileMode))
        if recurse.names.contains("silent") { result.changes = ["recursion": "Changes silenced"] }
        var errors: [String] = []
        for visit in try await FolderWalk.visits(path, host, depth: settings.maxDepth) {
            let entries =
                (recurse.checksFiles ? visit.files.map { ($0, files) } : [])
                + (recurse.checksFolders ? visit.folders.map { ($0, folders) } : [])
            for (name, wanted) in entries {
                do {
                    try await enforce(Path.join(visit.path, name), wanted, &result)
                } catch let error as ExecutionError {
                    if !error.description.hasPrefix("Path not found") { errors.append(error.description) }
                }
            }
        }
        return errors
    }

    /// Salt reports what it sets beside the map of paths.
    private func enforce(_ entry: String, _ wanted: Ownership, _ result: inout StateResult) async throws {
        let outcome = try await wanted.enforce(entry, host, followLinks: settings.followSymlinks)
        for (key, value) in outcome.changes { result.changes[key] = value }
        if outcome.problems.isEmpty { return }
        result.result = false
        result.comment = ((result.comment.isEmpty ? [] : [result.comment]) + outcome.problems).joined(separator: "; ")
    }

    private func clean() async throws -> [String] {
        let visits = try await FolderWalk.visits(path, host)
        let kept = try await KeptFiles.collect(state, folder: path, require: settings.require, visits: visits)
        return try await KeptFiles.clean(path, kept: kept, filter: PathFilter(exclude: settings.excludePat), state)
    }
}
