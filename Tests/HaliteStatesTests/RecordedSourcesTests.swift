import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteStates
import HaliteValue
import Testing

/// What Salt made of top files, pillars and file sources, recorded by scripts/record-sources.
struct RecordedSourcesTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/sources").path()

    static let cases: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }
        .map { String($0.dropLast(5)) }.sorted()

    @Test(arguments: cases)
    func sameAsSalt(_ name: String) async throws {
        let bytes = try #require(FileManager.default.contents(atPath: "\(Self.folder)/\(name).json"))
        let recorded = try #require(try Value(json: Array(bytes)).mapValue)
        let root = FileManager.default.temporaryDirectory.appending(path: "halite-sources-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await Self.layOut(recorded["files"]?.mapValue ?? [:], root)
        let expected = recorded["expected"]?.listValue ?? []
        let calls = recorded["calls"]?.listValue ?? []
        #expect(!calls.isEmpty && calls.count == expected.count)
        for (call, wanted) in zip(calls, expected) {
            let parts = call.listValue ?? []
            let function = parts[0].pythonString
            let arguments = Arguments(
                Self.filled(parts[1], root).listValue ?? [], keywords: Self.filled(parts[2], root).mapValue ?? [:])
            let found = try await Self.call(try await Self.runtime(recorded, root), function, arguments, root)
            #expect(Self.agree(found, wanted), "\(call.json())\nfound:  \(found.json())\nwanted: \(wanted.json())")
        }
    }

    @Test func casesAreThere() { #expect(Self.cases.count > 150) }

    // MARK: Laying out

    private static func layOut(_ files: ValueMap, _ root: String) async throws {
        let host = LocalHost()
        for folder in ["states", "pillar"] { try await host.makeDirectories("\(root)/\(folder)") }
        for (name, content) in files {
            let path = "\(root)/\(name.pythonString)"
            try await host.makeDirectories(Path.parent(path) ?? "/")
            switch content {
            case .null: try await host.makeDirectories(path)
            case .map(let link): try await host.makeLink(path, to: filled(link["link"] ?? "", root).pythonString)
            default: try await host.write(path, Array(filled(content, root).pythonString.utf8), FileAttributes(mode: 0o644))
            }
        }
    }

    private static func filled(_ value: Value, _ root: String) -> Value { replaced(value, "ROOT", root) }

    private static func replaced(_ value: Value, _ text: String, _ other: String) -> Value {
        switch value {
        case .map(let map): .map(ValueMap(map.map { (replaced($0.key, text, other), replaced($0.value, text, other)) }))
        case .list(let list): .list(list.map { replaced($0, text, other) })
        case .string(let string): .string(DataPath.split(string, text).joined(separator: other))
        default: value
        }
    }

    // MARK: Calling

    private static let grains: ValueMap = [
        "id": "host.example.com", "host": "host", "os": "Debian", "os_family": "Debian", "kernel": "Linux", "osfinger": "Debian-12",
        "roles": ["web", "Db"], "nested": ["a": ["b": "c", "list": ["x", ["y": "z"]]], "n": 5], "num": 7, "flag": true,
        "ipv4": ["127.0.0.1", "10.1.2.3"], "ipv6": ["::1", "fd00::5"], "fqdn": "host.example.com",
    ]

    /// A process of its own for each call, as `halite call --local` is.
    private static func runtime(_ recorded: ValueMap, _ root: String) async throws -> ModuleRuntime {
        var options: ValueMap = [
            "id": "host.example.com", "file_client": "local", "cachedir": .string(root + "/cache"), "conf_file": .string(root + "/minion"),
            "file_roots": ["base": [.string(root + "/states")]], "pillar_roots": ["base": [.string(root + "/pillar")]],
        ]
        for (key, value) in filled(recorded["options"] ?? [:], root).mapValue ?? [:] { options[key] = value }
        var grains = grains
        for (key, value) in recorded["grains"]?.mapValue ?? [:] { grains[key] = value }
        let pillar = LocalPillar(
            files: RootsFileClient(options["pillar_roots"]?.mapValue ?? [:]), options: options, minionID: "host.example.com", log: { _ in })
        let catalogue = ModuleCatalogue(modules: [StateExecutionModule.self, MatchModule.self] + builtInModules, states: builtInStates, grains: [])
        return await ModuleRuntime.make(
            id: "host.example.com", options: options, host: LocalHost(), files: FileServer(options, fetchesAlways: true), catalogue: catalogue,
            staticGrains: { [grains] in grains },
            pillarSource: { context, saltenv, pillarenv, override in
                try await pillar.compile(context, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
    }

    private static func call(_ runtime: ModuleRuntime, _ function: String, _ arguments: Arguments, _ root: String) async throws -> Value {
        do {
            if !function.hasPrefix("state.") { _ = try await runtime.refreshPillar(runtime.context(function: function)) }
            let context = runtime.context(jobID: JobID.make().description, function: function)
            return replaced(withTextKeys(try await runtime.call(function, arguments, in: context)), root, "ROOT")
        } catch {
            return replaced(.string("\(error)"), root, "ROOT")
        }
    }

    /// JSON has no other keys.
    private static func withTextKeys(_ value: Value) -> Value {
        switch value {
        case .map(let map): .map(ValueMap(map.map { (.string($0.key.pythonString), withTextKeys($0.value)) }))
        case .list(let list): .list(list.map(withTextKeys))
        default: value
        }
    }

    // MARK: Comparing

    /// Equal; of an exception Salt's words must be in ours. Halite adds the nearest known name to some.
    private static func agree(_ found: Value, _ wanted: Value) -> Bool {
        if case .map(let map) = wanted, map.count == 1, let words = map["exception"]?.stringValue {
            // Python writes the words of a KeyError in quotes.
            let bare = words.hasPrefix("'") && words.hasSuffix("'") ? String(words.dropFirst().dropLast()) : words
            return found.json().contains(String(Value.string(bare).json().dropFirst().dropLast()))
        }
        switch (found, wanted) {
        case (.list(let a), .list(let b)): return a.count == b.count && zip(a, b).allSatisfy { agree($0, $1) }
        case (.map(let a), .map(let b)):
            let found = a.filter { !["duration", "start_time"].contains($0.key.pythonString) }
            return found.count == b.count && b.allSatisfy { key, value in a[key].map { agree($0, value) } ?? false }
        case (.string(let a), .string(let b)): return a == b || withoutHint(a) == b
        default: return found == wanted
        }
    }

    private static func withoutHint(_ text: String) -> String {
        (try? PythonRegex.compile(",? [dD]id you mean '[^']*'\\?").substitute("", in: text)) ?? text
    }
}
