import HaliteValue
import Testing

@testable import HaliteLab

@Suite("What a host is told")
struct SpecificationTests {
    private func specification(of name: String) throws -> HostSpecification {
        let definition = try LabDefinition.parse(
            """
            name: tiny
            network: 10.79.0.0/28
            hosts:
              boss: {address: 10.79.0.2, master: true, mounts: {/srv/salt: salt}, config: {worker_threads: 2}}
              one: {address: 10.79.0.3, roles: [web], grains: {rack: 7}, config: {log_level: debug}}
            """, file: "/here/lab.yml")
        var options = LabOptions(executable: "/bin/true")
        options.stateDirectory = "/state"
        let lab = Lab(definition, options: options)
        let host = try #require(definition.host(named: name))
        return HostBuilder(lab: lab, definition: definition, mtu: 1400).specification(of: host)
    }

    private func content(_ path: String, of specification: HostSpecification) -> String? {
        specification.files.first { $0.path == path }?.content
    }

    @Test func itSurvivesTheWayThroughJSON() throws {
        let specification = try specification(of: "one")
        #expect(try HostSpecification(json: specification.json) == specification)
    }

    @Test func aMinionKnowsItsMasterAndItsGrains() throws {
        let specification = try specification(of: "one")
        #expect(specification.daemons == [["halite", "minion"]])
        #expect(specification.address == "10.79.0.3/28")
        #expect(specification.gateway == "10.79.0.1")
        #expect(content("/etc/halite/minion", of: specification) == "id: one\nmaster: 10.79.0.2\nlog_level: debug\n")
        #expect(content("/etc/halite/grains", of: specification)?.contains("rack: 7") == true)
        #expect(content("/etc/hosts", of: specification)?.contains("10.79.0.2 boss salt\n10.79.0.3 one\n") == true)
    }

    @Test func theMasterHasItsConfigurationAndFolders() throws {
        let specification = try specification(of: "boss")
        #expect(specification.daemons == [["halite", "master"]])
        #expect(content("/etc/halite/master", of: specification)?.contains("worker_threads: 2") == true)
        #expect(specification.mounts.contains(.init(source: "/here/salt", target: "/srv/salt", isReadOnly: true)))
    }

    @Test func onlyChosenVariablesComeAlong() {
        let options = LabOptions(executable: "/bin/true")
        let variables = options.environment(of: ["PIP_TIMEOUT": "9", "SECRET": "x", "PATH": "/elsewhere", "https_proxy": "p"])
        #expect(variables["PIP_TIMEOUT"] == "9")
        #expect(variables["https_proxy"] == "p")
        #expect(variables["SECRET"] == nil)
        #expect(variables["PATH"]?.contains("/usr/sbin") == true)
    }

    @Test func escapedMountPointsAreRead() {
        let line = "36 35 98:0 / /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw\n"
        #expect(MountTable.points(line) == ["/mnt/a b"])
    }

    @Test func interfaceNamesFitTheKernel() {
        let names = LabNames(lab: "abcdefghijk")
        #expect(names.bridge.utf8.count <= 15)
        #expect(names.link(249).utf8.count <= 15)
    }
}
