import HaliteCore
import HaliteStore
import HaliteTransport
import HaliteValue
import Testing

@testable import HaliteMaster

/// The way of a job and of its return.
@Suite(.timeLimit(.minutes(1)))
struct JobTests {
    @Test func aReturnIsStoredAndTold() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let events = cluster.master.events.events()
            let job = try await cluster.master.publish("test.echo", Arguments(["hello"]), target: Target("*"), user: "tester")
            #expect(await Cluster.answers(job) == ["web1": .returned("hello", code: 0)])
            let new = await Cluster.first(events, "salt/job/\(job.jobID)/new")
            #expect(new?.data["fun"] == "test.echo" && new?.data["minions"] == ["web1"] && new?.data["user"] == "tester")
            let returned = await Cluster.first(events, "salt/job/\(job.jobID)/ret/web1")
            #expect(returned?.data["return"] == "hello" && returned?.data["success"] == true && returned?.data["_stamp"] != nil)
            let stored = try cluster.master.store.returns(ofJob: job.jobID)
            #expect(stored.map(\.value) == ["hello"] && stored.map(\.arguments) == [["hello"]])
        }
    }

    @Test(arguments: [
        ("test.nope", 254, "'test.nope' is not available."), ("test.ping x=1", 1, "has no argument 'x'"),
        ("test.exception", 1, "exception"), ("cmd.retcode", 1, "needs the argument 'cmd'"),
    ])
    func whatGoesWrongIsTheReturn(_ line: String, _ code: Int, _ text: String) async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let words = line.split(separator: " ").map(String.init)
            let arguments = words.count > 1 ? Arguments(keywords: ["x": 1]) : Arguments()
            let answers = try await cluster.call("web1", words[0], arguments)
            guard case .returned(let value, let found)? = answers["web1"] else { throw TestFailure(Issue.record("no return: \(answers)")) }
            #expect(found == code)
            #expect(value.pythonString.lowercased().contains(text.lowercased()), "\(value.pythonString)")
        }
    }

    /// A minion that got no answer sends again: confirmed each time, stored once, told once.
    @Test func aDoubledReturnIsConfirmedAndStoredOnce() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            let job = try await cluster.master.publish("test.ping", Arguments(), target: Target("web1"), user: "tester")
            let received = try await raw.next()
            #expect(received?.kind == .job && received?.body["jid"]?.stringValue == job.jobID)
            let events = cluster.master.events.events()
            let body = JobReturn(
                jobID: job.jobID, minion: "web1", function: "test.ping", arguments: [], value: 1, returnCode: 0, success: true
            ).map
            var second = body
            second["return"] = 2
            for copy in [body, body, second] {
                try await raw.send(.jobReturn, copy)
                let answer = try await raw.next()
                #expect(answer == Message(.stored, ["jid": .string(job.jobID)]))
            }
            #expect(try cluster.master.store.returns(ofJob: job.jobID).map(\.value) == [1])
            #expect(await Cluster.answers(job) == ["web1": .returned(1, code: 0)])
            cluster.master.events.publish("test/end", [:])
            var tags: [String] = []
            for await event in events {
                if event.tag == "test/end" { break }
                tags.append(event.tag)
            }
            #expect(tags == ["salt/job/\(job.jobID)/ret/web1"])
        }
    }

    /// What a minion says about who it is does not count.
    @Test func aReturnIsItsSendersOwn() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let liar = cluster.raw()
            let honest = cluster.raw()
            _ = try await liar.greet("liar")
            _ = try await honest.greet("honest")
            let job = try await cluster.master.publish("test.ping", Arguments(), target: Target("honest"), user: "tester")
            try await liar.send(.jobReturn, ["jid": .string(job.jobID), "id": "honest", "fun": "test.ping", "return": "lie", "retcode": 0])
            _ = try await liar.next()
            try await honest.send(.jobReturn, ["jid": .string(job.jobID), "fun": "test.ping", "return": true, "retcode": 0])
            #expect(await Cluster.answers(job) == ["honest": .returned(true, code: 0)])
        }
    }

    @Test(
        arguments: [
            ["jid": "../../x", "fun": "f"], ["jid": 5, "fun": "f"], ["fun": "f"], ["jid": "20260101000000000000"],
        ] as [ValueMap])
    func aMalformedReturnCutsTheLine(_ body: ValueMap) async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            try await raw.send(.jobReturn, body)
            #expect(try await raw.next() == nil)
        }
    }

    @Test func aMinionMayNotSpeakAsAMaster() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let raw = cluster.raw()
            _ = try await raw.greet("web1")
            try await raw.send(.job, ["jid": "20260101000000000000", "fun": "cmd.run"])
            #expect(try await raw.next() == nil)
        }
    }

    @Test func whoIsNotConnectedIsNamedAtOnce() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let node = try await cluster.start("web2")
            let events = cluster.master.events.events()
            await node.link.cut()
            await Cluster.first(events, "salt/presence/change") { $0["lost"] == ["web2"] }
            let answers = try await cluster.call("*", "test.ping")
            #expect(answers == ["web1": .returned(true, code: 0), "web2": .missing("Not connected")])
        }
    }

    @Test func whoDisconnectsDuringAJobIsNamedAtOnce() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let node = try await cluster.start("web2")
            let hold = Hold.named("disconnects")
            let job = try await cluster.master.publish("probe.hold", Arguments(["disconnects"]), target: Target("web2"), user: "tester")
            #expect(await hold.arrived() == "web2")
            await node.link.cut()
            let answers = await Cluster.answers(job)
            #expect(answers == ["web2": .missing("The connection to the minion was lost while the job ran")])
            hold.release()
        }
    }

    /// The return is written down while the line is cut, arrives after the reconnect, and is then deleted.
    @Test func aReturnSurvivesACutLine() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let node = try await cluster.start("web1")
            let hold = Hold.named("survives")
            let job = try await cluster.master.publish("probe.hold", Arguments(["survives"]), target: Target("web1"), user: "tester")
            _ = await hold.arrived()
            await node.link.cut()
            _ = await Cluster.answers(job)
            #expect(try cluster.master.store.returns(ofJob: job.jobID).isEmpty)
            let events = cluster.master.events.events()
            hold.release()
            node.link.open()
            let event = await Cluster.first(events, "salt/job/\(job.jobID)/ret/web1")
            #expect(event?.data["return"] == "web1")
            #expect(try await cluster.run("jobs.lookup_jid", .string(job.jobID)) == ["web1": "web1"])
            // Confirmed in order, so the answer to a later job stands behind the confirmation.
            _ = try await cluster.call("web1", "test.ping")
            #expect(!node.spooled.contains(job.jobID))
        }
    }

    /// The job ends after the minion has connected anew: its return takes the new line and waits for no third one.
    @Test func aReturnTakesTheLineOfTheMoment() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let node = try await cluster.start("web1")
            let hold = Hold.named("moment")
            let job = try await cluster.master.publish("probe.hold", Arguments(["moment"]), target: Target("web1"), user: "tester")
            _ = await hold.arrived()
            let events = cluster.master.events.events()
            await node.link.cut()
            node.link.open()
            await Cluster.first(events, "salt/minion/web1/start")
            hold.release()
            #expect(await Cluster.first(events, "salt/job/\(job.jobID)/ret/web1")?.data["return"] == "web1")
        }
    }

    /// A minion that was killed and is back before the master has missed it: its jobs are lost, and that is told.
    @Test func aMinionThatTakesItsOwnPlaceOwesNothing() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let identity = Identity.make()
            let old = cluster.raw(identity: identity)
            _ = try await old.greet("web1")
            let job = try await cluster.master.publish("test.ping", Arguments(), target: Target("web1"), user: "tester")
            let fresh = cluster.raw(identity: identity)
            #expect(try await fresh.greet("web1") == "accepted")
            #expect(await Cluster.answers(job) == ["web1": .missing("The connection to the minion was lost while the job ran")])
            #expect(try await old.next()?.kind == .job)
            #expect(try await old.next() == nil)
            let second = try await cluster.master.publish("test.ping", Arguments(), target: Target("web1"), user: "tester")
            #expect(try await fresh.next()?.body["jid"]?.stringValue == second.jobID)
        }
    }

    @Test func aReturnThatNoMessageCanHoldIsAnError() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let answers = try await cluster.call("web1", "probe.large", Arguments([.int(Message.sizeLimit + 1)]))
            guard case .returned(let value, 1)? = answers["web1"] else { throw TestFailure(Issue.record("no return")) }
            #expect(value.pythonString.hasPrefix("ERROR: the return has"))
            #expect(try await cluster.call("web1", "test.ping") == ["web1": .returned(true, code: 0)])
        }
    }

    @Test func aReturnOfSeveralMegabytesArrives() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let answers = try await cluster.call("web1", "probe.large", Arguments([.int(5 << 20)]))
            guard case .bytes(let bytes)? = answers["web1"]?.value else { throw TestFailure(Issue.record("no return")) }
            #expect(bytes.count == 5 << 20)
        }
    }

    @Test func nobodyMatchesMeansNoJob() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            #expect(try await cluster.call("app*", "test.ping").isEmpty)
            #expect(try cluster.master.store.jobs().isEmpty)
        }
    }

    @Test func aJobCanBeEndedFromOutside() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let events = cluster.master.events.events()
            let job = try await cluster.master.publish("test.sleep", Arguments([600]), target: Target("web1"), user: "tester")
            await Cluster.first(events, "salt/job/\(job.jobID)/new")
            let running = try await cluster.call("web1", "saltutil.running")
            #expect(running["web1"]?.value?.listValue?.contains { $0["jid"]?.stringValue == job.jobID } == true)
            _ = try await cluster.call("web1", "saltutil.kill_job", Arguments([.string(job.jobID)]))
            guard case .returned(_, let code)? = await Cluster.answers(job)["web1"] else { throw TestFailure(Issue.record("no return")) }
            #expect(code != 0)
        }
    }
}
