import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteValue
import Testing

@testable import HaliteStates

/// What holds for every tree: random ones, from seeds that a failure names.
struct PropertyTests {
    private static let compiler = StateCompiler(hasWatch: { $0 == "test" })

    @Test(arguments: 0..<60) func orderRespectsEveryRequisite(_ seed: UInt64) throws {
        var random = SplitMix(seed)
        let (high, wanted) = Self.tree(&random)
        let compiled = try Self.compiler.compile(HighData(high))
        var place: [String: Int] = [:]
        for (index, chunk) in compiled.chunks.enumerated() { place[chunk.id] = index }
        #expect(compiled.chunks.count == high.count, "each state once")
        for (before, after) in wanted {
            let (first, second) = (try #require(place[before]), try #require(place[after]))
            #expect(first < second, "\(before) before \(after)")
        }
    }

    /// States that need only those of a smaller number, in any order of the file and with any `order`.
    private static func tree(_ random: inout SplitMix) -> (ValueMap, [(String, String)]) {
        let count = Int.random(in: 2...40, using: &random)
        var arguments = [[Value]](repeating: [], count: count)
        var wanted: [(String, String)] = []
        let kinds = ["require", "watch", "onchanges", "onfail", "require_any", "watch_any", "onfail_all", "require_in", "watch_in", "onchanges_in"]
        for after in 1..<count {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let before = Int.random(in: 0..<after, using: &random)
                let kind = kinds.randomElement(using: &random) ?? "require"
                let (holder, other) = kind.hasSuffix("_in") ? (before, after) : (after, before)
                let reference: Value = Bool.random(using: &random) ? .map(["test": .string("id\(other)")]) : .string("id\(other)")
                arguments[holder].append(.map([.string(kind): [reference]]))
                wanted.append(("id\(before)", "id\(after)"))
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                let orders: [Value] = ["first", "last", .int(Int.random(in: -5...50, using: &random))]
                arguments[after].append(.map(["order": orders.randomElement(using: &random) ?? "last"]))
            }
        }
        var high = ValueMap()
        for index in (0..<count).shuffled(using: &random) {
            // A declaration knows each argument once, as the extension of `require_in` joins them.
            var joined: [Value] = ["nop"]
            for case .map(let argument) in arguments[index] {
                guard let (key, value) = argument.first else { continue }
                if let at = joined.firstIndex(where: { $0.firstKey == key.stringValue }), let list = value.listValue {
                    joined[at] = .map([key: .list((joined[at].mapValue?[key]?.listValue ?? []) + list)])
                } else {
                    joined.append(.map(argument))
                }
            }
            high["id\(index)"] = .map(["test": .list(joined), "__sls__": "main", "__env__": "base"])
        }
        return (high, wanted)
    }

    @Test(arguments: 0..<12) func aSecondRunChangesNothing(_ seed: UInt64) async throws {
        var random = SplitMix(seed)
        let folder = FileManager.default.temporaryDirectory.appending(path: "halite-\(UUID().uuidString)").path()
        let host = LocalHost()
        try await host.makeDirectories(folder + "/states/tree/deep")
        try await host.write(folder + "/states/tree/a.txt", Array("a\n".utf8), FileAttributes())
        try await host.write(folder + "/states/tree/deep/b.txt", Array("{{ grains.id }}\n".utf8), FileAttributes())
        try await host.write(folder + "/states/main.sls", Array(Self.files(&random, below: folder + "/made").utf8), FileAttributes())
        let runtime = await ModuleRuntime.make(
            id: "host", options: ["cachedir": .string(folder + "/cache")], host: host, files: RootsFileClient(roots: [("base", [folder + "/states"])]),
            catalogue: ModuleCatalogue(modules: [StateExecutionModule.self] + builtInModules, states: builtInStates, grains: []),
            staticGrains: { ["id": "host", "kernel": "Linux", "os_family": "Debian"] }, pillarSource: { _, _, _, override in override })
        for round in 1...2 {
            let context = runtime.context(jobID: JobID.make().description, function: "state.apply")
            let results = try await runtime.call("state.apply", Arguments(["main"]), in: context)
            for (tag, result) in try #require(results.mapValue) {
                #expect(result["result"] == true, "round \(round), \(tag.pythonString): \(result["comment"]?.pythonString ?? "")")
                if round == 2 { #expect(result["changes"] == [:], "\(tag.pythonString): \(result["changes"]?.json() ?? "")") }
            }
        }
        try await host.remove(folder)
    }

    /// Some of the kinds of file states, each on a path of its own.
    private static func files(_ random: inout SplitMix, below base: String) -> String {
        let kinds = [
            "file.managed:\n    - contents: text\n    - makedirs: True\n    - mode: '0640'",
            "file.managed:\n    - source: salt://tree/deep/b.txt\n    - template: jinja\n    - makedirs: True",
            "file.directory:\n    - makedirs: True\n    - mode: '0750'",
            "file.recurse:\n    - source: salt://tree\n    - clean: True",
            "file.append:\n    - text: [one, two]\n    - makedirs: True",
            "file.symlink:\n    - target: /etc/hostname\n    - makedirs: True",
            "file.serialize:\n    - serializer: json\n    - makedirs: True\n    - dataset: {a: 1, b: [2]}",
            "file.blockreplace:\n    - content: inside\n    - append_if_not_found: True\n    - require_in: []",
            "file.keyvalue:\n    - key_values: {a: '1'}\n    - separator: '='\n    - append_if_not_found: True",
            "file.absent: []",
        ]
        var text = ""
        for index in 0..<Int.random(in: 4...12, using: &random) {
            let kind = kinds.randomElement(using: &random) ?? kinds[0]
            let path = "\(base)\(index)/\(index)"
            // Those that edit need something to edit.
            if kind.hasPrefix("file.block") || kind.hasPrefix("file.key") {
                text += "base\(index):\n  file.managed:\n    - name: \(path)\n    - contents: x\n    - makedirs: True\n    - replace: False\n"
            }
            text += "id\(index):\n  \(kind.replacing(":\n", with: ":\n    - name: \(path)\n", maxReplacements: 1))\n"
            if kind.hasSuffix("[]") { text = text.replacing("file.absent: []", with: "file.absent:\n    - name: \(path)") }
        }
        return text
    }
}

/// A generator whose numbers follow from a seed.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
