import HaliteCore
import HaliteValue
import Testing

/// Settings of master and minion.
struct OptionsTests {
    private static func master(_ map: ValueMap) throws -> MasterOptions {
        try MasterOptions(map, file: "/c/master", directory: "/c", hostName: "boss")
    }

    private static func minion(_ map: ValueMap) throws -> MinionOptions {
        try MinionOptions(map, file: "/c/minion", directory: "/c", hostName: "host")
    }

    @Test func anEmptyFileGivesTheDefaults() throws {
        let master = try Self.master([:])
        #expect(master.id == "boss" && master.port == 4506 && master.pkiDirectory == "/c/pki/master" && !master.autoAccept)
        #expect(master.fileRoots == ["base": ["/srv/salt"]] && master.pillarRoots == ["base": ["/srv/pillar"]])
        #expect(master.socketPath == "/run/halite/master/master.sock" && master.keepJobs == 24)
        let minion = try Self.minion([:])
        #expect(minion.id == "host" && minion.masterAddress == "salt" && minion.masterPort == 4506 && !minion.isLocal)
        #expect(minion.map["id"] == "host" && minion.warnings.isEmpty && master.warnings.isEmpty)
    }

    @Test(
        arguments: [
            (["master": "m"], "m", 4506), (["master": "m:5000"], "m", 5000), (["master": ["a", "b"]], "a", 4506),
            (["master": "m", "master_port": 9], "m", 9),
            (["master": "10.0.0.1:5000", "master_port": 9], "10.0.0.1", 5000),
        ] as [(ValueMap, String, Int)])
    func theMasterOfAMinion(_ map: ValueMap, _ address: String, _ port: Int) throws {
        let options = try Self.minion(map)
        #expect(options.masterAddress == address && options.masterPort == port)
    }

    @Test(
        arguments: [
            (["ret_port": "x"], "/c/master: the setting 'ret_port'"), (["auto_accept": "maybe"], "auto_accept"),
            (["file_roots": ["base": 5]], "environment 'base'"),
            (["file_roots": "x"], "file_roots"), (["nodegroups": "x"], "nodegroups"),
        ] as [(ValueMap, String)])
    func aSettingOfTheWrongKindIsNamed(_ map: ValueMap, _ text: String) {
        do {
            _ = try Self.master(map)
            Issue.record("no error for \(map)")
        } catch {
            #expect("\(error)".contains(text), "\(error)")
        }
    }

    @Test(arguments: [("file_rots", "file_roots"), ("auto_acept", "auto_accept"), ("nodegroup", "nodegroups"), ("log_levle", "log_level")])
    func aSlipOfThePenIsWarnedAbout(_ key: String, _ nearest: String) throws {
        let warnings = try Self.master([.string(key): .null]).warnings
        #expect(warnings == ["/c/master: the setting '\(key)' is not known, did you mean '\(nearest)'?"])
    }

    @Test(arguments: ["publish_port", "worker_threads", "my_own_setting", "mine_functions"])
    func otherSettingsAreKept(_ key: String) throws {
        let options = try Self.master([.string(key): 5])
        #expect(options.warnings.isEmpty && options.map[key] == 5)
    }

    @Test(arguments: [
        ("web1", true), ("web-1.example.com", true), ("a_b:c@d", true), ("", false), (".", false), ("..", false), (".x", false),
        ("a/b", false),
        ("a b", false), ("a\nb", false), ("ä", false), (String(repeating: "a", count: 255), true),
        (String(repeating: "a", count: 256), false), ("a\u{0}", false),
    ])
    func anIDIsAFileName(_ id: String, _ wanted: Bool) {
        #expect(MinionOptions.isValid(id: id) == wanted)
        #expect((try? Self.minion(["id": .string(id)])) != nil || !wanted)
    }
}
