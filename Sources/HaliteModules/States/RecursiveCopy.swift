import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A folder of the file server laid out on the host.
struct RecursiveCopy: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.RecurseSettings

    private var host: any Host { state.call.host }

    func layout() async throws -> RecursiveLayout {
        let options = RecursiveLayout.Options(
            include: settings.includePat, exclude: settings.excludePat, maxDepth: settings.maxdepth, includesEmpty: settings.includeEmpty,
            keepsLinks: settings.keepSymlinks, merges: settings.merge)
        return try await RecursiveLayout.make(path, settings.source.listValue ?? [settings.source], options, state)
    }

    func apply(_ layout: RecursiveLayout) async throws -> StateResult {
        if try await host.status(path) != nil, try await !host.isDirectory(path) {
            return state.failed("The path \(path) exists and is not a directory")
        }
        _ = try await state.whenApplying { () -> Bool? in
            try await NewFolders.make(path, Ownership(user: settings.user, group: settings.group, mode: settings.dirMode), host)
            return nil
        }
        var summary = Summary()
        for folder in layout.folders.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { try await manageFolder(folder, &summary) }
        for file in layout.files { try await manageFile(file.path, file.source, &summary) }
        for link in Self.ordered(layout.links) { summary.add(link.path, try await manageLink(link)) }
        if settings.clean { try await clean(layout, &summary) }
        return summary.result(state, path)
    }

    /// Links behind those that they lead to.
    private static func ordered(_ links: [RecursiveLayout.Link]) -> [RecursiveLayout.Link] {
        var waiting = links
        var done: Set<String> = []
        var ordered: [RecursiveLayout.Link] = []
        while !waiting.isEmpty {
            var ready = waiting.filter { link in done.contains(link.place) || !waiting.contains { $0.path == link.place } }
            // Links in a ring wait for one another.
            if ready.isEmpty { ready = waiting }
            ordered += ready
            done.formUnion(ready.map(\.path))
            waiting.removeAll { done.contains($0.path) }
        }
        return ordered
    }

    // MARK: - One entry

    private func manageFolder(_ folder: String, _ summary: inout Summary) async throws {
        if Path.name(folder) == ".." { return }
        var inner = FileState.DirectorySettings()
        (inner.user, inner.group, inner.dirMode, inner.makedirs) = (settings.user, settings.group, settings.dirMode, true)
        inner.require = .list([])
        if settings.clean, let status = try await host.status(folder), status.kind != .directory {
            let replaced = try await replace(
                folder, would: "Replacing \(folder) with a directory", did: "Replaced file with a directory", &summary)
            if !replaced { return }
        }
        summary.add(folder, try await FileState.directory(state.named(folder), inner))
    }

    private func manageFile(_ file: String, _ source: String, _ summary: inout Summary) async throws {
        var inner = FileState.ManagedSettings()
        inner.source = .string(source)
        (inner.user, inner.group, inner.mode, inner.makedirs) = (settings.user, settings.group, settings.fileMode, true)
        (inner.template, inner.context, inner.defaults) = (settings.template, settings.context, settings.defaults)
        (inner.replace, inner.backup, inner.showChanges) = (settings.replace, settings.backup, settings.showChanges)
        (inner.followSymlinks, inner.keepSource) = (settings.followSymlinks, settings.keepSource)
        if settings.clean, settings.replace, try await host.isDirectory(file) {
            let replaced = try await replace(
                file, would: "Replacing directory \(file) with a file", did: "Replaced directory with a new file", &summary)
            if !replaced { return }
        }
        summary.add(file, try await FileState.managed(state.named(file), inner))
    }

    /// Makes way for another kind of entry; false when it is only told.
    private func replace(_ entry: String, would: String, did: String, _ summary: inout Summary) async throws -> Bool {
        let result = try await state.change([:], would: would, did: "") {
            try await host.remove(entry)
            return ["diff": .string(did)]
        }
        summary.add(entry, result)
        return result.result == true
    }

    private func manageLink(_ link: RecursiveLayout.Link) async throws -> StateResult {
        var inner = FileState.SymlinkSettings()
        (inner.target, inner.makedirs, inner.force) = (link.target, true, settings.forceSymlinks)
        (inner.user, inner.group, inner.mode) = (settings.user?.value ?? .null, settings.group?.value ?? .null, settings.symMode)
        return try await FileState.symlink(state.named(link.path), inner)
    }

    private func clean(_ layout: RecursiveLayout, _ summary: inout Summary) async throws {
        let required = try await KeptFiles.collect(state, folder: path, require: settings.require)
        let filter = PathFilter(exclude: settings.excludePat)
        let removed = try await KeptFiles.clean(path, kept: layout.kept.union(required), filter: filter, state)
        if removed.isEmpty { return }
        summary.addRemovals(removed, try await state.change([:], would: "", did: "") { nil })
    }

    /// The results of all entries as one.
    private struct Summary {
        private var changes = ValueMap()
        private var outcome: Bool? = true
        private var comments: [(String, [String])] = []

        mutating func add(_ path: String, _ result: StateResult) {
            if result.result == false || outcome == true { outcome = result.result }
            if result.result != true, !result.comment.isEmpty { comment(path, [result.comment]) }
            if !result.changes.isEmpty { changes[.string(path)] = .map(result.changes) }
        }

        mutating func addRemovals(_ removals: [String], _ result: StateResult) {
            if result.result == nil {
                if outcome == true { outcome = nil }
                comment("removed", removals)
            } else {
                changes["removed"] = removals.value
            }
        }

        private mutating func comment(_ path: String, _ texts: [String]) {
            if let index = comments.firstIndex(where: { $0.0 == path }) {
                comments[index].1 += texts
            } else {
                comments.append((path, texts))
            }
        }

        func result(_ state: StateContext, _ path: String) -> StateResult {
            var text = comments.map { "\n#### \($0.0) ####\n\($0.1.joined(separator: "\n"))" }.joined(separator: "\n").stripped()
            if text.isEmpty { text = "Recursively updated \(path)" }
            if changes.isEmpty, outcome == true { text = "The directory \(path) is in the correct state" }
            return StateResult(name: path, result: outcome, comment: text, changes: changes)
        }
    }
}
