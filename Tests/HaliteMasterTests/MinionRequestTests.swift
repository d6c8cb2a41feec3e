import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteStore
import HaliteValue
import Testing

@testable import HaliteMaster

/// What a minion may ask for: pillar, mine, files.
@Suite(.timeLimit(.minutes(1)))
struct MinionRequestTests {
    // MARK: Pillar

    private static let pillar = [
        "top.sls": "base:\n  '*': [all]\n  web1: [one]\n  'G@id:web2 or G@role:two': [{match: compound}, two]\n",
        "all.sls": "who: {{ grains['id'] }}\nmaster_sees: {{ opts['id'] }}\n", "one.sls": "secret: one\n", "two.sls": "secret: two\n",
    ]

    @Test func eachMinionGetsItsOwnPillar() async throws {
        try await Cluster.run(Cluster.Setting(pillar: Self.pillar), minions: ["web1", "web2"]) { (cluster: Cluster) async throws in
            let answers = try await cluster.call("*", "pillar.items", Arguments([], keywords: ["unmask": true]))
            #expect(answers["web1"]?.value == ["who": "web1", "master_sees": "web1", "secret": "one"])
            #expect(answers["web2"]?.value == ["who": "web2", "master_sees": "web2", "secret": "two"])
        }
    }

    /// Neither a grain nor an argument makes a minion another one.
    @Test func nobodyGetsAnothersPillar() async throws {
        try await Cluster.run(Cluster.Setting(pillar: Self.pillar)) { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web3", grains: ["id": "web1"])
            for arguments in [
                ["grains": ["id": "web1"]], ["grains": ["id": "web1"], "id": "web1", "minion": "web1"],
                ["grains": [:], "override": ["id": "web1"]],
            ] as [ValueMap] {
                let result = try await raw.ask("pillar", arguments)?["result"]
                #expect(result?["who"] == "web3")
                #expect(result?["secret"] == nil)
            }
        }
    }

    @Test func aBrokenPillarIsNamedAndStopsStates() async throws {
        let setting = Cluster.Setting(
            states: ["s.sls": "a:\n  test.nop: []\n"], pillar: ["top.sls": "base:\n  '*': [bad]\n", "bad.sls": "a: {{ nope.x }}\n"])
        try await Cluster.run(setting, minions: ["web1"]) { (cluster: Cluster) async throws in
            guard case .returned(let value, let code)? = try await cluster.call("web1", "state.apply", Arguments(["s"]))["web1"] else {
                throw TestFailure(Issue.record("no return"))
            }
            #expect(code == 5)
            #expect(value.pythonString.contains("Pillar failed to render") && value.pythonString.contains("bad"))
        }
    }

    // MARK: Mine

    @Test func theMineIsGivenAndAskedFor() async throws {
        let options: ValueMap = ["mine_functions": ["here": ["mine_function": "grains.get", "key": "id"], "test.ping": []]]
        try await Cluster.run { (cluster: Cluster) async throws in
            try await cluster.start(
                "web1", options: ["mine_functions": ["where": [["mine_function": "grains.get"], "id"], "test.ping": []]])
            try await cluster.start("web2", options: options)
            let ask = Arguments(["*", "test.ping"])
            #expect(try await cluster.call("web2", "mine.get", ask)["web2"]?.value == ["web1": true, "web2": true])
            #expect(try await cluster.call("web2", "mine.get", Arguments(["web1", "where"]))["web2"]?.value == ["web1": "web1"])
            #expect(try await cluster.run("mine.get", "*", "where") == ["web1": "web1"])
            _ = try await cluster.call("web1", "mine.delete", Arguments(["where"]))
            #expect(try await cluster.run("mine.get", "*", "where") == [:])
            _ = try await cluster.call("web1", "mine.send", Arguments(["test.echo", "x"]))
            #expect(try await cluster.run("mine.get", "*", "test.echo") == ["web1": "x"])
            _ = try await cluster.call("web1", "mine.flush")
            #expect(try await cluster.run("mine.get", "*", "test.ping") == ["web2": true])
        }
    }

    /// `allow_tgt`: the giver says who may see it, the master sees to it.
    @Test func theMineIsShownToThoseWhoAreAllowed() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let giver = cluster.raw()
            _ = try await giver.greet("db")
            let data: ValueMap = [
                "open": 1, "closed": ["__saltmine_acl__": 1, "__data__": 2, "allow_tgt": "web*"],
                "listed": ["__saltmine_acl__": 1, "__data__": 3, "allow_tgt": "app1,web9", "allow_tgt_type": "list"],
                "odd": ["__saltmine_acl__": 1, "__data__": 4, "allow_tgt": "*", "allow_tgt_type": "nonsense"],
            ]
            _ = try await giver.ask("mine_send", ["data": .map(data), "clear": true])
            for (id, sees) in [("web1", ["open": 1, "closed": 2]), ("app1", ["open": 1, "listed": 3]), ("db", ["open": 1])]
                as [(String, ValueMap)]
            {
                let raw = id == "db" ? giver : cluster.raw()
                if id != "db" { _ = try await raw.greet(id) }
                var found = ValueMap()
                for name in data.keys {
                    let answer = try await raw.ask("mine_get", ["tgt": "*", "fun": name])
                    if let value = answer?["result"]?["db"] { found[name] = value }
                }
                #expect(found == sees, "\(id)")
            }
            #expect(try await cluster.run("mine.get", "*", "closed") == ["db": 2])
        }
    }

    @Test func nobodyGivesToTheMineForAnother() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("liar")
            _ = try await raw.ask("mine_send", ["data": ["f": 1], "id": "web1", "minion": "web1", "clear": false])
            #expect(try cluster.master.store.mine(function: "f") == ["liar": 1])
        }
    }

    @Test func aTargetWithoutEndIsRefusedAndTheMasterLives() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            for word in ["not ", "( "] {
                let target = String(repeating: word, count: 200_000) + "*"
                let answer = try await raw.ask("mine_get", ["tgt": .string(target), "tgt_type": "compound", "fun": "f"])
                #expect(answer?["error"]?.pythonString.contains("nested deeper") == true)
            }
            #expect(try await raw.ask("file_envs")?["result"] == ["base"])
        }
    }

    @Test func anUnknownQuestionIsAnError() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            let answer = try await raw.ask("shutdown")
            #expect(answer?["number"] == 1 && answer?["error"]?.pythonString.contains("does not know") == true)
        }
    }

    // MARK: Events

    @Test func anEventNamesItsSender() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let events = cluster.master.events.events()
            _ = try await cluster.call("web1", "event.send", Arguments(["my/tag", ["a": 1, "id": "other"]]))
            let event = await Cluster.first(events, "my/tag")
            #expect(event?.data["id"] == "web1")
        }
    }

    // MARK: Files

    /// Asked for directly, as a hostile minion would.
    @Test func onlyFilesBelowTheRootsAreServed() async throws {
        try await Cluster.run(Cluster.Setting(states: ["a.txt": "A", "d/b.txt": "B"], pillar: ["p.sls": "secret"])) {
            (cluster: Cluster) async throws in
            try Cluster.write("\(cluster.folder)/outside.txt", "secret")
            let files = FileManager.default
            for (link, target) in [
                ("link", "../outside.txt"), ("absolute", "\(cluster.folder)/outside.txt"), ("up", ".."), ("inner", "a.txt"), ("pipe", ""),
            ] where !target.isEmpty {
                try files.createSymbolicLink(atPath: "\(cluster.folder)/salt/\(link)", withDestinationPath: target)
            }
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            for (path, content) in [
                ("a.txt", "A"), ("d/b.txt", "B"), ("./a.txt", "A"), ("/a.txt", "A"), ("inner", "A"),
            ] {
                let answer = try await raw.ask("file", ["path": .string(path)])
                #expect(answer?["result"]?["data"] == .bytes(Array(content.utf8)), "\(path)")
            }
            let refused = [
                "../outside.txt", "../pillar/p.sls", "d/../a.txt", "d/../../outside.txt", "/etc/passwd", "\(cluster.folder)/outside.txt", "link",
                "absolute",
                "up/outside.txt", "d", "", ".", "..", "a.txt/..", "a.txt\u{0}", "none.txt", "salt://a.txt",
            ]
            for path in refused {
                for (operation, more) in [("file", [:]), ("file_part", ["offset": 0])] as [(String, ValueMap)] {
                    var arguments = more
                    arguments["path"] = .string(path)
                    let answer = try await raw.ask(operation, arguments)
                    #expect(answer?["result"] == .null, "\(operation) \(path)")
                }
            }
            for saltenv in ["nope", "..", "../pillar", "/"] {
                let answer = try await raw.ask("file", ["path": "a.txt", "saltenv": .string(saltenv)])
                #expect(answer?["result"] == .null, "\(saltenv)")
            }
            let list = try await raw.ask("file_list")?["result"]
            #expect(list == ["a.txt", "d/b.txt", "inner"])
        }
    }

    /// `__env__` in a root is replaced by the environment asked for, which must not lead elsewhere.
    @Test func aDynamicEnvironmentStaysInItsPlace() async throws {
        var setting = Cluster.Setting()
        let folder = FileManager.default.temporaryDirectory.path() + "/halite-env-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Cluster.write("\(folder)/envs/dev/a.txt", "dev")
        try Cluster.write("\(folder)/a.txt", "secret")
        setting.master = ["file_roots": ["__env__": [.string("\(folder)/envs/__env__")]]]
        try await Cluster.run(setting) { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            for (saltenv, content) in [("dev", "dev"), ("..", nil), ("dev/..", nil), ("../envs/dev", nil), ("prod", nil)]
                as [(String, String?)]
            {
                let answer = try await raw.ask("file", ["path": "a.txt", "saltenv": .string(saltenv)])
                #expect(answer?["result"]?["data"] == content.map { .bytes(Array($0.utf8)) }, "\(saltenv)")
            }
        }
    }

    /// Larger than a message may be before acceptance, and in several parts; unchanged the second time.
    @Test func aLargeFileArrivesInParts() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let bytes = (0..<(3 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
            try Data(bytes).write(to: URL(filePath: "\(cluster.folder)/salt/large.bin"))
            let target = "\(cluster.folder)/copy.bin"
            for changes in [true, false] {
                let answers = try await cluster.call(
                    "web1", "state.single", Arguments(["file.managed"], keywords: ["name": .string(target), "source": "salt://large.bin"]))
                let result = answers["web1"]?.value?.mapValue?.values.first
                #expect(result?["result"] == true && result?["changes"]?.isTruthy == changes, "\(answers)")
            }
            #expect(try Array(Data(contentsOf: URL(filePath: target))) == bytes)
            try Data(bytes.reversed()).write(to: URL(filePath: "\(cluster.folder)/salt/large.bin"))
            _ = try await cluster.call(
                "web1", "state.single", Arguments(["file.managed"], keywords: ["name": .string(target), "source": "salt://large.bin"]))
            #expect(try Array(Data(contentsOf: URL(filePath: target))) == bytes.reversed())
        }
    }

    @Test(arguments: [-1, 1 << 40, Int.max])
    func aPartFromNowhereIsNothing(_ offset: Int) async throws {
        try await Cluster.run(Cluster.Setting(states: ["a.txt": "A"])) { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            let answer = try await raw.ask("file_part", ["path": "a.txt", "offset": .int(offset)])
            #expect(answer?["result"] == .null || answer?["result"] == .bytes([]) || answer?["error"] != nil)
        }
    }
}
