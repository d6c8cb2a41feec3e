import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteRender
import HaliteStates
import HaliteValue
import Testing

/// The example environment compiled as Salt compiles it, recorded by scripts/record-campus.
struct CampusTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path()
    private static let recorded = root + "/Tests/HaliteStatesTests/Recorded/campus"
    static let cases: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: recorded)) ?? []).filter { $0.hasSuffix(".json") }.sorted()

    @Test func casesAreThere() { #expect(Self.cases.count >= 20) }

    @Test(arguments: cases)
    func sameAsSalt(_ name: String) async throws {
        let bytes = try #require(FileManager.default.contents(atPath: "\(Self.recorded)/\(name)"))
        let expected = try ValueMap(value: try Value(json: Array(bytes)))
        let sources = try Sources()
        defer { sources.remove() }
        let id = expected["host"]?.stringValue ?? ""
        let pillarenv = expected["pillarenv"]?.stringValue
        let runtime = await Self.runtime(id, expected["grains"]?.mapValue ?? [:], sources)
        var context = runtime.context(jobID: JobID.make().description, function: "state.show_lowstate")
        context.pillarenv = pillarenv

        let pillar = try await runtime.compilePillar(saltenv: "base", pillarenv: pillarenv, override: [:], in: context)
        #expect(Value.map(pillar) == expected["pillar"] ?? .null, "pillar: \(Value.map(pillar).json(indent: 1))")

        var keywords = ValueMap()
        if let pillarenv { keywords["pillarenv"] = .string(pillarenv) }
        if let top = expected["top"] {
            #expect(try await runtime.call("state.show_top", Arguments(keywords: keywords), in: context) == top)
        }
        let isOrchestration = name.hasPrefix("orchestration")
        let found = try await runtime.call(
            isOrchestration ? "state.show_low_sls" : "state.show_lowstate",
            Arguments(isOrchestration ? ["orch.deploy-environment"] : [], keywords: keywords), in: context)
        let wanted = expected["lowstate"] ?? .null
        #expect(found == wanted, "low state\nfound: \(found.json(indent: 1))\nwanted: \(wanted.json(indent: 1))")
        // Equality of maps does not see order; the chunks' order and keys are the point here.
        #expect(Self.order(found) == Self.order(wanted))
    }

    private static func order(_ low: Value) -> [String] {
        (low.listValue ?? []).map { "\($0["state"]?.pythonString ?? "").\($0["fun"]?.pythonString ?? "") \($0["__id__"]?.pythonString ?? "") \($0["name"]?.pythonString ?? "")" }
    }

    /// The program's sources under the name by which the states know them.
    private struct Sources {
        let folder: String

        init() throws {
            folder = NSTemporaryFolder.make()
            try FileManager.default.copyItem(atPath: CampusTests.root + "/examples/campus/app", toPath: folder + "/visits")
        }

        // A temporary folder that stays behind does no harm.
        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    private enum NSTemporaryFolder {
        static func make() -> String {
            let path = FileManager.default.temporaryDirectory.path() + "/halite-campus-\(UInt64.random(in: 0...UInt64.max))"
            // The copy into it tells when this failed.
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return path
        }
    }

    private static func runtime(_ id: String, _ grains: ValueMap, _ sources: Sources) async -> ModuleRuntime {
        let campus = root + "/examples/campus"
        let pillarRoots = RootsFileClient(roots: [
            ("base", [campus + "/pillar"]), ("test", [campus + "/pillar/test", campus + "/pillar"]),
            ("prod", [campus + "/pillar/prod", campus + "/pillar"]),
        ])
        let catalogue = ModuleCatalogue(modules: [StateExecutionModule.self, MatchModule.self] + builtInModules, states: builtInStates, grains: [])
        return await ModuleRuntime.make(
            id: id, options: ["id": .string(id)], host: LocalHost(), files: RootsFileClient(roots: [("base", [campus + "/salt", sources.folder])]),
            master: AddressMine(), catalogue: catalogue, staticGrains: { grains },
            pillarSource: { context, _, pillarenv, override in
                try await PillarCompiler(files: pillarRoots, context: context, minionID: id).compile(pillarenv: pillarenv, override: override)
            })
    }
}

/// The mine of running hosts: their addresses in lab.yml.
private struct AddressMine: MasterLink {
    static let addresses = ["lb": "10.77.0.11", "app1": "10.77.0.21", "app2": "10.77.0.22", "db": "10.77.0.31"]

    func fire(tag: String, data: ValueMap) async throws {}
    func sendMine(_ data: ValueMap, clear: Bool) async throws {}
    func deleteMine(function: String?) async throws {}
    func mine(target: String, function: String, targetType: String) async throws -> ValueMap {
        let matcher = try TargetMatcher(Target(.string(target), kind: Target.Kind(name: targetType) ?? .glob))
        return ValueMap(Self.addresses.sorted { $0.key < $1.key }.filter { matcher.matches(MinionFacts(id: $0.key)) }.map { (.string($0.key), [.string($0.value)]) })
    }
    func pillar(grains: ValueMap, saltenv: String, pillarenv: String?, override: ValueMap) async throws -> ValueMap { override }
}
