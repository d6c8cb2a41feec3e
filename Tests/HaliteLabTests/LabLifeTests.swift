import Glibc
import HaliteCore
import HaliteHost
import Synchronization
import Testing

@testable import HaliteLab

/// Makes real hosts. Process 1 of them is the `halite` of this build, which stands beside the tests.
@Suite(
    "A lab on this machine", .serialized,
    .enabled("needs root, namespaces, and the halite program beside the tests") { await BuiltProgram.canMakeLabs() })
struct LabLifeTests {
    private static func options() -> LabOptions {
        var options = LabOptions(executable: BuiltProgram.path)
        options.stateDirectory = "/var/lib/halite/test-labs-\(getpid())"
        options.packageCache = options.stateDirectory + "-packages"
        options.minionCommand = ["sleep", "1000"]
        return options
    }

    /// Two tiny hosts with a name and a network that nothing else uses.
    private static func lab(_ prefix: String = "t") throws -> Lab {
        let definition = try LabDefinition.parse(
            """
            name: \(prefix)\(getpid() % 100_000)
            network: 10.213.\(getpid() % 250).0/24
            hosts:
              one: {address: 10.213.\(getpid() % 250).11, grains: {colour: red}}
              two: {address: 10.213.\(getpid() % 250).12, roles: [web]}
            """, file: "/lab.yml")
        return Lab(definition, options: options())
    }

    /// What the machine has beside files: interfaces, tables, the switch for forwarding, mounts, processes of the lab.
    private func traces(of lab: Lab) async throws -> [String] {
        let machine = LocalHost()
        var traces = try await machine.list("/sys/class/net").filter { $0.hasPrefix(lab.name + "-") }
        traces += try await machine.run("nft", "list", "tables").lines.filter { $0.contains("halite-lab-" + lab.name) }
        traces.append("forwarding " + (TextFile.read(Forwarding.setting) ?? ""))
        traces += MountTable.points(TextFile.read("/proc/self/mountinfo") ?? "").filter { $0.hasPrefix(lab.options.stateDirectory) }
        for entry in try await machine.list("/proc") where Int(entry) != nil {
            if let line = TextFile.read("/proc/\(entry)/cmdline"), line.contains(lab.directory + "/") { traces.append(line) }
        }
        if try await machine.exists(lab.directory) { traces.append(lab.directory) }
        return traces
    }

    private func cleanUp(_ lab: Lab) async throws {
        try await lab.down()
        try await LocalHost().remove(lab.options.stateDirectory)
        try await LocalHost().remove(lab.options.packageCache)
    }

    @Test(.timeLimit(.minutes(2))) func hostsSeeOneAnotherAndLeaveNothing() async throws {
        let lab = try Self.lab()
        let before = try await traces(of: lab)
        do {
            try await lab.up()
            let status = try #require(try lab.status())
            #expect(status.isUp)
            #expect(status.hosts.map(\.name) == ["one", "two"])
            #expect(try await lab.run("one", ["hostname"]).text == "one")
            #expect(try await lab.run("two", ["cat", "/etc/halite/grains"]).text == "roles:\n- web")
            #expect(try await lab.run("one", ["sh", "-c", "test -d /run/systemd || echo no"]).text == "no")
            // Its files are its own.
            #expect(try await lab.run("one", ["sh", "-c", "echo x > /etc/only-here"]).succeeded)
            #expect(try await !lab.run("two", ["test", "-e", "/etc/only-here"]).succeeded)
            #expect(access("/etc/only-here", F_OK) != 0)
            // Process 1 of the host sees its daemon, and not the machine's processes.
            #expect(try await lab.run("one", ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]).text.contains("sleep 1000"))
            // A connection over the bridge; bash is there on every Debian.
            let address = try #require(lab.definition?.host(named: "two")?.address)
            let refused = try await lab.run("one", ["bash", "-c", "echo > /dev/tcp/\(address)/9"])
            #expect(refused.errorText.contains("refused"))
            await #expect(throws: LabError.self) { try await lab.up() }
            let other = try Self.lab("u")
            let error = try await #require(throws: LabError.self) { try await other.up() }
            #expect(error.message.contains("is in use on this machine"))
            #expect(try await !other.down())
            #expect(throws: LabError.self) { try lab.exec("tow", ["true"]) }
        } catch {
            Issue.record(error)
        }
        try await cleanUp(lab)
        #expect(try await traces(of: lab) == before)
        #expect(try await !lab.down(), "the second time there is nothing to do")
    }

    @Test(.timeLimit(.minutes(1))) func aHostDiesWithItsFirstProcess() async throws {
        let lab = try Self.lab()
        do {
            try await lab.up()
            let first = try #require(try lab.processes().first)
            kill(pid_t(first.process.id), SIGKILL)
            #expect(await first.process.end())
            #expect(try lab.status()?.isUp == false)
            let error = try #require(throws: LabError.self) { try lab.exec("one", ["true"]) }
            #expect(error.message.contains("is not running"))
            #expect(try await lab.run("two", ["true"]).succeeded)
        } catch {
            Issue.record(error)
        }
        try await cleanUp(lab)
    }

    private struct Stop: Error {}

    /// What a SIGKILL leaves is what stands at some step; so stop at each, and take down with what is on the disk alone.
    @Test(.timeLimit(.minutes(2))) func whatStopsAtAnyStepIsTakenDownCompletely() async throws {
        let before = try await traces(of: Self.lab())
        var step = 0
        while true {
            let lab = try Self.lab()
            let definition = try #require(lab.definition)
            var network = NetworkBuilder(machine: lab.machine)
            let left = Mutex(step)
            network.running = { command in
                let mayRun = left.withLock { left in
                    left -= 1
                    return left >= 0
                }
                guard mayRun else { throw Stop() }
                return try await LocalHost().run(command)
            }
            var stopped = false
            do {
                try await lab.make(definition, network) { _ in }
            } catch is Stop {
                stopped = true
            } catch {
                Issue.record(error)
            }
            #expect(try await traces(of: lab) != before)
            try await Lab.named(lab.name, lab.options).down()
            #expect(try await traces(of: lab) == before, "stopped at command \(step)")
            if !stopped { break }
            step += 1
        }
        #expect(step > 6)
        try await cleanUp(Self.lab())
    }
}

/// The `halite` beside the tests.
private enum BuiltProgram {
    static let path = Path.join(Path.parent(executable()) ?? "/", "halite")

    static func canMakeLabs() async -> Bool {
        guard access(path, X_OK) == 0 else { return false }
        return await LabRequirements().missing().isEmpty
    }

    private static func executable() -> String {
        guard let path = realpath("/proc/self/exe", nil) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
