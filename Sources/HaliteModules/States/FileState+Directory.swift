import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct DirectorySettings: ArgumentGroup {
        var user: Account?
        var group: Account?
        var recurse: Value = .null
        var maxDepth: Int?
        var dirMode: FileMode?
        var fileMode: FileMode?
        var makedirs = false
        var clean = false
        var require: Value = .null
        var excludePat: [String] = []
        var followSymlinks = false
        var force = false
        var backupname: String?
        var allowSymlink = true
        var childrenOnly = false
        var mode: FileMode?
        var owner: Account?

        static let fields: [ArgumentField<DirectorySettings>] = [
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("recurse", \.recurse, "What to enforce below: user, group, mode, ignore_files, ignore_dirs, silent."),
            .field("max_depth", \.maxDepth, "How far below."),
            .field("dir_mode", \.dirMode, "The mode of folders."),
            .field("file_mode", \.fileMode, "The mode of files below."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("clean", \.clean, "Remove what no required state manages."),
            .field("require", \.require, "The states whose files clean keeps."),
            .field("exclude_pat", \.excludePat, "What clean keeps: globs or E@regex."),
            .field("follow_symlinks", \.followSymlinks, "Change what links point to."),
            .field("force", \.force, "Replace a file or link in the way."),
            .field("backupname", \.backupname, "Rename what is in the way to this."),
            .field("allow_symlink", \.allowSymlink, "A link to a folder will do."),
            .field("children_only", \.childrenOnly, "Leave the folder itself as it is."),
            .field("mode", \.mode, "The same as dir_mode."),
            .field("owner", \.owner, "The same as user."),
        ]
    }

    /// What `recurse` asks for.
    struct RecurseSet: Sendable {
        var names: Set<String> = []
        var isActive: Bool { !names.isEmpty }

        static let known = ["user", "group", "mode", "ignore_files", "ignore_dirs", "silent"]

        init(_ value: Value) throws {
            guard value.isTruthy else { return }
            guard case .list(let list) = value else { throw ExecutionError("\"recurse\" must be formed as a list of strings") }
            names = Set(list.map(\.pythonString))
            guard names.isSubset(of: Self.known) else {
                throw ExecutionError("Types for \"recurse\" limited to \(Self.known.map { "\"\($0)\"" }.joined(separator: ", ")).")
            }
            if names.isSuperset(of: ["ignore_files", "ignore_dirs"]) {
                throw ExecutionError("Must not specify \"recurse\" options \"ignore_files\" and \"ignore_dirs\" at the same time.")
            }
        }
    }

    static func directory(_ state: StateContext, _ settings: DirectorySettings) async throws -> StateResult {
        var path = try await path(state)
        if path.hasSuffix("/"), path != "/" { path.removeLast() }
        if settings.maxDepth != nil, settings.clean { return state.failed("Cannot specify both max_depth and clean") }
        var settings = settings
        settings.user = settings.user ?? settings.owner
        settings.dirMode = settings.dirMode ?? settings.mode
        settings.fileMode = settings.fileMode ?? settings.dirMode
        let own = Ownership(user: settings.user, group: settings.group, mode: settings.dirMode)
        if let failure = try await missingAccountFailure(state, own) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        let recurse: RecurseSet
        do {
            recurse = try RecurseSet(settings.recurse)
        } catch {
            return state.failed("\(error)")
        }
        let folder = ManagedFolder(state: state, path: path, settings: settings, recurse: recurse)
        return try await folder.apply()
    }
}

/// One folder, and what is below it as far as a state asks.
struct ManagedFolder: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.DirectorySettings
    let recurse: FileState.RecurseSet

    private var host: any Host { state.call.host }
    private var own: Ownership { Ownership(user: settings.user, group: settings.group, mode: settings.dirMode) }

    /// What is enforced below: only what `recurse` names.
    private func below(_ mode: FileMode?) -> Ownership {
        Ownership(
            user: recurse.names.contains("user") ? settings.user : nil, group: recurse.names.contains("group") ? settings.group : nil,
            mode: recurse.names.contains("mode") ? mode : nil)
    }

    func apply() async throws -> StateResult {
        if let result = try await clearTheWay() { return result }
        let plan = try await plan()
        if plan.changes.isEmpty { return state.unchanged("The directory \(path) is in the correct state") }
        let isNew = try await !host.isDirectory(path)
        let parent = Path.parent(path) ?? "/"
        if isNew {
            let failure: StateResult? = try await state.whenApplying {
                if try await host.isDirectory(parent) || settings.makedirs { return nil }
                var failed = state.failed("No directory to create \(path) in")
                failed.changes = plan.changes
                return failed
            }
            if let failure { return failure }
        }
        let did = settings.childrenOnly ? "Directory \(path)/* updated" : "Directory \(path) updated"
        var problems: [String] = []
        var comment: String?
        var result = try await state.change(plan.changes, would: plan.comment, did: did) {
            if isNew {
                comment = ""
                let attributes = try await own.attributes(host)
                if try await !host.isDirectory(parent) { try await host.makeDirectories(parent, attributes) }
                try await host.makeDirectory(path, attributes)
                return [.string(path): ["directory": "new"]]
            }
            let outcome = try await enforce(plan)
            problems = outcome.problems
            if outcome.removed { comment = "Files cleaned from directory \(path)" }
            return outcome.changes
        }
        if let comment { result.comment = comment }
        if !problems.isEmpty {
            result.result = false
            result.comment = problems.joined(separator: "; ")
        }
        return result
    }

    // MARK: - What is in the way

    /// Handles a file or link at the path; a result ends the state.
    private func clearTheWay() async throws -> StateResult? {
        let isLink = try await host.isLink(path)
        let isFile = try await host.isFile(path)
        guard isFile || (isLink && (!settings.allowSymlink || settings.force)) else { return nil }
        if let backup = settings.backupname {
            if try await host.exists(backup), !settings.force {
                return state.failed("File exists where the backup target \(backup) should go")
            }
            var changes: ValueMap = ["backup": .string("\(path) would be renamed to \(backup)"), .string(path): ["directory": "new"]]
            if try await host.exists(backup) { changes["forced"] = .string("Existing file at backup path \(backup) would be removed") }
            return try await state.change(
                changes, would: "\(path) would be backed up and replaced with a new directory", did: ""
            ) {
                try await host.remove(backup)
                try await host.rename(path, to: backup)
                try await host.makeDirectory(path, try await own.attributes(host))
                return [.string(path): ["directory": "new"]]
            }
        }
        guard settings.force else { return state.failed("Specified location \(path) exists and is a \(isFile && !isLink ? "file" : isFile ? "file" : "symlink")") }
        let word = isFile ? "File" : "Symlink"
        let new: ValueMap = ["forced": .string("\(word) would be forcibly replaced"), .string(path): ["directory": "new"]]
        return try await state.change(new, would: "The following files will be changed:\n\(path): directory - new\n", did: "") {
            try await host.remove(path)
            try await host.makeDirectory(path, try await own.attributes(host))
            return ["forced": .string("\(word) was forcibly replaced"), .string(path): ["directory": "new"]]
        }
    }

    // MARK: - Plan

    private struct Plan {
        var changes = ValueMap()
        var visits: [FolderVisit] = []
        var removals: [String] = []

        var comment: String {
            var text = "The following files will be changed:\n"
            for (path, change) in changes {
                for (key, value) in change.mapValue ?? [:] {
                    text += "\(path.pythonString): \(key.pythonString) - \(value.pythonString)\n"
                }
            }
            return text
        }
    }

    private func plan() async throws -> Plan {
        var plan = Plan()
        if recurse.isActive || settings.clean { plan.visits = try await FolderWalk.visits(path, host, depth: settings.maxDepth) }
        if recurse.isActive {
            for (entry, ownership) in entries(plan.visits) {
                guard let status = try await host.status(entry, followLinks: settings.followSymlinks) else { continue }
                let change = try await ownership.differences(status, host)
                if !change.isEmpty { plan.changes[.string(entry)] = .map(change) }
            }
        }
        if let status = try await host.status(path, followLinks: settings.followSymlinks), try await host.isDirectory(path) {
            let change = try await ownTop.differences(status, host)
            if !change.isEmpty, !settings.childrenOnly { plan.changes[.string(path)] = .map(change) }
        } else {
            plan.changes[.string(path)] = ["directory": "new"]
        }
        if settings.clean {
            plan.removals = try await removals(plan.visits)
            for entry in plan.removals { plan.changes[.string(entry)] = ["removed": "Removed due to clean"] }
        }
        return plan
    }

    /// Salt compares the folder itself with what `recurse` leaves, when there is one.
    private var ownTop: Ownership { recurse.isActive ? below(settings.dirMode) : own }

    private func entries(_ visits: [FolderVisit]) -> [(String, Ownership)] {
        visits.flatMap { visit -> [(String, Ownership)] in
            var found: [(String, Ownership)] = []
            if !recurse.names.contains("ignore_files") { found += visit.files.map { (Path.join(visit.path, $0), below(settings.fileMode)) } }
            if !recurse.names.contains("ignore_dirs") { found += visit.folders.map { (Path.join(visit.path, $0), below(settings.dirMode)) } }
            return found
        }
    }

    private func removals(_ visits: [FolderVisit]) async throws -> [String] {
        let kept = try await KeptFiles.collect(state, folder: path, require: settings.require)
        return try KeptFiles.removals(visits, below: path, kept: kept, filter: PathFilter(exclude: settings.excludePat))
    }

    // MARK: - Doing it

    private func enforce(_ plan: Plan) async throws -> (changes: ValueMap, problems: [String], removed: Bool) {
        var changes = plan.changes
        var problems: [String] = []
        if !settings.childrenOnly {
            let outcome = try await own.enforce(path, host, followLinks: settings.followSymlinks)
            problems += outcome.problems
            // Salt reports the folder's own changes beside the map of paths.
            for (key, value) in outcome.changes { changes[key] = value }
        }
        if recurse.isActive {
            for (entry, ownership) in entries(plan.visits) {
                let outcome = try await ownership.enforce(entry, host, followLinks: settings.followSymlinks)
                problems += outcome.problems
                for (key, value) in outcome.changes { changes[key] = value }
            }
            if recurse.names.contains("silent") { changes = ["recursion": "Changes silenced"] }
        }
        for entry in plan.removals { try await host.remove(entry) }
        if !plan.removals.isEmpty { changes["removed"] = plan.removals.value }
        return (changes, problems, !plan.removals.isEmpty)
    }
}

/// What `clean` must not remove: the files of the states that a folder requires.
enum KeptFiles {
    static func collect(_ state: StateContext, folder: String, require: Value) async throws -> Set<String> {
        var kept: Set<String> = []
        let required = require.isNull ? state.low["require"] ?? .null : require
        for entry in required.listValue ?? [] {
            guard case .map(let map) = entry, let wanted = map["file"] else { continue }
            kept.insert(wanted.pythonString)
            // The engine puts the low chunks of the run where states can see them.
            for low in state.call.memory["lowstate"]?.listValue ?? [] where low["name"] == wanted || low["__id__"] == wanted {
                if let name = low["name"]?.stringValue { kept.insert(name) }
            }
        }
        for path in kept where try await state.call.host.isDirectory(path) {
            for visit in try await FolderWalk.visits(path, state.call.host) {
                kept.formUnion((visit.files + visit.folders).map { Path.join(visit.path, $0) })
            }
        }
        return kept
    }

    static func removals(_ visits: [FolderVisit], below folder: String, kept: Set<String>, filter: PathFilter) throws -> [String] {
        var protected: Set<String> = [folder]
        for path in kept {
            var current: String? = path
            while let next = current {
                protected.insert(next)
                current = Path.parent(next)
            }
        }
        var found: [String] = []
        for visit in visits {
            for name in visit.folders + visit.files {
                let path = Path.join(visit.path, name)
                if protected.contains(path) { continue }
                if try filter.admits(FolderWalk.relative(path, to: folder)) { found.append(path) }
            }
        }
        return found
    }
}
