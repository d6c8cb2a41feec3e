import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Serves what the back ends of `fileserver_backend` hold; of several the first with the file wins.
package struct FileServer: FileClient {
    private let backends: [any FileClient]

    /// - Parameters:
    ///   - options: the settings of a master, or of a minion that serves itself.
    ///   - fetchesAlways: whether remote repositories are asked at each start, as without a master, or by their interval.
    ///   - log: told what goes wrong and does not stop anything, such as a remote that does not answer.
    package init(_ options: ValueMap, fetchesAlways: Bool, log: @escaping @Sendable (String) -> Void = { _ in }) {
        let filter = FileFilter(options)
        let setting = options["fileserver_backend"] ?? ["roots"]
        var backends: [any FileClient] = []
        for name in (setting.listValue ?? [setting]).map(\.pythonString) {
            switch name {
            case "roots", "localfs": backends.append(RootsFileClient(options["file_roots"]?.mapValue ?? [:], filter: filter))
            case "git", "gitfs":
                backends.append(GitFileSystem(options, filter: filter, fetchesAlways: fetchesAlways, log: log))
            default: log("fileserver_backend: there is no back end '\(name)'\(NearestName.hint(name, among: Self.names)) (available: roots, gitfs)")
            }
        }
        self.backends = backends
    }

    private static let names = ["roots", "gitfs", "git"]

    package func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        for backend in backends {
            if let file = try await backend.fetch(path, saltenv: saltenv) { return file }
        }
        return nil
    }

    package func list(saltenv: String) async throws -> [String] { try await union { try await $0.list(saltenv: saltenv) } }

    package func emptyDirectories(saltenv: String) async throws -> [String] {
        try await union { try await $0.emptyDirectories(saltenv: saltenv) }
    }

    package func directories(saltenv: String) async throws -> [String] { try await union { try await $0.directories(saltenv: saltenv) } }

    package func links(saltenv: String) async throws -> ValueMap {
        var links = ValueMap()
        for backend in backends {
            for (name, target) in try await backend.links(saltenv: saltenv) where links[name] == nil { links[name] = target }
        }
        return links
    }

    package func environments() async throws -> [String] {
        var names: [String] = []
        for backend in backends {
            for name in try await backend.environments() where !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func union(_ names: (any FileClient) async throws -> [String]) async throws -> [String] {
        if backends.count == 1 { return try await names(backends[0]) }
        var all: Set<String> = []
        for backend in backends { all.formUnion(try await names(backend)) }
        return FileListing.sorted(all)
    }
}
