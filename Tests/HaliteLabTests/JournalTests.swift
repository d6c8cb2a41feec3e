import Glibc
import Testing

@testable import HaliteLab

@Suite("The journal of a lab")
struct JournalTests {
    private static let entries: [JournalEntry] = [
        .directory("/var/lib/halite/labs/x"), .link("x-br"), .table("halite-lab-x"), .forwarding,
        .process(host: "a", ProcessIdentity(id: 12, startTime: 3456, boot: "b")), .ready,
    ]

    private func temporary() -> String { "/tmp/halite-journal-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" }

    @Test func entriesComeBackInTheirOrder() throws {
        let path = temporary()
        defer { unlink(path) }
        let journal = Journal(path: path)
        #expect(try journal.entries().isEmpty)
        for entry in Self.entries { try journal.append(entry) }
        #expect(try journal.entries() == Self.entries)
    }

    @Test func aLineCutOffByACrashIsNotAnEntry() throws {
        let path = temporary()
        defer { unlink(path) }
        let journal = Journal(path: path)
        for entry in Self.entries.dropLast() { try journal.append(entry) }
        let file = try #require(fopen(path, "a"))
        fputs("{\"kind\": \"li", file)
        fclose(file)
        #expect(try journal.entries() == Self.entries.dropLast())
    }

    @Test func aDamagedLineIsAnErrorWithItsPlace() throws {
        let path = temporary()
        defer { unlink(path) }
        let file = try #require(fopen(path, "w"))
        fputs("{\"kind\": \"ready\"}\nnonsense\n", file)
        fclose(file)
        let error = try #require(throws: LabError.self) { try Journal(path: path).entries() }
        #expect(error.line == 2)
    }

    @Test func aProcessIsKnownByItsStartAndNotByItsNumberAlone() throws {
        let own = try #require(ProcessIdentity.current(Int(getpid())))
        #expect(own.isAlive)
        #expect(!ProcessIdentity(id: own.id, startTime: own.startTime + 1, boot: own.boot).isAlive)
        #expect(!ProcessIdentity(id: own.id, startTime: own.startTime, boot: "another boot").isAlive)
        #expect(ProcessIdentity.current(1 << 30) == nil)
    }
}
