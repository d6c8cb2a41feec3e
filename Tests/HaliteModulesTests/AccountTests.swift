import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

@Suite struct AccountTests {
    private func harness() async -> ModuleHarness {
        let harness = await ModuleHarness(
            files: ["/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n", "/etc/group": "root:x:0:\nweb:x:33:deploy\n"], programs: ["useradd", "groupadd"])
        harness.host.add(GroupEntry(name: "web", groupID: 33, members: ["deploy"]))
        return harness
    }

    @Test func userIsMadeWithItsArguments() async throws {
        let harness = await harness()
        harness.host.answer(["useradd", "*"], code: 1)
        let result = try await harness.state(
            "user.present", ["name": "campus", "gid": "web", "system": true, "home": "/srv/campus", "createhome": false, "shell": "/usr/sbin/nologin"])
        #expect(result.comment == "Failed to create new user campus")
        #expect(harness.host.commandLines == [["useradd", "-s", "/usr/sbin/nologin", "-g", "web", "-M", "-d", "/srv/campus", "-r", "campus"]])
    }

    @Test func missingGroupsFail() async throws {
        let harness = await harness()
        let result = try await harness.state("user.present", ["name": "campus", "groups": ["web", "none"]])
        #expect(result.comment == "The following group(s) are not present: none")
        let planned = try await harness.state("user.present", ["name": "campus", "groups": ["web", "none"]], test: true)
        #expect(planned.comment == "User campus set to be added (pending groups: none)")
    }

    @Test func presentUserStaysAsItIs() async throws {
        let harness = await harness()
        harness.host.add(FakeHost.user("deploy", 1000, 33, home: "/"))
        let result = try await harness.state("user.present", ["name": "deploy", "gid": 33, "shell": "/bin/sh"])
        #expect(result.comment == "User deploy is present and up to date")
        #expect(harness.host.commandLines.isEmpty)
    }

    @Test func groupMembersAreSet() async throws {
        let harness = await harness()
        harness.host.answer(["gpasswd", "*"])
        let planned = try await harness.state("group.present", ["name": "web", "members": ["a", "b"]], test: true)
        #expect(planned.comment == "The following group attributes are set to be changed:\nmembers: ['a', 'b']\n")
        _ = try await harness.state("group.present", ["name": "web", "members": ["a", "b"]])
        #expect(harness.host.commandLines == [["gpasswd", "--members", "a,b", "web"]])
    }

    @Test func groupIsMade() async throws {
        let harness = await harness()
        harness.host.answer(["groupadd", "*"])
        _ = try await harness.state("group.present", ["name": "campus", "system": true])
        #expect(harness.host.commandLines == [["groupadd", "-r", "campus"]])
    }
}
