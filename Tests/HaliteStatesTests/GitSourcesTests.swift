import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteStates
import HaliteValue
import Synchronization
import Testing

/// Environments and pillars from git repositories in a folder of the test.
@Suite(.timeLimit(.minutes(2)))
struct GitSourcesTests {
    @Test func branchesAndTagsAreEnvironments() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            let files = repository.server([.string(repository.url)])
            #expect(try await files.environments() == ["base", "dev", "feature/x", "v1"])
            #expect(try await files.list(saltenv: "dev") == ["a.sls", "only-dev.sls", "sub/f.txt"])
            #expect(try await repository.text(files, "sub/f.txt", "base") == "master\n")
            #expect(try await repository.text(files, "sub/f.txt", "dev") == "dev\n")
            #expect(try await repository.text(files, "sub/f.txt", "v1") == "master\n")
            #expect(try await repository.text(files, "sub/f.txt", "nope") == nil)
            #expect(try await repository.text(files, "sub/../../../../etc/passwd", "base") == nil)
        }
    }

    @Test func aCommitIsAnEnvironment() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            let commit = try await repository.git("rev-parse", "dev")
            let files = repository.server([.string(repository.url)], ["gitfs_depth": 0])
            #expect(try await repository.text(files, "sub/f.txt", commit) == "dev\n")
        }
    }

    /// Each row: settings of the remote, environment, path, content.
    @Test(
        arguments: [
            ([["base": "dev"]], "base", "sub/f.txt", "dev\n"),
            ([["root": "sub"]], "dev", "f.txt", "dev\n"),
            ([["mountpoint": "salt://m/n"]], "dev", "m/n/sub/f.txt", "dev\n"),
            ([["mountpoint": "m"]], "dev", "sub/f.txt", nil),
            ([["saltenv": [["prod": [["ref": "v1"], ["mountpoint": "x"]]]]]], "prod", "x/sub/f.txt", "master\n"),
            ([["disable_saltenv_mapping": true]], "dev", "sub/f.txt", nil),
            ([["ref_types": ["tag"]]], "dev", "sub/f.txt", nil),
            ([["saltenv_whitelist": ["v*"]]], "dev", "sub/f.txt", nil),
            ([["saltenv_blacklist": ["dev"]]], "dev", "sub/f.txt", nil),
            ([["all_saltenvs": "dev"]], "v1", "sub/f.txt", "dev\n"),
            ([["fallback": "dev"]], "nope", "sub/f.txt", "dev\n"),
        ] as [(Value, String, String, String?)])
    func settingsOfARemote(_ settings: Value, _ saltenv: String, _ path: String, _ wanted: String?) async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            let files = repository.server([.map([.string(repository.url): settings])])
            #expect(try await repository.text(files, path, saltenv) == wanted)
        }
    }

    @Test func whatIsPushedIsServedAndWhatIsGoneIsNot() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            _ = try await repository.server([.string(repository.url)]).environments()
            try await repository.commit(["sub/f.txt": "newer\n"], to: "dev")
            try await repository.git("branch", "-D", "feature/x")
            let files = repository.server([.string(repository.url)])
            #expect(try await files.environments() == ["base", "dev", "v1"])
            #expect(try await repository.text(files, "sub/f.txt", "dev") == "newer\n")
            #expect(try await files.list(saltenv: "dev") == ["sub/f.txt"])
        }
    }

    @Test func whatWasFetchedServesWithoutTheRemote() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            _ = try await repository.server([.string(repository.url)]).environments()
            try await LocalHost().rename(repository.bare, to: repository.bare + ".gone")
            let messages = Mutex<[String]>([])
            let files = repository.server([.string(repository.url)]) { message in messages.withLock { $0.append(message) } }
            #expect(try await repository.text(files, "sub/f.txt", "dev") == "dev\n")
            #expect(messages.withLock { $0.contains { $0.contains("going on with what was fetched") } })
        }
    }

    @Test(arguments: ["--upload-pack=touch /tmp/halite-pwned", "ext::sh -c true", "-c core.sshCommand=x"])
    func aURLIsNoOption(_ url: String) async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            let messages = Mutex<[String]>([])
            let files = repository.server([.string(url)]) { message in messages.withLock { $0.append(message) } }
            #expect(try await files.environments() == [])
            #expect(messages.withLock { $0.contains { $0.contains("no URL of a repository") } })
        }
    }

    /// A link that leads out of the repository gives nothing away.
    @Test func linksStayInTheRepository() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            try await LocalHost().makeLink(repository.work + "/out", to: "/etc/hostname")
            try await LocalHost().makeLink(repository.work + "/in", to: "sub/f.txt")
            try await repository.git("add", "-A")
            try await repository.git("commit", "-qm", "links")
            let files = repository.server([.string(repository.url)])
            #expect(try await repository.text(files, "out", "base") == nil)
            #expect(try await repository.text(files, "in", "base") == "master\n")
        }
    }

    @Test func manyAskAtOnce() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            let texts = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await repository.text(repository.server([.string(repository.url)]), "sub/f.txt", "dev") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(texts.allSatisfy { $0 == "dev\n" })
        }
    }

    // MARK: Pillar

    @Test func aPillarFromABranch() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            try await repository.commit(["top.sls": "base:\n  '*': [data]\n", "data.sls": "v: git\nnames: [{{ grains.id }}]\n"], to: "pillar")
            let pillar = try await repository.pillar([.map([.string("pillar \(repository.url)"): [["env": "base"]]])])
            #expect(pillar == ["v": "git", "names": ["host"]])
        }
    }

    @Test func anUnknownSettingIsNamed() async throws {
        try await Repository.withOne { (repository: Repository) async throws in
            let pillar = try await repository.pillar([.map([.string("dev \(repository.url)"): [["envv": "base"]]])])
            #expect(pillar["_errors"]?.pythonString.contains("did you mean 'env'?") == true)
        }
    }
}

/// A repository with two branches, a tag and a branch with a slash.
private struct Repository: Sendable {
    let folder: String
    var work: String { folder + "/work" }
    /// The test works in the repository that is served.
    var bare: String { work }
    var url: String { "file://" + work }

    static func withOne(_ body: (Repository) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "halite-git-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let repository = Repository(folder: folder)
        try await LocalHost().makeDirectories(repository.work)
        try await repository.git("init", "-q", "-b", "master")
        try await repository.write(["a.sls": "a: {}\n", "sub/f.txt": "master\n"])
        try await repository.git("tag", "v1")
        try await repository.git("checkout", "-qb", "dev")
        try await repository.write(["sub/f.txt": "dev\n", "only-dev.sls": ""])
        try await repository.git("branch", "feature/x")
        try await repository.git("checkout", "-q", "master")
        try await body(repository)
    }

    private func write(_ files: [String: String]) async throws {
        for (path, text) in files {
            try await LocalHost().makeDirectories(Path.parent(work + "/" + path) ?? "/")
            try await LocalHost().write(work + "/" + path, Array(text.utf8), FileAttributes(mode: 0o644))
        }
        try await git("add", "-A")
        try await git("commit", "-qm", "files")
    }

    /// A commit with these files alone.
    func commit(_ files: [String: String], to branch: String) async throws {
        try await git("checkout", "-qB", branch)
        try await git("rm", "-qr", ".")
        try await write(files)
        try await git("checkout", "-q", "master")
    }

    @discardableResult
    func git(_ arguments: String...) async throws -> String {
        var command = Command(["git", "-C", work] + arguments)
        command.environment = [
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        ]
        let result = try await LocalHost().run(command)
        try #require(result.succeeded, "git \(arguments): \(result.errorText)")
        return result.text
    }

    private func options(_ settings: ValueMap) -> ValueMap {
        var options: ValueMap = ["cachedir": .string(folder + "/cache"), "fileserver_backend": ["gitfs"], "id": "host"]
        for (key, value) in settings { options[key] = value }
        return options
    }

    func server(_ remotes: [Value], _ settings: ValueMap = [:], log: @escaping @Sendable (String) -> Void = { _ in }) -> FileServer {
        var settings = settings
        settings["gitfs_remotes"] = .list(remotes)
        return FileServer(options(settings), fetchesAlways: true, log: log)
    }

    func text(_ files: FileServer, _ path: String, _ saltenv: String) async throws -> String? {
        guard let file = try await files.fetch(path, saltenv: saltenv) else { return nil }
        return try await LocalHost().readText(file.localPath)
    }

    func pillar(_ remotes: [Value]) async throws -> ValueMap {
        let options = options(["ext_pillar": [["git": .list(remotes)]]])
        let pillar = LocalPillar(files: RootsFileClient([:]), options: options, minionID: "host", log: { _ in })
        let catalogue = ModuleCatalogue(modules: builtInModules, states: [], grains: [])
        let runtime = await ModuleRuntime.make(
            id: "host", options: options, host: LocalHost(), files: RootsFileClient([:]), catalogue: catalogue, staticGrains: { ["id": "host"] },
            pillarSource: { context, saltenv, pillarenv, override in
                try await pillar.compile(context, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
        return try await runtime.refreshPillar(runtime.context())
    }
}
