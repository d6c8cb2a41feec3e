import FoundationEssentials
import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteValue
import Synchronization
import Testing

@testable import HaliteStates

/// Runs that meet each other, states that run beside each other, and what steers a run.
struct StateRunTests {
    private let runtime: ModuleRuntime
    private let folder: String

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "halite-\(UUID().uuidString)").path()
        try await LocalHost().makeDirectories(folder + "/states")
        let catalogue = ModuleCatalogue(
            modules: [StateExecutionModule.self, MatchModule.self] + builtInModules, states: [LateState.self] + builtInStates, grains: [])
        runtime = await ModuleRuntime.make(
            id: "host", options: ["cachedir": .string(folder + "/cache")], host: LocalHost(),
            files: RootsFileClient(roots: [("base", [folder + "/states"])]), catalogue: catalogue,
            staticGrains: { ["id": "host", "kernel": "Linux", "os_family": "Debian"] }, pillarSource: { _, _, _, override in override })
    }

    private func apply(_ text: String, jobID: JobID = .make(), _ keywords: ValueMap = [:]) async throws -> Value {
        let name = "s\(jobID)"
        try await LocalHost().write("\(folder)/states/\(name).sls", Array(text.utf8), FileAttributes())
        let context = runtime.context(jobID: jobID.description, function: "state.apply")
        return try await runtime.call("state.apply", Arguments([.string(name)], keywords: keywords), in: context)
    }

    /// A state that ends when the file `gate` is there.
    private var gated: String { "wait:\n  cmd.run:\n    - name: touch \(folder)/started; while [ ! -e \(folder)/gate ]; do sleep 0.01; done\n" }

    private func waitFor(_ path: String) async throws {
        while try await !LocalHost().exists(path) { try await Task.sleep(for: .milliseconds(2)) }
    }

    private func open() async throws { try await LocalHost().touch(folder + "/gate", accessTime: nil, modificationTime: nil) }

    private func result(_ value: Value, _ id: String) -> ValueMap? {
        value.mapValue?.values.lazy.compactMap(\.mapValue).first { $0["__id__"] == .string(id) }
    }

    @Test func aSecondRunIsRefusedAndNamesTheFirst() async throws {
        let first = JobID.make()
        async let running = apply(gated, jobID: first)
        try await waitFor(folder + "/started")
        let refused = try await apply("a: test.nop")
        let message = try #require(refused.listValue?.first?.stringValue)
        #expect(message == "The function \"state.apply\" is running as PID \(getpid()) and was started at \(first.display) with jid \(first)")
        let beside = try await apply("a: test.nop", ["concurrent": true])
        #expect(result(beside, "a")?["result"] == true)
        try await open()
        #expect(result(try await running, "wait")?["result"] == true)
        #expect(result(try await apply("a: test.nop"), "a")?["result"] == true, "the place is free again")
    }

    @Test func aQueuedRunStartsWhenThoseBeforeHaveEnded() async throws {
        async let running = apply(gated)
        try await waitFor(folder + "/started")
        async let queued = apply("b:\n  cmd.run:\n    - name: test -e \(folder)/gate\n", ["queue": true])
        let full = try await apply("c: test.nop", ["queue": 1])
        #expect(full.listValue?.isEmpty == false, "as many as may stand in the queue already")
        try await open()
        #expect(result(try await queued, "b")?["result"] == true, "it ran after the gate was opened")
        _ = try await running
    }

    /// What a process leaves that was killed: the file of its run, which nobody holds.
    @Test func theLockOfADeadProcessIsFree() async throws {
        let lock = StateRunLock(folder: folder)
        try await LocalHost().write(folder + "/20200101000000000000", Array("{\"fun\": \"state.apply\", \"pid\": 1}".utf8), FileAttributes())
        guard case .granted(let ticket) = try lock.enter(jobID: JobID.make().description, function: "state.apply", alongside: false) else {
            Issue.record("refused by a run that is gone")
            return
        }
        #expect(try await !LocalHost().exists(folder + "/20200101000000000000"))
        withExtendedLifetime(ticket) {}
    }

    @Test func parallelStatesRunTogether() async throws {
        // Each waits for the other: one after the other they would wait for ever.
        let states = ["one", "two"].map { name in
            let other = name == "one" ? "two" : "one"
            return "\(name):\n  cmd.run:\n    - name: touch \(folder)/\(name); while [ ! -e \(folder)/\(other) ]; do sleep 0.01; done\n    - parallel: True\n"
        }
        let last = "last:\n  test.nop:\n    - require:\n      - cmd: one\n      - cmd: two\n"
        let results = try await apply(states.joined() + last)
        for name in ["one", "two", "last"] { #expect(result(results, name)?["result"] == true) }
        #expect(result(results, "one")?["__parallel__"] == true)
    }

    @Test func aRunIsPausedAndEndedSoftly() async throws {
        let job = JobID.make()
        let context = runtime.context(function: "state.pause")
        _ = try await runtime.call("state.pause", Arguments([.string(job.description), "second"]), in: context)
        async let running = apply("first:\n  file.touch:\n    - name: \(folder)/first\nsecond: test.nop\nthird: test.nop\n", jobID: job)
        try await waitFor(folder + "/first")
        let pauses = try await runtime.call("state.get_pauses", Arguments(), in: context)
        #expect(pauses[job.description]?["second"] == [:])
        _ = try await runtime.call("state.soft_kill", Arguments([.string(job.description), "third"]), in: context)
        _ = try await runtime.call("state.resume", Arguments([.string(job.description), "second"]), in: context)
        let results = try await running
        #expect(result(results, "second")?["result"] == true && result(results, "third") == nil)
    }

    @Test func aStateMayBringTheModuleOfTheNext() async throws {
        let bring = "bring:\n  file.managed:\n    - name: \(LateState.path)\n    - contents: x\n    - reload_modules: True\n"
        try await LocalHost().remove(LateState.path)
        let results = try await apply(bring + "late:\n  late.here:\n    - require:\n      - file: bring\n")
        try await LocalHost().remove(LateState.path)
        #expect(result(results, "late")?["comment"] == "here", "\(results.json(indent: 1))")
    }

    @Test func aPillarThatCannotBeReadAgainIsAWarning() async throws {
        let (folder, runtime) = (folder, runtime)
        try await LocalHost().write("\(folder)/states/again.sls", Array("a:\n  test.nop:\n    - reload_pillar: True\n".utf8), FileAttributes())
        let broken = await ModuleRuntime.make(
            id: "host", options: runtime.options, host: LocalHost(), files: runtime.files,
            catalogue: ModuleCatalogue(modules: [StateExecutionModule.self], states: [TestState.self], grains: []), staticGrains: { [:] },
            pillarSource: { _, _, _, _ in
                // The first time for the run, the second time for the state.
                if try await LocalHost().exists(folder + "/read") { throw ExecutionError("the pillar is gone") }
                try await LocalHost().touch(folder + "/read", accessTime: nil, modificationTime: nil)
                return [:]
            })
        let context = broken.context(jobID: JobID.make().description, function: "state.apply")
        let results = try await broken.call("state.apply", Arguments(["again"]), in: context)
        #expect(result(results, "a")?["warnings"] == ["reload_pillar: the pillar is gone"])
        #expect(result(results, "a")?["result"] == true)
    }

    @Test func anUnreadableFilterServesNothing() async throws {
        try await LocalHost().write("\(folder)/states/hidden.key", Array("secret".utf8), FileAttributes())
        let files = RootsFileClient(roots: [("base", [folder + "/states"])], filter: FileFilter(["file_ignore_regex": ["(hidden"]]))
        await #expect(throws: ExecutionError.self) { try await files.fetch("hidden.key", saltenv: "base") }
        await #expect(throws: ExecutionError.self) { try await files.list(saltenv: "base") }
    }

    @Test func aBadPillarStopsTreesAndNotSingleStates() async throws {
        let pillar: ValueMap = ["pillar": ["_errors": ["Rendering SLS 'x' failed"]]]
        let refused = try await apply("a: test.nop", pillar)
        #expect(refused == ["Pillar failed to render with the following messages:", "Rendering SLS 'x' failed"])
        var keywords = pillar
        keywords["name"] = "a"
        let context = runtime.context(jobID: JobID.make().description, function: "state.single")
        let results = try await runtime.call("state.single", Arguments(["test.nop"], keywords: keywords), in: context)
        #expect(result(results, "a")?["result"] == true)
    }

    @Test func newFilesGetTheUmaskOfTheirState() async throws {
        let results = try await apply("t:\n  file.touch:\n    - name: \(folder)/secret\n    - umask: 077\nc:\n  cmd.run:\n    - name: umask\n    - umask: 027\n")
        #expect(try await LocalHost().status(folder + "/secret")?.mode == 0o600)
        #expect(result(results, "c")?["changes"]?["stdout"] == "0027")
    }

    @Test func changesAreToldBeforeTheyAreMade() async throws {
        let journal = RecordingJournal()
        var context = runtime.context(jobID: JobID.make().description, function: "state.single")
        context.journal = journal
        let path = folder + "/made"
        let arguments = Arguments(["file.managed"], keywords: ["name": .string(path), "contents": "new"])
        var planned = context
        planned.test = true
        _ = try await runtime.call("state.single", arguments, in: planned)
        #expect(journal.changes.isEmpty, "a plan changes nothing")
        _ = try await runtime.call("state.single", arguments, in: context)
        #expect(journal.changes.map(\.name) == [path] && journal.steps.contains { $0.paths == [path] })
        #expect(journal.existedBefore == false, "told before the file was there")
        journal.refuses = true
        let refused = try await runtime.call(
            "state.single", Arguments(["file.managed"], keywords: ["name": .string(path), "contents": "newer"]), in: context)
        #expect(result(refused, path)?["result"] == false)
        #expect(try await LocalHost().readText(path) == "new\n", "what the journal refuses is not done")
    }
}

/// A module that needs a file which a state of the same run writes.
private struct LateState: StateModule {
    static let name = "late"
    static let summary = "Is there only with its file."
    static let path = "/tmp/halite-late-\(getpid())"
    static let requires: Requirement = .path(path)

    static let functions: [StateFunction] = [
        StateFunction("here", "It is here.", .required("name", "Any name.")) { (state: StateContext, _: String) in state.unchanged("here") }
    ]
}

private final class RecordingJournal: ChangeJournal {
    private struct State {
        var changes: [StateChange] = []
        var steps: [HostChange] = []
        var existedBefore: Bool?
        var refuses = false
    }

    private let state = Mutex(State())

    var changes: [StateChange] { state.withLock { $0.changes } }
    var steps: [HostChange] { state.withLock { $0.steps } }
    var existedBefore: Bool? { state.withLock { $0.existedBefore } }
    var refuses: Bool {
        get { state.withLock { $0.refuses } }
        set { state.withLock { $0.refuses = newValue } }
    }

    func willChange(_ change: StateChange) async throws {
        if refuses { throw ExecutionError("refused") }
        let exists = try await LocalHost().exists(change.name)
        state.withLock {
            $0.changes.append(change)
            $0.existedBefore = exists
        }
    }

    func willPerform(_ step: HostChange, id: String) async throws { state.withLock { $0.steps.append(step) } }
}
