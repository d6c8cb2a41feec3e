import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

@Suite struct RegistryTests {
    @Test func generatedRegistryIsFresh() async throws {
        // This file stands in Tests/HaliteModulesTests of the project.
        let root = Path.parent(Path.parent(Path.parent(#filePath) ?? "") ?? "") ?? "/"
        let result = try await LocalHost().run(Path.join(root, "scripts/generate-registry"), "--check")
        #expect(result.succeeded, "\(result.errorText)")
    }

    @Test func everyFunctionIsDocumented() {
        for module in builtInModules {
            #expect(!module.summary.isEmpty, "\(module.name)")
            for function in module.functions {
                #expect(function.summary.hasSuffix("."), "\(module.name).\(function.name)")
                for parameter in function.parameters { #expect(parameter.summary.hasSuffix("."), "\(module.name).\(function.name) \(parameter.name)") }
            }
        }
        for module in builtInStates {
            for function in module.functions {
                #expect(function.summary.hasSuffix("."), "\(module.name).\(function.name)")
                for parameter in function.parameters { #expect(parameter.summary.hasSuffix("."), "\(module.name).\(function.name) \(parameter.name)") }
            }
        }
    }

    @Test func functionNamesAreUnique() {
        for module in builtInModules {
            let names = module.functions.map(\.name)
            #expect(Set(names).count == names.count, "\(module.name)")
        }
        for module in builtInStates {
            let names = module.functions.map(\.name)
            #expect(Set(names).count == names.count, "\(module.name)")
        }
    }
}
