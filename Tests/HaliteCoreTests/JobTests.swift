import HaliteCore
import HaliteValue
import Testing

/// Ids of jobs, arguments, messages, and the nearest name.
struct JobTests {
    @Test func idsAreTwentyDigitsAndNeverRepeat() async {
        let ids = await withTaskGroup(of: [JobID].self) { group in
            for _ in 0..<4 { group.addTask { (0..<2_000).map { _ in JobID.make() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(ids).count == 8_000)
        #expect(ids.allSatisfy { $0.description.utf8.count == 20 && JobID($0.description) == $0 })
        #expect(JobID.make() > ids[0])
    }

    @Test(arguments: [
        ("20260102030405678901", "2026, Jan 02 03:04:05.678901"), ("20261231235959000000", "2026, Dec 31 23:59:59.000000"),
        ("20269902030405678901", "2026, 99 02 03:04:05.678901"),
    ])
    func anIDShowsItsStart(_ text: String, _ wanted: String) { #expect(JobID(text)?.display == wanted) }

    @Test(arguments: [
        "", "1", "2026010203040567890", "202601020304056789012", "2026010203040567890x", "../../../etc/passwd1", "２0260102030405678901",
    ])
    func otherTextsAreNoID(_ text: String) { #expect(JobID(text) == nil) }

    @Test(arguments: [
        Arguments(), Arguments([1, "a", [2]]), Arguments(keywords: ["a": 1]),
        Arguments(["x"], keywords: ["test": true, "pillar": ["a": 1]]), Arguments([["a": 1]]),
    ])
    func argumentsComeBack(_ arguments: Arguments) {
        #expect(Arguments(jobForm: arguments.jobForm) == arguments)
    }

    @Test func jobsReturnsAndMessagesComeBack() throws {
        let job = Job(
            id: "1", function: "f.g", arguments: Arguments([1], keywords: ["k": "v"]), user: "u", target: ["a", "b"], targetKind: "list")
        #expect(try Job(value: job.value) == job)
        let result = JobReturn(
            jobID: "1", minion: "m", function: "f", arguments: [1], value: ["x": 1], returnCode: 2, success: false, outputter: "highstate")
        #expect(try JobReturn(map: result.map, minion: "m") == result)
        for message in [Message(.job, job.value), Message(.jobReturn, result.map), Message(.hello, [:])] {
            #expect(try Message(decoding: message.encoded()) == message)
        }
    }

    /// Who sent it is who is connected.
    @Test func aReturnDoesNotNameItsSender() throws {
        #expect(try JobReturn(map: ["jid": "1", "fun": "f", "id": "other"], minion: "m").minion == "m")
    }

    @Test(arguments: [.null, 1, "x", [], [1, 2], ["hello"], ["hello", 1], ["nonsense", [:]], ["hello", [:], 3]] as [Value])
    func otherValuesAreNoMessage(_ value: Value) {
        #expect(throws: (any Error).self) { try Message(decoding: MessagePack.encode(value)) }
    }

    @Test(arguments: [
        ("test.pingg", "test.ping"), ("tset.ping", "test.ping"), ("cmd.rum", "cmd.run"), ("x", nil), ("completely different", nil),
        ("test.ping", "test.ping"),
    ])
    func theNearestNameIsFound(_ name: String, _ wanted: String?) {
        let known = ["test.ping", "cmd.run", "file.managed"]
        #expect(NearestName.find(name, among: known) == wanted)
        #expect(NearestName.hint(name, among: known) == (wanted.map { ", did you mean '\($0)'?" } ?? ""))
    }
}
