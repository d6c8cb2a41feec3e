import FoundationEssentials
import HaliteCore
import HaliteValue
import Testing

@testable import HaliteStore

/// What a master keeps.
struct StoreTests {
    private static func job(_ id: String, _ function: String = "test.ping") -> Job {
        Job(id: id, function: function, arguments: Arguments([1], keywords: ["a": "b"]), user: "root", target: "*", targetKind: "glob")
    }

    private static func result(_ id: String, _ minion: String, _ value: Value) -> JobReturn {
        JobReturn(
            jobID: id, minion: minion, function: "test.ping", arguments: [1], value: value, returnCode: 0, success: true,
            outputter: "highstate")
    }

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/halite-store-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/master.sqlite")
    }

    @Test func aJobComesBackAsItWas() throws {
        let store = try Store(path: ":memory:")
        try store.save(Self.job("20260101000000000001"), minions: ["a", "b"])
        try store.save(Self.job("20260101000000000002", "state.apply"), minions: [])
        let found = try #require(try store.job("20260101000000000001"))
        #expect(found.job == Self.job("20260101000000000001") && found.minions == ["a", "b"])
        #expect(try store.jobs().map(\.job.id) == ["20260101000000000002", "20260101000000000001"])
        #expect(try store.jobs(limit: 1).map(\.job.function) == ["state.apply"])
        #expect(try store.job("nope") == nil)
    }

    @Test func aReturnIsStoredOnce() throws {
        let store = try Store(path: ":memory:")
        #expect(try store.save(Self.result("1", "a", "first")))
        #expect(try !store.save(Self.result("1", "a", "second")))
        #expect(try store.save(Self.result("1", "b", [1, 2.5, .null, ["k": .bytes([0, 255])]])))
        #expect(try store.save(Self.result("2", "a", "other job")))
        #expect(
            try store.returns(ofJob: "1") == [
                Self.result("1", "a", "first"), Self.result("1", "b", [1, 2.5, .null, ["k": .bytes([0, 255])]]),
            ])
    }

    /// Names and data from outside are data, whatever stands in them.
    @Test(arguments: ["x'; DROP TABLE job; --", "ä\u{0}b", "", String(repeating: "x", count: 100_000)])
    func textIsNeverSQL(_ text: String) throws {
        let store = try Store(path: ":memory:")
        try store.saveMine(of: "web1", [.string(text): .string(text)], clear: false)
        #expect(try store.mine(function: text) == ["web1": .string(text)])
        try store.save(Event(tag: text, data: ["t": .string(text)]))
        #expect(try store.events(after: 0).first?.event == Event(tag: text, data: ["t": .string(text)]))
        #expect(try store.jobs().isEmpty)
    }

    @Test func eventsComeInTheirOrderFromAPosition() throws {
        let store = try Store(path: ":memory:")
        for number in 1...5 { try store.save(Event(tag: "t/\(number)", data: ["n": .int(number)])) }
        let all = try store.events(after: 0)
        #expect(all.map(\.event.tag) == ["t/1", "t/2", "t/3", "t/4", "t/5"])
        #expect(try store.events(after: all[2].position).map(\.event.data) == [["n": 4], ["n": 5]])
        #expect(try store.events(after: 0, limit: 2).count == 2)
    }

    @Test func factsAndMineOfAMinionAreForgottenTogether() throws {
        let store = try Store(path: ":memory:")
        try store.saveFacts(of: "a", grains: ["os": "Debian"])
        try store.saveFacts(of: "a", pillar: ["k": 1])
        try store.saveMine(of: "a", ["f": 1, "g": 2], clear: false)
        try store.saveMine(of: "b", ["f": 3], clear: false)
        #expect(try store.facts(of: "a")?.grains == ["os": "Debian"])
        #expect(try store.facts(of: "a")?.pillar == ["k": 1])
        #expect(try store.mine(function: "f") == ["a": 1, "b": 3])
        try store.saveMine(of: "a", ["h": 4], clear: true)
        #expect(try store.mine(function: "g") == [:])
        #expect(try store.mine(function: "h") == ["a": 4])
        try store.deleteMine(of: "b", function: "f")
        #expect(try store.mine(function: "f") == [:])
        try store.forget(minion: "a")
        #expect(try store.facts(of: "a") == nil)
        #expect(try store.mine(function: "h") == [:])
    }

    @Test func whatIsOldIsRemovedAndTheRestStays() throws {
        let store = try Store(path: ":memory:")
        try store.save(Self.job("1"), minions: ["a"])
        _ = try store.save(Self.result("1", "a", 1))
        try store.save(Event(tag: "t", data: [:]))
        try store.prune(olderThan: 3600)
        #expect(try store.jobs().count == 1)
        #expect(try store.events(after: 0).count == 1)
        try store.prune(olderThan: -1)
        #expect(try store.jobs().isEmpty)
        #expect(try store.returns(ofJob: "1").isEmpty)
        #expect(try store.events(after: 0).isEmpty)
    }

    @Test func everythingIsThereAfterARestart() throws {
        try withFile { path in
            do {
                let store = try Store(path: path)
                try store.save(Self.job("1"), minions: ["a"])
                _ = try store.save(Self.result("1", "a", 1))
                try store.save(Event(tag: "t", data: [:]))
            }
            let store = try Store(path: path)
            #expect(try store.job("1") != nil)
            #expect(try store.returns(ofJob: "1").count == 1)
            // Positions go on: a listener that remembers one misses nothing and sees nothing twice.
            let position = try store.save(Event(tag: "u", data: [:]))
            #expect(position == 2)
        }
    }

    @Test func aFailedWriteLeavesNothing() throws {
        try withFile { path in
            let database = try Database(path: path)
            try Schema.migrate(database)
            try database.begin()
            try database.run("INSERT INTO event (tag, data, time) VALUES ('t', x'80', 1)")
            database.rollback()
            #expect(try database.run("SELECT count(*) FROM event") == [[0]])
            #expect(throws: StoreError.self) { try database.run("INSERT INTO nowhere VALUES (1)") }
        }
    }

    @Test func aFileOfANewerHaliteIsRefused() throws {
        try withFile { path in
            do { try Database(path: path).run("PRAGMA user_version = 99") }
            do {
                _ = try Store(path: path)
                Issue.record("no error")
            } catch {
                #expect("\(error)".contains("newer Halite"))
            }
        }
    }

    @Test(arguments: ["/nowhere/at/all.sqlite", "/proc/1/none"])
    func aPlaceThatCannotBeWrittenIsNamed(_ path: String) {
        do {
            _ = try Store(path: path)
            Issue.record("no error")
        } catch {
            #expect("\(error)".contains(path))
        }
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndStays() throws {
        try withFile { path in
            let text = Data(String(repeating: "not a database ", count: 100).utf8)
            try text.write(to: URL(filePath: path))
            #expect(throws: StoreError.self) { _ = try Store(path: path) }
            #expect(try Data(contentsOf: URL(filePath: path)) == text)
        }
    }

    @Test func manyTasksMayWriteAtOnce() async throws {
        let store = try Store(path: ":memory:")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 { group.addTask { _ = try store.save(Self.result("1", "m\(number)", .int(number))) } }
            try await group.waitForAll()
        }
        #expect(try store.returns(ofJob: "1").count == 50)
    }
}
