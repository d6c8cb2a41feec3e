import HaliteCore
import HaliteStore
import HaliteValue
import Testing

@testable import HaliteMaster

/// Runners but orchestration.
@Suite(.timeLimit(.minutes(1)))
struct RunnerTests {
    @Test func jobsAreLookedUp() async throws {
        try await Cluster.run(minions: ["web1", "web2"]) { (cluster: Cluster) async throws in
            let job = try await cluster.master.publish("test.echo", Arguments(["x"]), target: Target("web*"), user: "tester")
            _ = await Cluster.answers(job)
            _ = try await cluster.call("web1", "test.ping")
            let id = Value.string(job.jobID)
            #expect(try await cluster.run("jobs.lookup_jid", id) == ["web1": "x", "web2": "x"])
            let one = try await cluster.run("jobs.list_job", id)
            #expect(
                one["Function"] == "test.echo" && one["Target"] == "web*" && one["User"] == "tester" && one["Minions"] == ["web1", "web2"])
            #expect(one["Result"]?["web2"]?["return"] == "x" && one["Result"]?["web2"]?["success"] == true)
            #expect(try await cluster.run("jobs.print_job", id)[job.jobID]?["jid"] == id)
            #expect(try await cluster.run("jobs.list_jobs").mapValue?.count == 2)
            #expect(try await cluster.run("jobs.list_jobs", keywords: ["search_function": "test.e*"]).mapValue?.keys == [id])
            #expect(try await cluster.run("jobs.last_run", keywords: ["function": "test.echo"]).mapValue?.keys == [id])
            #expect(try await cluster.run("jobs.exit_success", id) == ["web1": true, "web2": true])
            #expect(try await cluster.run("jobs.list_job", "20000101000000000000")["Error"] != nil)
            #expect(try await cluster.run("jobs.lookup_jid", "20000101000000000000") == [:])
        }
    }

    @Test func runningJobsAreNamedWithWhoOwes() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let hold = Hold.named("active")
            let job = try await cluster.master.publish("probe.hold", Arguments(["active"]), target: Target("*"), user: "tester")
            _ = await hold.arrived()
            let active = try await cluster.run("jobs.active")
            #expect(active[job.jobID]?["Running"] == ["web1"] && active[job.jobID]?["Function"] == "probe.hold")
            hold.release()
            _ = await Cluster.answers(job)
            #expect(try await cluster.run("jobs.active") == [:])
        }
    }

    @Test func whoIsUpIsKnownAtOnce() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            let node = try await cluster.start("web2")
            #expect(try await cluster.run("manage.status") == ["up": ["web1", "web2"], "down": []])
            let events = cluster.master.events.events()
            await node.link.cut()
            await Cluster.first(events, "salt/presence/change") { $0["lost"] == ["web2"] }
            #expect(try await cluster.run("manage.status") == ["up": ["web1"], "down": ["web2"]])
            #expect(try await cluster.run("manage.up") == ["web1"])
            #expect(try await cluster.run("manage.down") == ["web2"])
            #expect(try await cluster.run("manage.present") == ["web1"])
            #expect(try await cluster.run("manage.not_present") == ["web2"])
            #expect(try await cluster.run("manage.down", "web1") == [])
            node.link.open()
            await Cluster.first(events, "salt/presence/change") { $0["new"] == ["web2"] }
            #expect(try await cluster.run("manage.up") == ["web1", "web2"])
        }
    }

    @Test func theRestAnswers() async throws {
        let setting = Cluster.Setting(
            states: ["a/init.sls": "", "b.txt": "x"],
            pillar: ["top.sls": "base:\n  web1: [p]\n", "p.sls": "key: value of {{ grains.role }}\n"])
        try await Cluster.run(setting) { (cluster: Cluster) async throws in
            try await cluster.start("web1", grains: ["role": "web"])
            #expect(try await cluster.run("pillar.show_pillar", "web1") == ["key": "value of web"])
            #expect(try await cluster.run("pillar.show_pillar", "web1", keywords: ["role": "other"]) == ["key": "value of other"])
            #expect(try await cluster.run("cache.grains", "web1")["web1"]?["role"] == "web")
            #expect(try await cluster.run("fileserver.envs") == ["base"])
            #expect(try await cluster.run("fileserver.file_list") == ["a/init.sls", "b.txt"])
            #expect(try await cluster.run("salt.cmd", "test.echo", "hello") == "hello")
            #expect(try await cluster.run("salt.execute", "web1", "test.ping") == ["web1": true])
            #expect(try await cluster.run("test.arg", 1, keywords: ["a": 2]) == ["args": [1], "kwargs": ["a": 2]])
            #expect(try await cluster.run("manage.versions").mapValue?.count == 1)
        }
    }

    @Test(arguments: [("jobs.lookup_jd", "jobs.lookup_jid"), ("manage.stats", "manage.status"), ("state.orchestrat", "state.orchestrate")])
    func anUnknownRunnerIsNamedWithItsNearest(_ name: String, _ nearest: String) async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            do {
                _ = try await cluster.run(name)
                Issue.record("no error")
            } catch {
                #expect("\(error)".contains("'\(nearest)'"), "\(error)")
            }
        }
    }

    @Test func aRunTellsTheBus() async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            let events = cluster.master.events.events()
            _ = try await cluster.run("event.send", "a/b", keywords: ["data": ["x": 1]])
            let new = await Cluster.first(events, "salt/run/*/new")
            #expect(new?.data["fun"] == "runner.event.send" && new?.data["user"] == "tester")
            #expect(await Cluster.first(events, "a/b")?.data["x"] == 1)
            let end = await Cluster.first(events, "salt/run/*/ret")
            #expect(end?.data["success"] == true && end?.data["return"] == true)
        }
    }

    @Test func whatHappenedIsKept() async throws {
        try await Cluster.run(minions: ["web1"]) { (cluster: Cluster) async throws in
            _ = try await cluster.run("event.send", "a/b", keywords: ["data": ["x": 1]])
            let tags = try cluster.master.store.events(after: 0).map(\.event.tag)
            #expect(tags.first == "salt/auth" && tags.contains("salt/minion/web1/start") && tags.contains("a/b"))
        }
    }
}
