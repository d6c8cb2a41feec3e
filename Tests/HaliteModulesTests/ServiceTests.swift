import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

@Suite struct ServiceTests {
    @Test func scriptsServeWhereNoSystemdRuns() async throws {
        let harness = await ModuleHarness(files: ["/etc/init.d/nginx": "start|stop|status", "/etc/rc2.d/S01nginx": ""], programs: ["service", "update-rc.d"])
        harness.host.answer(["service", "nginx", "status"], code: 3)
        harness.host.answer(["service", "nginx", "start"])
        #expect(try await harness.call("service.available", "nginx") == true)
        #expect(try await harness.call("service.enabled", "nginx") == true)
        #expect(try await harness.call("service.status", "nginx") == false)
        let result = try await harness.state("service.running", ["name": "nginx", "enable": true])
        // The recorded status never changes, so the start counts as failed.
        #expect(result.result == false)
        #expect(harness.host.commandLines.contains(["service", "nginx", "start"]))
    }

    @Test func systemdIsTakenWhereItRuns() async throws {
        let harness = await ModuleHarness(files: ["/run/systemd/system/x": "", "/etc/init.d/nginx": ""])
        harness.host.answer(["systemctl", "show", "--property=LoadState", "nginx.service"], output: "LoadState=loaded\n")
        harness.host.answer(["systemctl", "is-active", "nginx.service"])
        harness.host.answer(["systemctl", "is-enabled", "nginx.service"], code: 1)
        harness.host.answer(["systemctl", "enable", "nginx.service"])
        let result = try await harness.state("service.running", ["name": "nginx"])
        #expect(result.comment == "The service nginx is already running")
        let planned = try await harness.state("service.running", ["name": "nginx", "enable": true], test: true)
        #expect(planned.result == nil)
        #expect(planned.comment == "Service nginx set to be enabled")
    }

    @Test func missingServiceFails() async throws {
        let harness = await ModuleHarness(files: ["/etc/init.d/README": ""])
        #expect(try await harness.state("service.running", ["name": "none"]).comment == "The named service none is not available")
        #expect(try await harness.state("service.dead", ["name": "none"]).result == true)
    }

    @Test func watchReloadsWhenAsked() async throws {
        let harness = await ModuleHarness(files: ["/etc/init.d/nginx": "status"], programs: ["service"])
        harness.host.answer(["service", "nginx", "status"])
        harness.host.answer(["service", "nginx", "reload"])
        let result = try await harness.state("service.mod_watch", ["name": "nginx", "sfun": "running", "reload": true])
        #expect(result.comment == "Service reloaded")
        #expect(result.changes == ["nginx": true])
    }
}
