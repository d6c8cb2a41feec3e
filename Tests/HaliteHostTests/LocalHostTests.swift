import FoundationEssentials
import Glibc
import HaliteHost
import Testing

/// This machine, in folders of its own.
@Suite(.timeLimit(.minutes(1)))
struct LocalHostTests {
    private let host = LocalHost()
    private static let isRoot = geteuid() == 0

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/halite-host-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    // MARK: Files

    @Test func writingKeepsModeAndOwner() async throws {
        try await withFolder { (folder: String) async throws in
            let path = folder + "/file"
            try await host.write(path, Array("one".utf8), FileAttributes(mode: 0o4750))
            if Self.isRoot { try await host.setAttributes(path, FileAttributes(mode: 0o4750, userID: 1, groupID: 2)) }
            let before = try #require(try await host.status(path))
            try await host.write(path, Array("two".utf8), FileAttributes())
            let after = try #require(try await host.status(path))
            #expect(try await host.readText(path) == "two")
            #expect(after.mode == 0o4750 && after.userID == before.userID && after.groupID == before.groupID)
            #expect(after.inode != before.inode, "beside and renamed")
            #expect(try await host.list(folder) == ["file"], "nothing is left beside")
        }
    }

    @Test func whatAKilledWriterLeftIsTakenAway() async throws {
        try await withFolder { (folder: String) async throws in
            let left = folder + "/.file.halite"
            try FileManager.default.createDirectory(atPath: folder + "/elsewhere", withIntermediateDirectories: true)
            try #require(FileManager.default.createFile(atPath: left, contents: Data("half".utf8)))
            try await host.write(folder + "/file", Array("one".utf8), FileAttributes())
            #expect(try await host.list(folder).sorted() == ["elsewhere", "file"])
            // What a living writer holds stays, and a link that somebody planted leads nowhere.
            try #require(FileManager.default.createFile(atPath: left, contents: Data("half".utf8)))
            let held = open(left, O_RDONLY)
            flock(held, LOCK_EX)
            try await host.write(folder + "/file", Array("two".utf8), FileAttributes())
            #expect(try await host.readText(left) == "half")
            #expect(try await host.readText(folder + "/file") == "two")
            close(held)
            try FileManager.default.removeItem(atPath: left)
            try FileManager.default.createSymbolicLink(atPath: left, withDestinationPath: folder + "/elsewhere/planted")
            try await host.write(folder + "/file", Array("three".utf8), FileAttributes())
            #expect(try await host.readText(folder + "/file") == "three")
            #expect(try await host.list(folder + "/elsewhere") == [])
        }
    }

    @Test func whatCannotBeWrittenLeavesTheOldFile() async throws {
        try await withFolder { (folder: String) async throws in
            try await host.write(folder + "/file", Array("one".utf8), FileAttributes())
            await #expect(throws: HostError.self) { try await host.write(folder + "/none/file", [], FileAttributes()) }
            await #expect(throws: HostError.self) { try await host.write(folder + "/file", Array("two".utf8), FileAttributes(userID: -7)) }
            #expect(try await host.readText(folder + "/file") == "one")
            #expect(try await host.list(folder) == ["file"])
        }
    }

    /// Numbers that an SLS may hold and the system may not.
    @Test(arguments: [
        FileAttributes(userID: -1), FileAttributes(userID: 1 << 32), FileAttributes(userID: Int(UInt32.max)), FileAttributes(groupID: -7),
        FileAttributes(mode: -1), FileAttributes(mode: 0o10000), FileAttributes(mode: Int.max),
    ])
    func aNumberThatIsNoneIsAnError(_ attributes: FileAttributes) async throws {
        try await withFolder { (folder: String) async throws in
            try await host.write(folder + "/file", [], FileAttributes())
            await #expect(throws: HostError.self) { try await host.write(folder + "/file", [], attributes) }
            await #expect(throws: HostError.self) { try await host.setAttributes(folder + "/file", attributes) }
            await #expect(throws: HostError.self) { try await host.makeDirectory(folder + "/new", attributes) }
        }
    }

    @Test func manyWritersLeaveOneWholeFile() async throws {
        try await withFolder { (folder: String) async throws in
            let path = folder + "/file"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try await host.write(path, [UInt8](repeating: UInt8(number), count: 100_000), FileAttributes()) }
                }
                try await group.waitForAll()
            }
            let bytes = try await host.read(path)
            #expect(bytes.count == 100_000 && Set(bytes).count == 1)
            #expect(try await host.list(folder) == ["file"])
        }
    }

    @Test func aLimitIsAnErrorBeforeTheMemoryIsFull() async throws {
        try await withFolder { (folder: String) async throws in
            try await host.write(folder + "/file", [UInt8](repeating: 1, count: 100), FileAttributes())
            #expect(try await host.read(folder + "/file", limit: 100).count == 100)
            await #expect(throws: HostError.self) { try await host.read(folder + "/file", limit: 99) }
            // A device says size 0 and has no end.
            await #expect(throws: HostError.self) { try await host.read("/dev/zero", limit: 1 << 20) }
        }
    }

    @Test func removingFollowsNoLink() async throws {
        try await withFolder { (folder: String) async throws in
            try await host.makeDirectories(folder + "/outside")
            try await host.write(folder + "/outside/keep", [], FileAttributes())
            try await host.makeDirectories(folder + "/tree/deep")
            try await host.makeLink(folder + "/tree/deep/link", to: folder + "/outside")
            try await host.remove(folder + "/tree")
            try await host.remove(folder + "/tree")
            #expect(try await host.list(folder) == ["outside"])
            #expect(try await host.exists(folder + "/outside/keep"))
        }
    }

    @Test func statusTellsWhatIsThere() async throws {
        try await withFolder { (folder: String) async throws in
            try await host.makeLink(folder + "/dangling", to: "nowhere")
            #expect(try await host.status(folder + "/none") == nil)
            #expect(try await host.status(folder + "/dangling") == nil)
            #expect(try await host.status(folder + "/dangling", followLinks: false)?.kind == .link)
            #expect(try await host.readLink(folder + "/dangling") == "nowhere")
            #expect(try await host.isDirectory(folder))
            #expect(try await !host.isFile(folder))
            #expect(try await host.status("/dev/null")?.kind == .character)
            #expect(try await host.status("/dev/null/below") == nil)
        }
    }

    @Test func timesAndDigests() async throws {
        try await withFolder { (folder: String) async throws in
            let path = folder + "/file"
            try await host.touch(path, accessTime: 1_000.5, modificationTime: 2_000.25)
            let status = try #require(try await host.status(path))
            #expect(status.accessTime == 1_000.5 && status.modificationTime == 2_000.25 && status.size == 0)
            try await host.write(path, Array("abc".utf8), FileAttributes())
            #expect(try await host.digest(path, .sha256) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(try await host.digest(path, .md5) == "900150983cd24fb0d6963f7d28e17f72")
            await #expect(throws: HostError.self) { try await host.digest(folder + "/none", .md5) }
        }
    }

    // MARK: Programs

    @Test(arguments: [
        (["true"], 0, "", ""), (["sh", "-c", "echo out; echo err >&2; exit 3"], 3, "out", "err"),
        (["sh", "-c", "kill -TERM $$"], -15, "", ""),
        (["printf", "%s|", "a b", "", "$HOME", "*"], 0, "a b||$HOME|*|", ""),
    ])
    func aProgramEnds(_ arguments: [String], _ code: Int, _ output: String, _ errors: String) async throws {
        let result = try await host.run(Command(arguments))
        #expect(result.exitCode == code && result.text == output && result.errorText == errors && !result.timedOut)
    }

    @Test(arguments: [[], ["no-such-program-here"], ["/etc/passwd"]])
    func whatCannotBeStartedIsAnError(_ arguments: [String]) async {
        await #expect(throws: HostError.self) { try await host.run(Command(arguments)) }
    }

    @Test func aMissingFolderOrUserIsAnError() async {
        var command = Command(["true"])
        command.workingDirectory = "/no/such/folder"
        await #expect(throws: HostError.self) { try await host.run(command) }
        command = Command(["true"])
        command.user = "no-such-user"
        await #expect(throws: HostError.self) { try await host.run(command) }
    }

    @Test func inputFolderAndEnvironmentReachTheProgram() async throws {
        try await withFolder { (folder: String) async throws in
            var command = Command.shell("cat; pwd; echo $A-$B-${PATH:+path}")
            command.standardInput = Array("input\n".utf8)
            command.workingDirectory = folder
            command.environment = ["A": "1", "B": nil]
            let resolved = try await host.resolved(folder)
            #expect(try await host.run(command).lines == ["input", resolved, "1--path"])
            command = Command(["env"])
            command.environment = ["ONLY": "x"]
            command.clearEnvironment = true
            #expect(try await host.run(command).text == "ONLY=x")
        }
    }

    @Test func withoutInputTheProgramSeesItsEnd() async throws {
        #expect(try await host.run("cat").exitCode == 0)
    }

    @Test func errorsMergeInTheirOrder() async throws {
        var command = Command.shell("echo 1; echo 2 >&2; echo 3")
        command.mergesErrors = true
        let result = try await host.run(command)
        #expect(result.text == "1\n2\n3" && result.standardError.isEmpty)
    }

    @Test(arguments: [("077", 0o600), ("0022", 0o644), ("000", 0o666)])
    func theUmaskIsThePrograms(_ text: String, _ wanted: Int) async throws {
        try await withFolder { (folder: String) async throws -> Void in
            var command = Command(["touch", folder + "/file"])
            command.umask = text
            let result = try await host.run(command)
            #expect(result.succeeded)
            let mode = try await host.status(folder + "/file")?.mode
            #expect(mode == wanted)
        }
    }

    @Test func tooMuchOutputIsAnError() async {
        var command = Command(["head", "-c", "2000000", "/dev/zero"])
        command.outputLimit = 1 << 20
        await #expect(throws: HostError.self) { try await host.run(command) }
    }

    /// The whole group is ended: a child of the child holds the pipe, and would go on.
    @Test func aTimeoutEndsTheGroup() async throws {
        try await withFolder { (folder: String) async throws in
            var command = Command.shell("echo $$ > \(folder)/parent; sleep 600 & echo $! > \(folder)/child; wait")
            command.timeout = .seconds(1)
            let result = try await host.run(command)
            #expect(result.timedOut && !result.succeeded)
            for name in ["parent", "child"] {
                let text = try await host.readText("\(folder)/\(name)")
                let process = try #require(Int32(text.split(separator: "\n")[0]))
                #expect(await ended(process), "\(name)")
            }
        }
    }

    /// What ignores the polite signal is killed.
    @Test func aTimeoutEndsWhatDoesNotListen() async throws {
        var command = Command.shell("trap '' TERM; while :; do sleep 1; done")
        command.timeout = .milliseconds(200)
        #expect(try await host.run(command).timedOut)
    }

    @Test func aCancelledTaskEndsItsProgram() async throws {
        try await withFolder { (folder: String) async throws in
            try #require(try await host.run("mkfifo", folder + "/started").succeeded)
            let task = Task { try await host.run(.shell("echo $$ > \(folder)/started; exec sleep 600")) }
            let text = try await host.run("head", "-n1", folder + "/started").text
            let process = try #require(Int32(text))
            task.cancel()
            _ = try? await task.value
            #expect(await ended(process))
        }
    }

    /// Whether a process is gone or only waits to be collected.
    private func ended(_ process: Int32) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .seconds(20))
        while clock.now < deadline {
            guard let status = await host.readTextIfPresent("/proc/\(process)/stat") else { return true }
            if status.contains(") Z ") { return true }
            await Task.yield()
        }
        return false
    }

    @Test(.enabled(if: isRoot)) func aProgramRunsAsAnotherUser() async throws {
        let user = try #require(try await host.user(named: "nobody"))
        var command = Command.shell("id -u; id -g; id -G")
        command.user = "nobody"
        let lines = try await host.run(command).lines
        try #require(lines.count == 3, "\(lines)")
        #expect(lines[0] == String(user.userID) && lines[1] == String(user.groupID))
        #expect(!lines[2].split(separator: " ").contains("0"), "root's groups are left")
        command.group = "daemon"
        let group = try #require(try await host.group(named: "daemon"))
        #expect(try await host.run(command).lines[1] == String(group.groupID))
    }

    @Test func manyProgramsRunBesideOneAnother() async throws {
        let codes = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<30 { group.addTask { try await host.run("sh", "-c", "exit \(number)").exitCode } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.sorted() == Array(0..<30))
    }

    // MARK: Paths and accounts

    @Test(arguments: [("/a/b/c", "/a/b"), ("/a/", "/"), ("/a", "/"), ("/", nil), ("a", nil), ("a/b", "a"), ("/a//b", "/a")])
    func theParentOfAPath(_ path: String, _ wanted: String?) { #expect(Path.parent(path) == wanted) }

    @Test(arguments: [("/a/./b/../c", "/a/c"), ("/../a", "/a"), ("a/..", "."), ("../a", "../a"), ("/", "/"), ("", "."), ("/a//b/", "/a/b")])
    func aPathIsNormalised(_ path: String, _ wanted: String) { #expect(Path.normalised(path) == wanted) }

    @Test func accountsAreFoundByNameAndNumber() async throws {
        #expect(try await host.user(named: "root")?.userID == 0)
        #expect(try await host.user(id: 0)?.home == "/root")
        #expect(try await host.group(id: 0)?.name == "root")
        #expect(try await host.user(named: "no-such-user") == nil)
        #expect(try await host.group(named: "no-such-group") == nil)
        #expect(await host.which("sh") != nil)
        #expect(await host.which("no-such-program") == nil)
    }
}
