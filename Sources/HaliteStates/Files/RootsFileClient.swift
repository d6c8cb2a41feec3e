import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Serves the directories of `file_roots` or `pillar_roots`; of several directories the first with the file wins.
package struct RootsFileClient: FileClient {
    /// Environment to directories, in the order of the configuration.
    package let roots: [(saltenv: String, directories: [String])]

    package init(roots: [(saltenv: String, directories: [String])]) { self.roots = roots }

    /// Reads `{base: [/srv/salt]}`.
    package init(_ map: ValueMap) {
        roots = map.map { saltenv, directories in
            (saltenv.pythonString, (directories.listValue ?? [directories]).map(\.pythonString))
        }
    }

    package func environments() async throws -> [String] { roots.map(\.saltenv) }

    private func directories(_ saltenv: String) -> [String] {
        if let known = roots.first(where: { $0.saltenv == saltenv }) { return known.directories }
        // `__env__` stands for every other environment and may be part of the path.
        guard let dynamic = roots.first(where: { $0.saltenv == "__env__" }), !saltenv.contains("/"), saltenv != ".." else { return [] }
        return dynamic.directories.map { directory in
            directory.split(separator: "/", omittingEmptySubsequences: false).map { $0 == "__env__" ? saltenv : String($0) }.joined(separator: "/")
        }
    }

    package func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        guard let relative = Self.relative(path) else { return nil }
        for directory in directories(saltenv) {
            let candidate = Path.join(directory, relative)
            guard let status = try await LocalHost().status(candidate), status.kind == .file else { continue }
            guard Self.isInside(candidate, directory) else { continue }
            return CachedFile(localPath: candidate, mode: status.mode)
        }
        return nil
    }

    package func list(saltenv: String) async throws -> [String] {
        try await walk(saltenv).files
    }

    package func emptyDirectories(saltenv: String) async throws -> [String] {
        try await walk(saltenv).empty
    }

    /// A path below the root without `.`, `..` and leading slashes; nil when it would leave the root.
    static func relative(_ path: String) -> String? {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                if parts.isEmpty { return nil }
                parts.removeLast()
            } else {
                if part.utf8.contains(0) { return nil }
                parts.append(part)
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
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

    private func walk(_ saltenv: String) async throws -> (files: [String], empty: [String]) {
        let host = LocalHost()
        var files: Set<String> = []
        var empty: Set<String> = []
        for directory in directories(saltenv) where try await host.isDirectory(directory) {
            var queue = [""]
            // Links may form a ring: each real directory is entered once.
            var seen: Set<String> = []
            while let prefix = queue.popLast() {
                let current = prefix.isEmpty ? directory : Path.join(directory, prefix)
                guard let real = Self.realPath(current), seen.insert(real).inserted else { continue }
                let names = try await host.list(current)
                if names.isEmpty, !prefix.isEmpty { empty.insert(prefix) }
                for name in names where name != ".git" && name != ".svn" {
                    let path = prefix.isEmpty ? name : prefix + "/" + name
                    let full = Path.join(directory, path)
                    switch try await host.status(full)?.kind {
                    case .directory: queue.append(path)
                    case .file where Self.isInside(full, directory): files.insert(path)
                    default: continue
                    }
                }
            }
        }
        return (files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, empty.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
}
