import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteModules
import HaliteStates
import HaliteValue
import Testing

/// What Salt made of small trees, recorded by scripts/record-states.
struct RecordedTreesTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/trees").path()

    static let cases: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()

    @Test(arguments: cases.filter { deliberate[$0] == nil })
    func sameAsSalt(_ name: String) async throws {
        let folder = "\(Self.folder)/\(name)"
        var settings = try Self.read("\(folder)/case.json") ?? [:]
        let work = try await RecordedFolder.make(settings["files"]?.mapValue)
        defer { work?.remove() }
        if let work {
            var pillar = settings["pillar"]?.mapValue ?? [:]
            pillar["work"] = .string(work.path)
            settings["pillar"] = .map(pillar)
        }
        let expected = try #require(try Self.read("\(folder)/expected.json"))
        let runtime = await Self.runtime(folder, settings)
        let mods = settings["mods"]?.listValue ?? [settings["mods"] ?? "main"]
        let isTop = settings["top"]?.isTruthy ?? false
        var keywords = ValueMap()
        if settings["test"]?.isTruthy == true { keywords["test"] = true }
        if let pillar = settings["pillar"] { keywords["pillar"] = pillar }

        let show = isTop ? "state.show_lowstate" : "state.show_low_sls"
        let low = await Self.call(runtime, show, isTop ? [] : mods, keywords)
        let wantedLow = expected["lowstate"] ?? .null
        let foundLow = Self.comparable(try work?.hidden(low) ?? low, folder)
        #expect(Self.agree(foundLow, Self.comparable(wantedLow, folder)), "low state\nfound: \(foundLow.json(indent: 1))\nwanted: \(wantedLow.json(indent: 1))")

        if let wanted = expected["graph"] {
            let graph = await Self.call(runtime, "state.graph", mods, keywords)
            #expect(graph == wanted, "graph\nfound: \(graph.pythonString)\nwanted: \(wanted.pythonString)")
        }
        for run in ["result", "again"] {
            guard let wanted = expected[run] else { continue }
            let result = await Self.call(runtime, isTop ? "state.highstate" : "state.sls", isTop ? [] : mods, keywords)
            let found = Self.comparable(try work?.hidden(result) ?? result, folder)
            #expect(Self.agree(found, Self.comparable(wanted, folder)), "\(run)\nfound: \(found.json(indent: 1))\nwanted: \(wanted.json(indent: 1))")
        }
        if let wanted = expected["after"], let work {
            let found = try work.hidden(.map(try await work.contents()))
            #expect(found == wanted, "afterwards\nfound: \(found.json(indent: 1))\nwanted: \(wanted.json(indent: 1))")
        }
    }

    @Test func casesAreThere() { #expect(Self.cases.count >= 288) }

    private static func read(_ path: String) throws -> ValueMap? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try Value(json: Array(data)).mapValue
    }

    private static func runtime(_ folder: String, _ settings: ValueMap) async -> ModuleRuntime {
        var grains: ValueMap = ["id": "host", "host": "host", "os": "Debian", "os_family": "Debian", "kernel": "Linux", "osfinger": "Debian-12"]
        for (key, value) in settings["grains"]?.mapValue ?? [:] { grains[key] = value }
        let pillar = settings["pillar"]?.mapValue ?? [:]
        let catalogue = ModuleCatalogue(modules: [StateExecutionModule.self, MatchModule.self] + builtInModules, states: builtInStates, grains: [])
        return await ModuleRuntime.make(
            id: "host", options: settings["options"]?.mapValue ?? [:], host: LocalHost(),
            files: RootsFileClient(roots: [("base", ["\(folder)/states"])]), catalogue: catalogue, staticGrains: { [grains] in grains },
            pillarSource: { _, _, _, override in
                var merged = pillar
                for (key, value) in override { merged[key] = value }
                return merged
            })
    }

    private static func call(_ runtime: ModuleRuntime, _ function: String, _ positional: [Value], _ keywords: ValueMap) async -> Value {
        do {
            return try await runtime.call(function, Arguments(positional, keywords: keywords), in: runtime.context(jobID: JobID.make().description, function: function))
        } catch {
            return .string("\(error)")
        }
    }

    /// Where Halite differs on purpose, and why.
    static let deliberate: [String: String] = [
        "bad-top-number": "an error with its place instead of Python's TypeError",
        "bad-test-argument": "the state with the unknown argument fails and the others run, instead of no result at all",
        "onlyif-empty": "an empty onlyif means nothing, instead of a KeyError",
        "top-bad": "state.show_lowstate refuses the malformed top file as state.highstate does",
        "top-broken": "a broken top file is an error, instead of an empty list",
    ]

    /// Equal; of rendering errors and exceptions, whose places and tracebacks Halite words otherwise, every line of
    /// Salt's message must be in ours.
    private static func agree(_ found: Value, _ wanted: Value) -> Bool {
        switch (found, wanted) {
        case (.list(let a), .list(let b)): return a.count == b.count && zip(a, b).allSatisfy { agree($0, $1) }
        case (.map(let a), .map(let b)): return a.count == b.count && b.allSatisfy { key, value in a[key].map { agree($0, value) } ?? false }
        case (.string(let a), .string(let b)):
            if a == b { return true }
            if let trace = try? PythonRegex.compile("TRACEBACK [A-Za-z.]+: ").allMatches(in: Array(b.utf8)).first, let range = trace.ranges[0] {
                return a.contains(String(decoding: Array(b.utf8)[range.upperBound...], as: UTF8.self))
            }
            guard b.hasPrefix("Rendering SLS") else { return false }
            let message = b.split(separator: "; line")[0]
            return message.split(separator: "\n").allSatisfy { line in
                line.hasPrefix("  in ") || line.split(separator: ": ").allSatisfy { part in a.contains(part) }
            }
        default: return found == wanted
        }
    }

    /// The ids of failed requisites come from a set in Salt, in any order.
    private static func sortedFailures(_ text: String) -> String {
        let prefix = "One or more requisite failed: "
        guard text.hasPrefix(prefix) else { return text }
        return prefix + text.dropFirst(prefix.count).split(separator: ", ").sorted().joined(separator: ", ")
    }

    private static let hint: [PythonRegex] = [try? PythonRegex.compile(",? [dD]id you mean '[^']*'\\?")].compactMap { $0 }

    /// Without times; texts of errors without what Halite adds to Salt's words.
    private static func comparable(_ value: Value, _ folder: String) -> Value {
        switch value {
        case .map(let map):
            return .map(
                ValueMap(
                    map.filter { !["duration", "start_time"].contains($0.key.pythonString) }.map { key, value in
                        // What was removed comes from a set in Salt, in any order.
                        if key == "removed", let names = value.listValue { return (key, names.map(\.pythonString).sorted().value) }
                        return (key, comparable(value, folder))
                    }))
        case .list(let list): return .list(list.map { comparable($0, folder) })
        case .string(let text):
            let words = Self.hint.reduce(text) { text, pattern in (try? pattern.substitute("", in: text)) ?? text }
            return .string(sortedFailures(words))
        default: return value
        }
    }
}
