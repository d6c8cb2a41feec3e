import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

@Suite struct PkgTests {
    private static let query = ["dpkg-query", "--showformat", "${Status} ${Package} ${Version} ${Architecture}\n", "-W"]
    private static let list = """
        install ok installed bash 5.2.15-2+b8 amd64
        install ok installed nginx 1.22.1-9 amd64
        hold ok installed held 1.0 all
        deinstall ok config-files gone 2.0 all
        install ok installed libc6 2.36-9 i386

        """

    private func harness() async -> ModuleHarness {
        let harness = await ModuleHarness(files: ["/var/lib/dpkg/status": ""], programs: ["apt-get", "dpkg-query"])
        harness.host.answer(Self.query, output: Self.list)
        return harness
    }

    @Test func installedPackagesAreListed() async throws {
        let harness = await harness()
        #expect(try await harness.call("pkg.version", "bash") == "5.2.15-2+b8")
        #expect(try await harness.call("pkg.version", "none") == "")
        #expect(try await harness.call("pkg.list_pkgs") == ["bash": "5.2.15-2+b8", "nginx": "1.22.1-9", "held": "1.0", "libc6:i386": "2.36-9"])
        #expect(try await harness.call("pkg.list_pkgs", keywords: ["removed": true]) == ["gone": "2.0"])
    }

    @Test func installedStateLeavesWhatIsThere() async throws {
        let harness = await harness()
        let result = try await harness.state("pkg.installed", ["name": "web", "pkgs": ["bash", ["nginx": "1.22*"]]])
        #expect(result.result == true)
        #expect(result.comment == "All specified packages are already installed and are at the desired version")
        #expect(harness.host.commandLines == [Self.query])
    }

    @Test func aptIsRunWithoutQuestions() async throws {
        let harness = await harness()
        harness.host.answer(["apt-get", "*"])
        harness.host.answer(["date", "*"], output: "0")
        harness.host.answer(["dpkg", "--get-selections", "*"])
        let result = try await harness.state("pkg.installed", ["name": "curl", "refresh": false])
        // The record does not change, so the package is still missing afterwards.
        #expect(result.result == false)
        #expect(result.comment == "The following packages failed to install/update: curl")
        let command = harness.host.commands.first { $0.arguments.contains("install") }
        #expect(command?.arguments == [
            "apt-get", "-q", "-y", "-o", "DPkg::Options::=--force-confold", "-o", "DPkg::Options::=--force-confdef", "install", "curl",
        ])
        #expect(command?.environment["DEBIAN_FRONTEND"] == "noninteractive")
    }

    @Test func listsAreFetchedOnceInARun() async throws {
        let harness = await harness()
        harness.host.answer(["apt-get", "*"])
        var context = CallContext(host: harness.host, services: harness.services, grains: harness.grains, pillar: [:])
        context.function = "pkg.refresh_db"
        let packages = PackageFunctions(call: context)
        #expect(packages.wantsRefresh(.null))
        _ = try await PkgApt.refreshDatabase(context, cacheValidTime: 0, failhard: false, options: [:])
        #expect(!packages.wantsRefresh(.null))
        #expect(packages.wantsRefresh(true))
    }

    @Test func testRunInstallsNothing() async throws {
        let harness = await harness()
        harness.host.answer(["apt-cache", "*"], output: "curl:\n  Installed: (none)\n  Candidate: 7.88.1-10\n")
        harness.host.answer(["apt-get", "-q", "update"])
        let result = try await harness.state("pkg.installed", ["name": "curl"], test: true)
        #expect(result.result == nil)
        #expect(result.comment == "The following packages would be installed/updated: curl")
        #expect(result.changes == ["curl": ["new": "7.88.1-10", "old": ""]])
        #expect(harness.host.commandLines.allSatisfy { !$0.contains("install") })
    }

    @Test(arguments: [
        ("1.0", "1.0", 0), ("1.0", "1.1", -1), ("1:0.9", "1.0", 1), ("1.0~rc1", "1.0", -1), ("1.0-1", "1.0-1+b1", -1), ("2.36-9+deb12u10", "2.36-9+deb12u9", 1),
        ("1.0a", "1.0+", -1), ("0", "", 0),
    ])
    func versionsAreOrderedAsDpkgOrdersThem(_ left: String, _ right: String, _ order: Int) {
        #expect(DebianVersion.compare(left, right) == order)
        #expect(DebianVersion.compare(right, left) == -order)
    }

    @Test(arguments: [("1.2*", true), (">=1.2,<2", true), ("<1.2", false), ("1.22.1-9", true), ("2:1.22.1-9", false)])
    func conditionsAreMet(_ conditions: String, _ expected: Bool) async throws {
        let harness = await harness()
        let context = CallContext(host: harness.host, services: harness.services, grains: harness.grains, pillar: [:])
        #expect(try await PackageFunctions(call: context).fulfils(["1.22.1-9"], conditions, ignoreEpoch: nil) == expected)
    }

    @Test(arguments: [
        ("1.0", "1.0", 0), ("1.0~rc1", "1.0", -1), ("1.0^git1", "1.0", 1), ("1:0.9", "1.0", 1), ("3.2", "3.2-1", 0), ("1.10-1.el9", "1.9-2.el9", 1), ("2a", "2.1", -1),
    ])
    func versionsAreOrderedAsRpmOrdersThem(_ left: String, _ right: String, _ order: Int) {
        #expect(RpmVersion.compare(left, right) == order)
        #expect(RpmVersion.compare(right, left) == -order)
    }
}
