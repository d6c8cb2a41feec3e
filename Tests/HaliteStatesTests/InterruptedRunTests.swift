import FoundationEssentials
import Glibc
import HaliteHost
import Testing

/// A run that is killed at any moment leaves each file as it was or as it shall be.
@Suite struct InterruptedRunTests {
    /// The program beside this test bundle; nil where it was not built.
    private static var program: String? {
        let folder = Path.parent(CommandLine.arguments[0]) ?? "/"
        let path = Path.join(folder, "halite")
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    private static let count = 45
    private static let size = 20_000
    private static let rounds = 14

    /// States that write files of one letter, in the ways in which states write.
    private static func states(_ letter: String, _ folder: String) -> String {
        let text = String(repeating: letter, count: size)
        return (0..<count).map { number in
            let path = "\(folder)/f\(number)"
            switch number % 3 {
            case 0: return "\(path):\n  file.managed:\n    - contents: \(text)\n    - contents_newline: False\n    - mode: '0640'\n"
            case 1: return "\(path):\n  file.managed:\n    - source: salt://\(letter)\n"
            default: return "\(path):\n  file.replace:\n    - pattern: '[ab]+'\n    - repl: \(text)\n    - backup: False\n"
            }
        }.joined()
    }

    @Test func killedRunsLeaveWholeFiles() async throws {
        guard let program = Self.program else { return }
        let host = LocalHost()
        let root = Path.join(FileManager.default.temporaryDirectory.path(), "halite-\(UInt64.random(in: 0 ... .max))")
        let (tree, work) = (Path.join(root, "tree"), Path.join(root, "work"))
        for folder in [tree, work, Path.join(root, "conf")] { try await host.makeDirectories(folder) }
        defer { try? FileManager.default.removeItem(atPath: root) }
        for letter in ["a", "b"] {
            try await host.write(Path.join(tree, "\(letter).sls"), Array(Self.states(letter, work).utf8), FileAttributes())
            try await host.write(Path.join(tree, letter), [UInt8](repeating: letter.utf8.first ?? 0, count: Self.size), FileAttributes())
        }
        let cache = "cachedir: \(root)/cache\nroot_dir: \(root)\n"
        try await host.write(Path.join(root, "conf/minion"), Array(cache.utf8), FileAttributes())
        for number in 0..<Self.count {
            try await host.write("\(work)/f\(number)", [UInt8](repeating: UInt8(ascii: "a"), count: Self.size), FileAttributes())
        }
        // One whole run tells how long it takes; the others are killed at different moments of it.
        let start = ContinuousClock.now
        _ = try await Self.run(program, root, "b", killedAfter: nil)
        let whole = ContinuousClock.now - start
        var seen: Set<UInt8> = []
        var interrupted = 0
        for round in 0..<Self.rounds {
            let letter = round % 2 == 0 ? "a" : "b"
            let delay = whole * (0.3 + 0.7 * Double(round) / Double(Self.rounds))
            if try await Self.run(program, root, letter, killedAfter: delay) { interrupted += 1 }
            for number in 0..<Self.count {
                let content = try await host.read("\(work)/f\(number)")
                let first = try #require(content.first)
                #expect(content.count == Self.size && content.allSatisfy { $0 == first }, "f\(number) is neither old nor new")
                seen.insert(first)
            }
        }
        #expect(interrupted > 0)
        #expect(seen.count == 2)
    }

    /// Starts a run and kills it; tells whether it was still at work.
    private static func run(_ program: String, _ root: String, _ letter: String, killedAfter delay: Duration?) async throws -> Bool {
        let words = [
            program, "call", "--local", "-c", "\(root)/conf", "--file-root", "\(root)/tree", "--out", "quiet", "state.sls", letter,
        ]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        try #require(posix_spawn(&process, program, nil, nil, &arguments, environ) == 0)
        if let delay {
            try await Task.sleep(for: delay)
            kill(process, SIGKILL)
        }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        // The low bits are the signal that ended it.
        return status & 0x7F == SIGKILL
    }
}
