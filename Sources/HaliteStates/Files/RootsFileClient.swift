import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Serves the directories of `file_roots` or `pillar_roots`; of several directories the first with the file wins.
package struct RootsFileClient: FileClient {
    /// Environment to directories, in the order of the configuration.
    package let roots: [(saltenv: String, directories: [String])]
    private let filter: FileFilter

    package init(roots: [(saltenv: String, directories: [String])], filter: FileFilter = FileFilter()) {
        self.roots = roots
        self.filter = filter
    }

    /// Reads `{base: [/srv/salt]}`.
    package init(_ map: ValueMap, filter: FileFilter = FileFilter()) {
        roots = map.map { saltenv, directories in
            (saltenv.pythonString, (directories.listValue ?? [directories]).map(\.pythonString))
        }
        self.filter = filter
    }

    package func environments() async throws -> [String] { roots.map(\.saltenv) }

    private func folders(_ saltenv: String) -> [ServedFolder] {
        if let known = roots.first(where: { $0.saltenv == saltenv }) { return known.directories.map { ServedFolder(directory: $0) } }
        // `__env__` stands for every other environment and may be part of the path.
        guard let dynamic = roots.first(where: { $0.saltenv == "__env__" }), !saltenv.contains("/"), saltenv != "..", saltenv != "." else { return [] }
        return dynamic.directories.map { ServedFolder(directory: DataPath.split($0, "__env__").joined(separator: saltenv)) }
    }

    package func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        guard let relative = Self.relative(path) else { return nil }
        for folder in folders(saltenv) {
            if let file = try await folder.fetch(relative, filter) { return file }
        }
        return nil
    }

    package func list(saltenv: String) async throws -> [String] { FileListing.sorted(try await listing(saltenv).files) }

    package func emptyDirectories(saltenv: String) async throws -> [String] {
        FileListing.sorted(try await listing(saltenv).emptyDirectories)
    }

    package func directories(saltenv: String) async throws -> [String] { FileListing.sorted(try await listing(saltenv).directories) }

    package func links(saltenv: String) async throws -> ValueMap { try await listing(saltenv).links }

    private func listing(_ saltenv: String) async throws -> FileListing {
        var listing = FileListing()
        for folder in folders(saltenv) { try await folder.list(filter, into: &listing) }
        return listing
    }

    /// A path below the root without lone dots and slashes too many; nil for one that climbs. As Salt does, also for one that
    /// would stay below the root: `a/../b` is no other name of `b`.
    static func relative(_ path: String) -> String? {
        let parts = path.split(separator: "/").filter { $0 != "." }
        if parts.isEmpty || parts.contains(where: { $0 == ".." || $0.utf8.contains(0) }) { return nil }
        // Salt looks for the letters alone, so that a folder whose name ends with two dots is not served either.
        if parts.dropLast().contains(where: { $0.utf8.suffix(2).elementsEqual("..".utf8) }) { return nil }
        return parts.joined(separator: "/")
    }
}
