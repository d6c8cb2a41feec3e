import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What the configuration leaves out of the files that are served.
package struct FileFilter: Sendable {
    private let expressions: [String]
    private let globs: [GlobPattern]
    /// Whether folders behind links are looked into.
    let followsLinks: Bool
    /// Whether links are left out of listings.
    let ignoresLinks: Bool

    /// Serves everything.
    package init() {
        expressions = []
        globs = []
        followsLinks = true
        ignoresLinks = false
    }

    package init(_ options: ValueMap) {
        func texts(_ key: String) -> [String] { (options[key]?.listValue ?? options[key].map { [$0] } ?? []).compactMap(\.stringValue) }
        expressions = texts("file_ignore_regex")
        globs = texts("file_ignore_glob").map(GlobPattern.init)
        followsLinks = options["fileserver_followsymlinks"]?.isTruthy ?? true
        ignoresLinks = options["fileserver_ignoresymlinks"]?.isTruthy ?? false
    }

    /// An expression that cannot be read is an error: what it was to hide must not be served.
    func ignores(_ path: String) throws -> Bool {
        if globs.contains(where: { $0.matches(path) }) { return true }
        return try expressions.contains { expression in
            do {
                return try PythonRegex.compile(expression).matches(path)
            } catch {
                throw ExecutionError("file_ignore_regex '\(expression)': \(error)")
            }
        }
    }
}

/// What an environment holds.
struct FileListing: Sendable {
    var files: Set<String> = []
    var directories: Set<String> = []
    var emptyDirectories: Set<String> = []
    var links = ValueMap()

    static func sorted(_ names: Set<String>) -> [String] { names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

/// One folder whose files are served, perhaps below a mount point. Nothing that a link leads out of it is.
struct ServedFolder: Sendable {
    let directory: String
    /// What stands in front of the paths, without slashes at the ends; empty for nothing.
    var mountPoint = ""
    /// The folder that links must stay in, when it is more than the directory.
    var boundary: String?

    /// - Parameter path: relative and without `..`.
    func fetch(_ path: String, _ filter: FileFilter) async throws -> CachedFile? {
        guard let relative = below(path) else { return nil }
        let candidate = Path.join(directory, relative)
        guard let status = try await LocalHost().status(candidate), status.kind == .file else { return nil }
        guard Self.isInside(candidate, boundary ?? directory), try !filter.ignores(candidate) else { return nil }
        return CachedFile(localPath: candidate, mode: status.mode)
    }

    private func below(_ path: String) -> String? {
        if mountPoint.isEmpty { return path }
        return path.hasPrefix(mountPoint + "/") ? String(path.dropFirst(mountPoint.count + 1)) : nil
    }

    /// Links are followed as long as they end below the root.
    private static func isInside(_ path: String, _ root: String) -> Bool {
        guard let real = realPath(path), let base = realPath(root) else { return false }
        return real.hasPrefix(base.hasSuffix("/") ? base : base + "/")
    }

    private static func realPath(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Adds everything that is served to a listing.
    func list(_ filter: FileFilter, into listing: inout FileListing) async throws {
        guard try await LocalHost().isDirectory(directory) else { return }
        var queue: [(prefix: String, above: [String])] = [("", [])]
        while let (prefix, above) = queue.popLast() {
            let current = prefix.isEmpty ? directory : Path.join(directory, prefix)
            // Links may form a ring: no directory is entered within itself.
            guard let real = Self.realPath(current), !above.contains(real) else { continue }
            for name in try await LocalHost().list(current) {
                let path = prefix.isEmpty ? name : prefix + "/" + name
                if try await add(path, filter, &listing) { queue.append((path, above + [real])) }
            }
        }
    }

    /// Returns whether it is a directory to look into.
    private func add(_ path: String, _ filter: FileFilter, _ listing: inout FileListing) async throws -> Bool {
        let host = LocalHost()
        let full = Path.join(directory, path)
        guard let own = try await host.status(full, followLinks: false) else { return false }
        let isLink = own.kind == .link
        let kind = isLink ? try await host.status(full)?.kind : own.kind
        let isFolder = kind == .directory
        if isLink, filter.ignoresLinks { return isFolder && filter.followsLinks }
        if isLink, !Self.isInside(full, boundary ?? directory) { return false }
        let enters = isFolder && (!isLink || filter.followsLinks)
        let shown = mountPoint.isEmpty ? path : mountPoint + "/" + path
        // What is in an ignored folder is looked at for itself, as in Salt.
        if try filter.ignores(path) { return enters }
        if isFolder {
            listing.directories.insert(shown)
            if try await host.list(full).isEmpty { listing.emptyDirectories.insert(shown) }
        } else if kind == .file {
            listing.files.insert(shown)
        } else {
            return false
        }
        if isLink { listing.links[shown] = .string(try await host.readLink(full)) }
        return enters
    }
}
