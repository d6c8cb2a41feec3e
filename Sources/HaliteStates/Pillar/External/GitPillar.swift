import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `git`: pillars whose SLS files are in branches and tags of git repositories, each with its own top file.
struct GitPillar: ExternalPillar {
    static let name = "git"
    private let entries: [Value]

    init(_ arguments: Value) throws {
        guard let list = arguments.listValue ?? arguments.stringValue.map({ [.string($0)] }) else {
            throw ExecutionError("expected a list of remotes such as 'master https://example.com/pillar.git', found \(arguments.pythonRepr)")
        }
        entries = list
    }

    /// The folder of one remote, and the environment that it speaks for.
    private struct Source {
        let saltenv: String
        let folder: ServedFolder
    }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        var sources: [Source] = []
        for entry in entries {
            if let source = try await source(entry, request) { sources.append(source) }
        }
        let includes = request.options["git_pillar_includes"]?.isTruthy ?? true
        var pillar = ValueMap()
        var errors: [Value] = []
        for (index, source) in sources.enumerated() where source.folder.mountPoint.isEmpty {
            if let pillarenv = request.pillarenv, pillarenv != source.saltenv { continue }
            // Files of the environment's other remotes can be included; the top file is the remote's own.
            let others = includes ? sources.enumerated().filter { $0.offset != index && $0.element.saltenv == source.saltenv } : []
            let files = EnvironmentFiles(saltenv: source.saltenv, folders: [source.folder] + others.map(\.element.folder))
            var data = try await compiled(files, request, source.saltenv)
            errors += data.removeValue(forKey: "_errors")?.listValue ?? []
            pillar = request.compiler.settings.merge(pillar, data)
        }
        if !errors.isEmpty { pillar["_errors"] = .list(errors) }
        return pillar
    }

    private func compiled(_ files: EnvironmentFiles, _ request: ExternalPillarRequest, _ saltenv: String) async throws -> ValueMap {
        var context = request.context
        context.saltenv = saltenv
        var compiler = PillarCompiler(
            files: files, context: context, minionID: request.minionID, nodegroups: request.compiler.nodegroups,
            previous: request.context.pillar)
        compiler.log = request.compiler.log
        return try await compiler.compile(pillarenv: request.pillarenv, withExternal: false)
    }

    private func source(_ entry: Value, _ request: ExternalPillarRequest) async throws -> Source? {
        let remote = try GitRemote(entry, role: .pillar, options: request.options)
        let wanted = request.compiler.settings.dynamicEnvironment(
            pillarenv: request.pillarenv, saltenv: request.options["saltenv"]?.stringValue)
        let mirror = GitMirror(remote, cache: request.options["cachedir"]?.stringValue ?? "/var/cache/halite", log: request.compiler.log)
        let hasMaster = request.context.services.master != nil
        let interval = hasMaster ? remote.setting("update_interval")?.doubleValue ?? 60 : 0
        try await mirror.update(interval: interval)
        let refs = try await mirror.refs()
        let branch = remote.branch == "__env__" ? remote.allSaltenvs ?? (wanted == "base" ? remote.base : wanted) : remote.branch
        guard let commit = try await mirror.commit(of: branch, in: refs) else {
            request.compiler.log("git_pillar remote '\(remote.id)' has no '\(branch)'")
            return nil
        }
        let tree = try await mirror.tree(commit)
        let root = remote.root("base")
        let directory = root.isEmpty ? tree : Path.join(tree, root)
        guard try await LocalHost().isDirectory(directory) else {
            request.compiler.log("Root path '\(root)' not present in git_pillar remote '\(remote.id)', skipping.")
            return nil
        }
        let folder = ServedFolder(directory: directory, mountPoint: remote.mountPoint("base"), boundary: tree)
        return Source(saltenv: environment(of: remote, branch, wanted), folder: folder)
    }

    private func environment(of remote: GitRemote, _ branch: String, _ wanted: String) -> String {
        if remote.branch == "__env__", remote.allSaltenvs != nil { return wanted }
        if let saltenv = remote.text("env") { return saltenv == "__env__" ? wanted : saltenv }
        return remote.branch == remote.base || branch == remote.base ? "base" : branch
    }
}

/// Folders that are one environment.
private struct EnvironmentFiles: FileClient {
    let saltenv: String
    let folders: [ServedFolder]

    func environments() async throws -> [String] { [saltenv] }

    func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        guard saltenv == self.saltenv, let relative = RootsFileClient.relative(path) else { return nil }
        for folder in folders {
            if let file = try await folder.fetch(relative, FileFilter()) { return file }
        }
        return nil
    }

    func list(saltenv: String) async throws -> [String] { FileListing.sorted(try await listing(saltenv).files) }
    func emptyDirectories(saltenv: String) async throws -> [String] { FileListing.sorted(try await listing(saltenv).emptyDirectories) }

    private func listing(_ saltenv: String) async throws -> FileListing {
        var listing = FileListing()
        guard saltenv == self.saltenv else { return listing }
        for folder in folders { try await folder.list(FileFilter(), into: &listing) }
        return listing
    }
}
