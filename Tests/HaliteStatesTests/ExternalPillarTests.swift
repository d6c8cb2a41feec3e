import FoundationEssentials
import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteStates
import HaliteValue
import Synchronization
import Testing

/// External pillars that are Halite's own, and what goes wrong with any.
@Suite(.timeLimit(.minutes(1)))
struct ExternalPillarTests {
    @Test func aProgramAnswersForAMinion() async throws {
        let script = "#!/bin/sh\ncat > \"$0.asked\"\nprintf '{\"rack\": 4, \"own\": {\"b\": 2}}'\n"
        try await Site.run(["hook": script, "pillar/data.sls": "own: {a: 1}\n"]) { (site: Site) async throws in
            let pillar = try await site.pillar([["program": .string(site.folder + "/hook")]])
            #expect(pillar == ["own": ["a": 1, "b": 2], "rack": 4])
            let asked = try Value(jsonText: try await LocalHost().readText(site.folder + "/hook.asked"))
            #expect(asked == ["id": "host", "pillar": ["own": ["a": 1]], "grains": ["id": "host", "os": "Debian"], "pillarenv": .null, "saltenv": "base"])
        }
    }

    @Test func argumentsReachTheProgramAsTheyAre() async throws {
        let script = "#!/bin/sh\nprintf '{\"words\": \"%s|%s\"}' \"$1\" \"$2\"\n"
        try await Site.run(["hook": script]) { (site: Site) async throws in
            let command: Value = [.string(site.folder + "/hook"), "a b", "$(id)"]
            #expect(try await site.pillar([["program": ["command": command]]]) == ["words": "a b|$(id)"])
        }
    }

    /// Each row: the script and what the error says.
    @Test(arguments: [
        ("#!/bin/sh\necho no such rack >&2\nexit 3\n", "ended with 3: no such rack"), ("#!/bin/sh\necho '[1]'\n", "expected a JSON object, found list"),
        ("#!/bin/sh\necho '{'\n", "is no JSON: line"), ("#!/bin/sh\nsleep 20\n", "gave no answer within 1 seconds"),
    ])
    func aProgramThatFailsIsAnErrorOfThePillar(_ script: String, _ words: String) async throws {
        try await Site.run(["hook": script, "pillar/data.sls": "a: 1\n"]) { (site: Site) async throws in
            // A busy machine may be slow to start a shell: only the script that sleeps is given little time.
            let timeout: Value = words.contains("within 1 seconds") ? 1 : 120
            let pillar = try await site.pillar([["program": ["command": .string(site.folder + "/hook"), "timeout": timeout]]])
            #expect(pillar["_errors"]?.pythonString.contains(words) == true, "\(pillar["_errors"]?.pythonString ?? "")")
            #expect(pillar["a"] == 1)
        }
    }

    /// Each row: the entry and what the error says.
    @Test(arguments: [
        (["reclass": ["storage_type": "yaml_fs"]], "there is no external pillar of this name"),
        (["cmd_yml": "echo 'a: 1'"], "did you mean 'cmd_yaml'?"), (["program": "inventory"], "expected the absolute path of a program"),
        (["program": ["command": "/bin/true", "timeuot": 1]], "did you mean 'timeout'?"), (["cmd_yaml": "echo 'a: ['"], "while parsing"),
        (["file_tree": ["root_dri": "/x"]], "did you mean 'root_dir'?"),
    ] as [(ValueMap, String)])
    func aSettingThatCannotBeIsAnErrorOfThePillar(_ entry: ValueMap, _ words: String) async throws {
        try await Site.run([:]) { (site: Site) async throws in
            let pillar = try await site.pillar([.map(entry)])
            #expect(pillar["_errors"]?.pythonString.contains(words) == true, "\(pillar["_errors"]?.pythonString ?? "")")
        }
    }

    /// The minion learns that something is wrong; the log has the place and the reason.
    @Test func whatIsWrongIsToldWithItsPlace() async throws {
        try await Site.run(["pillar/data.sls": "a: 1\nb: {{ nope.secret }}\n"]) { (site: Site) async throws in
            let pillar = try await site.pillar([])
            #expect(pillar["_errors"] == ["Rendering SLS 'data' failed. Please see master log for details."])
            let log = site.log.messages.joined()
            #expect(log.contains("data.sls") && log.contains("line 2") && log.contains("nope"), "\(log)")
        }
    }
}

/// A folder with pillar roots and whatever else a test needs.
private struct Site: Sendable {
    let folder: String
    let log = Log()

    final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var messages: [String] { lines.withLock { $0 } }
        func add(_ message: String) { lines.withLock { $0.append(message) } }
    }

    static func run(_ files: [String: String], _ body: (Site) async throws -> Void) async throws {
        // As the program does at its start: a child need not read what it is given.
        signal(SIGPIPE, SIG_IGN)
        let folder = FileManager.default.temporaryDirectory.appending(path: "halite-pillar-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await LocalHost().makeDirectories(folder + "/pillar")
        for (path, text) in files.merging(["pillar/top.sls": "base:\n  '*': [data]\n"], uniquingKeysWith: { own, _ in own }) {
            try await LocalHost().write(folder + "/" + path, Array(text.utf8), FileAttributes(mode: path == "hook" ? 0o755 : 0o644))
        }
        if files["pillar/data.sls"] == nil { try await LocalHost().write(folder + "/pillar/data.sls", [], FileAttributes(mode: 0o644)) }
        try await body(Site(folder: folder))
    }

    func pillar(_ external: [Value]) async throws -> ValueMap {
        let options: ValueMap = ["id": "host", "cachedir": .string(folder + "/cache"), "ext_pillar": .list(external)]
        let roots = RootsFileClient(["base": [.string(folder + "/pillar")]])
        let pillar = LocalPillar(files: roots, options: options, minionID: "host") { log.add($0) }
        let catalogue = ModuleCatalogue(modules: builtInModules, states: [], grains: [])
        let runtime = await ModuleRuntime.make(
            id: "host", options: options, host: LocalHost(), files: RootsFileClient([:]), catalogue: catalogue,
            staticGrains: { ["id": "host", "os": "Debian"] },
            pillarSource: { context, saltenv, pillarenv, override in
                var context = context
                // As a master does, which keeps no pillar from before.
                context.function = "state.apply"
                return try await pillar.compile(context, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
        return try await runtime.refreshPillar(runtime.context())
    }
}
