import HaliteCore
import HaliteStore
import HaliteTransport
import HaliteValue
import Testing

@testable import HaliteMaster

/// Whom the master trusts.
@Suite(.timeLimit(.minutes(1)))
struct KeyTests {
    private static func manual() -> Cluster.Setting {
        var setting = Cluster.Setting(
            states: ["secret.txt": "secret"], pillar: ["top.sls": "base:\n  '*': [p]\n", "p.sls": "password: x\n"])
        setting.autoAccept = false
        return setting
    }

    /// A key that is not accepted gets a status and nothing else: no job, no file, no pillar; whoever asks is cut.
    @Test(arguments: ["file", "file_part", "file_list", "file_envs", "pillar", "mine_get", "event"])
    func aPendingMinionGetsNothing(_ operation: String) async throws {
        try await Cluster.run(Self.manual()) { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            #expect(try await raw.greet("web1") == "pending")
            #expect(try await cluster.call("*", "test.ping").isEmpty)
            let answer = try? await raw.ask(operation, ["path": "secret.txt", "tag": "x", "grains": [:], "tgt": "*", "fun": "f"])
            #expect(answer == nil)
            #expect(try await raw.next() == nil, "the line is cut")
            #expect(try cluster.master.store.facts(of: "web1") == nil)
        }
    }

    @Test func aReturnOfAPendingMinionIsNotStored() async throws {
        try await Cluster.run(Self.manual()) { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            try await raw.send(.jobReturn, ["jid": "20260101000000000000", "fun": "test.ping", "return": true])
            #expect(try await raw.next() == nil)
            #expect(try cluster.master.store.returns(ofJob: "20260101000000000000").isEmpty)
        }
    }

    @Test func acceptLetsInWhoWaits() async throws {
        try await Cluster.run(Self.manual()) { (cluster: Cluster) async throws in
            let node = try await cluster.start("web1", waitFor: "salt/auth")
            #expect(cluster.master.keys.ids(.pending) == ["web1"])
            let events = cluster.master.events.events()
            let result = try await cluster.master.keyAction("accept", pattern: "web*", states: nil)
            #expect(result == ["minions": ["web1"]])
            await Cluster.first(events, "salt/minion/web1/start")
            #expect(try await cluster.call("web1", "test.ping") == ["web1": .returned(true, code: 0)])
            #expect(cluster.master.keys.fingerprint(of: "web1", .accepted) == node.identity.fingerprint)
        }
    }

    @Test(arguments: ["delete", "reject"])
    func aKeyThatIsTakenAwayCutsItsLine(_ action: String) async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            #expect(try await raw.greet("web1") == "accepted")
            _ = try await cluster.master.keyAction(action, pattern: "web1", states: ["minions"])
            #expect(try await raw.next() == nil)
            #expect(try await cluster.call("*", "test.ping").isEmpty)
            #expect(cluster.master.keys.ids(.accepted).isEmpty)
        }
    }

    @Test func aRejectedKeyStaysOutAlsoWithAutoAccept() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let identity = Identity.make()
            _ = try await cluster.raw(identity: identity).greet("web1")
            _ = try await cluster.master.keyAction("reject", pattern: "web1", states: ["minions"])
            #expect(try await cluster.raw(identity: identity).greet("web1") == "rejected")
            #expect(cluster.master.keys.ids(.rejected) == ["web1"])
        }
    }

    @Test(arguments: [true, false])
    func theSameIDWithAnotherKeyIsDeniedAndDisturbsNobody(_ autoAccept: Bool) async throws {
        var setting = Cluster.Setting()
        setting.autoAccept = autoAccept
        try await Cluster.run(setting) { (cluster: Cluster) async throws in
            let first = try await cluster.start("web1", waitFor: autoAccept ? nil : "salt/auth")
            let thief = Identity.make()
            #expect(try await cluster.raw(identity: thief).greet("web1") == "denied")
            #expect(cluster.master.keys.fingerprint(of: "web1", .denied) == thief.fingerprint)
            #expect(cluster.master.keys.fingerprint(of: "web1", autoAccept ? .accepted : .pending) == first.identity.fingerprint)
            if autoAccept { #expect(try await cluster.call("web1", "test.ping") == ["web1": .returned(true, code: 0)]) }
        }
    }

    /// The new key of a host that was set up anew takes the place of the old one, whose line ends.
    @Test func acceptingADeniedKeyCutsTheOldOne() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let old = cluster.raw()
            _ = try await old.greet("web1")
            let fresh = Identity.make()
            #expect(try await cluster.raw(identity: fresh).greet("web1") == "denied")
            _ = try await cluster.master.keyAction("accept", pattern: "web1", states: ["minions_denied"])
            #expect(try await old.next() == nil)
            #expect(try await cluster.raw(identity: fresh).greet("web1") == "accepted")
        }
    }

    @Test(arguments: ["", ".", "..", "../x", "a/b", ".hidden", "a b", "a\n", "ä", String(repeating: "x", count: 256)])
    func anIDThatIsNoFileNameIsRefused(_ id: String) async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            #expect(try await raw.greet(id) == nil)
            for state in KeyRing.State.allCases { #expect(cluster.master.keys.ids(state).isEmpty) }
        }
    }

    @Test func anotherVersionOfTheProtocolIsRefused() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            try await raw.send(.hello, ["version": 99, "id": "web1"])
            #expect(try await raw.next() == nil)
            #expect(cluster.master.keys.ids(.accepted).isEmpty)
        }
    }

    @Test func whoWaitsInVainIsForgottenWhenTheLineEnds() async throws {
        try await Cluster.run(Self.manual()) { (cluster: Cluster) async throws in
            let identity = Identity.make()
            for _ in 1...3 {
                let events = cluster.master.events.events()
                let raw = cluster.raw(identity: identity)
                #expect(try await raw.greet("web1") == "pending")
                await raw.channel.close()
                await Cluster.first(events, "salt/auth")
            }
            // The last line may still be ending: what counts is that they do not pile up.
            #expect(cluster.master.sessions.takeWaiting("web1").count <= 1)
        }
    }

    @Test func theListIsSaltsFolders() async throws {
        try await Cluster.run(Self.manual()) { (cluster: Cluster) async throws in
            for id in ["b", "a"] { _ = try await cluster.raw().greet(id) }
            _ = try await cluster.master.keyAction("accept", pattern: "a", states: nil)
            let list = try await cluster.master.keyAction("list", pattern: "*", states: nil)
            #expect(list == ["minions": ["a"], "minions_denied": [], "minions_pre": ["b"], "minions_rejected": []])
            let finger = try await cluster.master.keyAction("finger", pattern: "b", states: nil)
            #expect(finger["local"]?["master.pub"]?.stringValue == cluster.master.fingerprint)
            #expect(finger["minions_pre"]?["b"]?.stringValue == cluster.master.keys.fingerprint(of: "b", .pending))
        }
    }
}
