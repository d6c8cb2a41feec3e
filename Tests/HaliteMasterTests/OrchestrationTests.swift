import HaliteCore
import HaliteStore
import HaliteValue
import Testing

@testable import HaliteMaster

/// `state.orchestrate` with the states of the module `salt`.
@Suite(.timeLimit(.minutes(1)))
struct OrchestrationTests {
    private static let states = [
        "good.sls": "one:\n  test.succeed_with_changes: []\n", "same.sls": "one:\n  test.nop: []\n",
        "bad.sls": "one:\n  test.fail_without_changes: []\n",
        "some.sls": "one:\n  test.{{ 'fail_without_changes' if grains['id'] == 'web2' else 'nop' }}: []\n",
        "env.sls":
            "one:\n  test.configurable_test_state:\n    - changes: true\n    - result: true\n    - comment: {{ pillar.get('colour', 'none') }}\n",
    ]

    private static func cluster(_ orchestration: String, pillar: [String: String] = [:], _ body: (Cluster) async throws -> Void)
        async throws
    {
        var states = states
        states["orch.sls"] = orchestration
        try await Cluster.run(Cluster.Setting(states: states, pillar: pillar), minions: ["web1", "web2"], body)
    }

    @Test func statesRunOnMinionsInOrder() async throws {
        let text = """
            first:
              salt.state:
                - tgt: 'web*'
                - sls: [good]
                - require_in: [{salt: second}]
            second:
              salt.state:
                - tgt: web1
                - sls: same
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let events = cluster.master.events.events()
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 0)
            #expect(states["first"]?["result"] == true && states["first"]?["__run_num__"] == 0)
            #expect(states["first"]?["comment"] == "States ran successfully. Updating web1, web2.")
            #expect(states["first"]?["changes"]?["out"] == "highstate")
            #expect(states["first"]?["changes"]?["ret"]?.mapValue?.keys == ["web1", "web2"])
            #expect(states["second"]?["comment"] == "States ran successfully. No changes made to web1.")
            #expect(states["second"]?["changes"] == [:])
            let job = await Cluster.first(events, "salt/job/*/new")
            #expect(job?.data["fun"] == "state.sls" && job?.data["minions"] == ["web1", "web2"])
        }
    }

    @Test func aFailingMinionFailsTheRunAndWhatNeedsIt() async throws {
        let text = """
            deploy:
              salt.state: [{tgt: 'web*'}, {sls: some}]
            after:
              salt.function: [{name: test.ping}, {tgt: 'web*'}, {require: [{salt: deploy}]}]
            beside:
              salt.function: [{name: test.ping}, {tgt: web1}]
            rescue:
              salt.runner: [{name: event.send}, {tag: rescue}, {onfail: [{salt: deploy}]}]
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let events = cluster.master.events.events()
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 1)
            #expect(states["deploy"]?["result"] == false)
            #expect(states["deploy"]?["comment"]?.pythonString.hasPrefix("Run failed on minions: web2") == true)
            #expect(states["after"]?["result"] == false && states["after"]?["__state_ran__"] == false)
            #expect(states["beside"]?["result"] == true)
            #expect(states["rescue"]?["result"] == true)
            #expect(await Cluster.first(events, "rescue") != nil)
        }
    }

    @Test func failMinionsAndAllowFailForgive() async throws {
        let text = """
            named:
              salt.state: [{tgt: 'web*'}, {sls: some}, {fail_minions: [web2]}]
            counted:
              salt.state: [{tgt: 'web*'}, {sls: some}, {allow_fail: 1}]
            not_enough:
              salt.state: [{tgt: 'web*'}, {sls: bad}, {allow_fail: 1}]
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let (states, _) = try await cluster.orchestrate("orch")
            #expect(states["named"]?["result"] == true && states["counted"]?["result"] == true && states["not_enough"]?["result"] == false)
        }
    }

    @Test func functionsReturnWhatMinionsReturned() async throws {
        let text = """
            cmd:
              salt.function: [{name: test.echo}, {tgt: 'web*'}, {arg: [hello]}]
            bad:
              salt.function: [{name: test.exception}, {tgt: web1}]
            unknown:
              salt.function: [{name: test.nope}, {tgt: web1}]
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 1)
            #expect(states["cmd"]?["changes"] == ["ret": ["web1": "hello", "web2": "hello"]])
            #expect(states["cmd"]?["comment"] == "Function ran successfully. Function test.echo ran on web1, web2.")
            #expect(states["bad"]?["result"] == false && states["unknown"]?["result"] == false)
        }
    }

    @Test func runnersRunOnTheMaster() async throws {
        let text = """
            good:
              salt.runner: [{name: test.arg}, {arg: [1]}, {kwarg: {a: 2}}]
            bad:
              salt.runner: [{name: jobs.nope}]
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 1)
            #expect(states["good"]?["changes"]?["return"] == ["args": [1], "kwargs": ["a": 2]])
            #expect(states["bad"]?["result"] == false)
        }
    }

    /// Nothing is changed anywhere; functions and runners are not called at all.
    @Test func testChangesNothing() async throws {
        let text = """
            state:
              salt.state: [{tgt: 'web*'}, {sls: good}]
            unchanged:
              salt.state: [{tgt: 'web*'}, {sls: same}]
            function:
              salt.function: [{name: test.ping}, {tgt: 'web*'}]
            runner:
              salt.runner: [{name: event.send}, {tag: never}]
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let (states, code) = try await cluster.orchestrate("orch", keywords: ["test": true])
            #expect(code == 0)
            #expect(states["state"]?["result"] == .null && states["unchanged"]?["result"] == true)
            #expect(states["function"]?["result"] == .null && states["runner"]?["result"] == .null)
            let events = try cluster.master.store.events(after: 0).map(\.event)
            #expect(!events.contains { $0.tag == "never" || $0.data["fun"] == "test.ping" })
            #expect(
                events.filter { $0.tag.hasSuffix("/new") && $0.tag.hasPrefix("salt/job/") }.allSatisfy {
                    $0.data["arg"]?.pythonString.contains("'test': True") == true
                })
        }
    }

    @Test func aMinionThatIsGoneIsNamed() async throws {
        let text = "deploy:\n  salt.state: [{tgt: 'web*'}, {sls: same}]\n"
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let node = try await cluster.start("web3")
            let events = cluster.master.events.events()
            await node.link.cut()
            await Cluster.first(events, "salt/presence/change") { $0["lost"] == ["web3"] }
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 1)
            let comment = states["deploy"]?["comment"]?.pythonString ?? ""
            #expect(comment.contains("Run failed on minions: web3") && comment.contains("Not connected"), "\(comment)")
        }
    }

    /// The host dies in the middle: the step fails at once, the rest is reported.
    @Test func aMinionThatDiesDuringAStepIsNamed() async throws {
        let text = """
            step:
              salt.function: [{name: probe.hold}, {tgt: 'web*'}, {arg: [dies]}]
            after:
              salt.function: [{name: test.ping}, {tgt: web1}, {require: [{salt: step}]}]
            """
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let hold = Hold.named("dies")
            let doomed = try await cluster.start("web3")
            async let run = cluster.orchestrate("orch")
            for _ in 1...3 { _ = await hold.arrived() }
            await doomed.link.cut()
            hold.release()
            let (states, code) = try await run
            #expect(code == 1)
            let comment = states["step"]?["comment"]?.pythonString ?? ""
            #expect(comment.contains("failed on minions: web3") && comment.contains("connection to the minion was lost"), "\(comment)")
            #expect(states["after"]?["__state_ran__"] == false)
        }
    }

    @Test(arguments: [("1", 2), ("50%", 2), ("2", 1), ("100%", 1)])
    func aBatchRunsSoManyAtOnce(_ batch: String, _ jobs: Int) async throws {
        let text = "deploy:\n  salt.state: [{tgt: 'web*'}, {sls: good}, {batch: '\(batch)'}]\n"
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 0 && states["deploy"]?["changes"]?["ret"]?.mapValue?.count == 2)
            #expect(try cluster.master.store.jobs().count == jobs)
        }
    }

    @Test func aFailedBatchWithFailhardGoesNoFurther() async throws {
        let text = "deploy:\n  salt.state: [{tgt: 'web*'}, {sls: bad}, {batch: 1}, {failhard: true}]\n"
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            #expect(try await cluster.orchestrate("orch").code == 1)
            #expect(try cluster.master.store.jobs().count == 1)
        }
    }

    @Test(arguments: [
        ("tgt: 'app*'", "matches no accepted minion"), ("tgt: 'web*', tgt_type: globb", "unknown tgt_type 'globb', did you mean 'glob'?"),
        ("sls2: x", "missing parameter 'tgt'"), ("tgt: 'web*', batch: x", "neither a number nor a percentage"),
        ("tgt: 'web*', allow_fail: x", "must be an int"),
    ])
    func aStepThatCannotBeIsAFailedStep(_ settings: String, _ message: String) async throws {
        let list = settings.split(separator: ", ").map { "{\($0)}" }.joined(separator: ", ")
        try await Self.cluster("deploy:\n  salt.state: [{sls: same}, \(list)]\n") { (cluster: Cluster) async throws in
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 1)
            #expect(states["deploy"]?["comment"]?.pythonString.contains(message) == true, "\(states)")
        }
    }

    /// `pillar` of the command line reaches the orchestration; what the step hands on reaches the minions.
    @Test func pillarReachesOrchestrationAndMinions() async throws {
        let text = "deploy:\n  salt.state: [{tgt: web1}, {sls: env}, {pillar: {colour: {{ pillar['colour'] }}}}]\n"
        try await Self.cluster(text) { (cluster: Cluster) async throws in
            let (states, _) = try await cluster.orchestrate("orch", keywords: ["pillar": ["colour": "red"]])
            let result = states["deploy"]?["changes"]?["ret"]?["web1"]?.mapValue?.values.first
            #expect(result?["comment"] == "red")
        }
    }

    @Test func saltenvReachesTheMinions() async throws {
        try await Self.cluster("deploy:\n  salt.state: [{tgt: web1}, {sls: same}, {saltenv: dev}]\n") { (cluster: Cluster) async throws in
            let (states, code) = try await cluster.orchestrate("orch")
            #expect(code == 1)
            #expect(states["deploy"]?["comment"]?.pythonString.contains("in env 'dev'") == true, "\(states)")
        }
    }

    @Test func aBrokenOrchestrationRunsNothing() async throws {
        try await Self.cluster("deploy:\n  salt.state: [{tgt: 'web*'}, {sls: {{ nope.x }}}]\n") { (cluster: Cluster) async throws in
            let (value, code) = try await cluster.master.runtime.run(
                "state.orchestrate", Arguments(["orch"]), jobID: JobID.make().description, user: "tester")
            #expect(code == 1)
            let text = value["data"]?["boss_master"]?.pythonString ?? ""
            #expect(text.contains("orch.sls, line 2") && text.contains("nope"), "\(text)")
            #expect(try cluster.master.store.jobs().isEmpty)
        }
    }

    @Test func aStepMayBeGivenOnTheCommandLine() async throws {
        try await Self.cluster("") { (cluster: Cluster) async throws in
            let value = try await cluster.run(
                "state.orchestrate_single", "salt.function", "test.ping", keywords: ["tgt": "web1"])
            #expect(value["data"]?["boss_master"]?.mapValue?.values.first?["changes"] == ["ret": ["web1": true]])
        }
    }
}
