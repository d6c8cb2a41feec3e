import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue

@testable import HaliteModules

/// A fake host with the whole library on it.
struct ModuleHarness {
    let host: FakeHost
    let services: TestServices
    let grains: ValueMap

    init(files: [String: String] = [:], programs: Set<String> = [], grains: ValueMap = [:]) async {
        var grains = grains
        for (key, value) in ["kernel": "Linux", "os_family": "Debian", "os": "Debian", "osarch": "amd64", "cpuarch": "x86_64", "shell": "/bin/sh"] as ValueMap
        where grains[key] == nil {
            grains[key] = value
        }
        host = FakeHost(files: files, programs: programs)
        self.grains = grains
        services = TestServices(registry: await ModuleRegistry(modules: builtInModules, states: builtInStates, host: host, grains: grains))
    }

    func call(_ function: String, _ arguments: Value..., keywords: ValueMap = [:]) async throws -> Value {
        try await services.call(
            function, Arguments(arguments, keywords: keywords), in: CallContext(host: host, services: services, grains: grains, pillar: [:]))
    }

    func state(_ function: String, _ arguments: ValueMap, test: Bool = false) async throws -> StateResult {
        try await services.state(function, arguments, host: host, grains: grains, test: test)
    }
}
