import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Serves branches, tags and commits of git repositories as environments.
struct GitFileSystem: FileClient {
    private let remotes: [GitSource]
    private let filter: FileFilter
    /// What is wrong with the settings; nothing is served then, and who asks is told.
    private let problem: String?

    init(_ options: ValueMap, filter: FileFilter, fetchesAlways: Bool, log: @escaping @Sendable (String) -> Void) {
        self.filter = filter
        let cache = options["cachedir"]?.stringValue ?? "/var/cache/halite"
        do {
            remotes = try (options["gitfs_remotes"]?.listValue ?? []).map { entry in
                let remote = try GitRemote(entry, role: .files, options: options)
                let interval = remote.setting("update_interval")?.doubleValue ?? 60
                return GitSource(GitMirror(remote, cache: cache, log: log), interval: interval, fetchesAlways: fetchesAlways, log: log)
            }
            problem = nil
        } catch {
            remotes = []
            problem = "\(error)"
            log("\(error)")
        }
    }

    func environments() async throws -> [String] {
        if let problem { throw ExecutionError(problem) }
        var names: Set<String> = []
        for remote in remotes { names.formUnion(try await remote.environments()) }
        return FileListing.sorted(names)
    }

    /// The folders of an environment, one for each remote that has it.
    private func folders(_ saltenv: String) async throws -> [ServedFolder] {
        let known = try await environments()
        let isKnown = GitMirror.isHexadecimal(saltenv) || known.contains(saltenv)
        var folders: [ServedFolder] = []
        for remote in remotes where isKnown || remote.mirror.remote.fallback != nil {
            if let folder = try await remote.folder(saltenv) { folders.append(folder) }
        }
        return folders
    }

    func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        guard let relative = RootsFileClient.relative(path) else { return nil }
        for folder in try await folders(saltenv) {
            if let file = try await folder.fetch(relative, filter) { return file }
        }
        return nil
    }

    func list(saltenv: String) async throws -> [String] { FileListing.sorted(try await listing(saltenv).files) }
    func directories(saltenv: String) async throws -> [String] { FileListing.sorted(try await listing(saltenv).directories) }
    func links(saltenv: String) async throws -> ValueMap { try await listing(saltenv).links }
    /// A repository holds no empty folders.
    func emptyDirectories(saltenv: String) async throws -> [String] { [] }

    private func listing(_ saltenv: String) async throws -> FileListing {
        var listing = FileListing()
        for folder in try await folders(saltenv) {
            if !folder.mountPoint.isEmpty { listing.directories.insert(folder.mountPoint) }
            try await folder.list(filter, into: &listing)
        }
        return listing
    }
}

/// One remote with what is known of it since the last update.
actor GitSource {
    nonisolated let mirror: GitMirror
    private let interval: Double
    private let fetchesAlways: Bool
    private let log: @Sendable (String) -> Void
    private var refs: GitMirror.Refs?
    private var updated: ContinuousClock.Instant?
    private var trees: [String: String] = [:]

    init(_ mirror: GitMirror, interval: Double, fetchesAlways: Bool, log: @escaping @Sendable (String) -> Void) {
        self.mirror = mirror
        self.interval = interval
        self.fetchesAlways = fetchesAlways
        self.log = log
    }

    /// The refs, asked for anew when the interval is over. Without a master the remote is asked once, at the start.
    private func current() async throws -> GitMirror.Refs {
        if let refs, let updated, fetchesAlways || ContinuousClock.now - updated < .seconds(interval) { return refs }
        // Others that come in meanwhile go on with what is known.
        updated = .now
        do {
            try await mirror.update(interval: fetchesAlways ? 0 : interval)
        } catch {
            // The other remotes go on, as in Salt.
            log("\(error)")
            let none = GitMirror.Refs()
            refs = none
            return none
        }
        let found = try await mirror.refs()
        refs = found
        trees = [:]
        do {
            try await mirror.removeOldTrees(keeping: Set(found.branches.values).union(found.tags.values))
        } catch {
            log("gitfs: old trees cannot be removed: \(error)")
        }
        return found
    }

    func environments() async throws -> Set<String> {
        let refs = try await current()
        return mirror.remote.environments(branches: Array(refs.branches.keys), tags: Array(refs.tags.keys))
    }

    func folder(_ saltenv: String) async throws -> ServedFolder? {
        let remote = mirror.remote
        let refs = try await current()
        guard remote.isExposed(saltenv), let ref = remote.ref(saltenv), let commit = try await mirror.commit(of: ref, in: refs) else { return nil }
        let tree: String
        if let known = trees[commit] {
            tree = known
        } else {
            tree = try await mirror.tree(commit)
            trees[commit] = tree
        }
        let root = remote.root(saltenv)
        return ServedFolder(
            directory: root.isEmpty ? tree : Path.join(tree, root), mountPoint: remote.mountPoint(saltenv), boundary: tree)
    }
}
