import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

/// Plays the cases that `scripts/record-modules` played with Salt, in a fresh folder each, and compares.
@Suite struct RecordedTests {
    static let folder = Path.join(Path.parent(#filePath) ?? "/", "Recorded")

    static let cases: [RecordedCase] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().flatMap { name -> [RecordedCase] in
            guard name.hasSuffix(".json"), let data = FileManager.default.contents(atPath: Path.join(folder, name)),
                let document = try? Value(json: Array(data))
            else { return [] }
            let topic = String(name.dropLast(5))
            return (document["cases"]?.listValue ?? []).map { RecordedCase(topic: topic, data: $0) }
        }
    }()

    @Test func casesAreThere() { #expect(Self.cases.count > 200) }

    @Test(arguments: cases) func answersAsSaltDoes(_ recorded: RecordedCase) async throws {
        try await recorded.play()
    }
}

struct RecordedCase: Sendable, CustomTestStringConvertible {
    let topic: String
    let data: Value

    var name: String { data["name"]?.stringValue ?? "" }
    var testDescription: String { "\(topic): \(name)" }

    /// Ways in which Halite answers otherwise on purpose, or cannot answer the same; each with its reason.
    static let different: [String: String] = [
        "cmd: run no shell": "the message names the shell and not Python's exception",
        "cmd: run bad umask": "Salt 3008 takes a umask of 0 as none",
        "file-edit: prepend header": "under test Salt announces a change that it does not make",
        "file-edit: prepend other header": "under test Salt announces a change that it does not make",
        "file-links: force over a folder": "Salt 3008 announces that it replaces the folder, and fails",
        "test: check_pillar": "Salt 3008 masks the numbers of pillars, which are texts then",
        "archive: owner": "under test Salt calls a change of owners that it announces a failure",
        "file-managed: check_cmd fails": "the path of the candidate is another",
    ]

    /// Programs that the cases of a topic run; without them there is nothing to compare.
    static let programs: [String: [String]] = ["git": ["git"], "archive": ["tar", "gzip", "zip", "unzip"], "mount": ["mount"]]

    func play() async throws {
        for program in Self.programs[topic] ?? [] where await LocalHost().which(program) == nil { return }
        let root = Path.join(FileManager.default.temporaryDirectory.path, "halite-\(UInt64.random(in: 0 ... .max))")
        let host = LocalHost()
        try await host.makeDirectories(Path.join(root, "dir"))
        try await host.makeDirectories(Path.join(root, "served"))
        defer { try? FileManager.default.removeItem(atPath: root) }
        let work = try await host.resolved(root)
        let dir = Path.join(work, "dir")
        try await prepare(dir, data["files"], host)
        try await prepare(Path.join(work, "served"), data["served"], host)
        var grains = data["grains"]?.mapValue ?? [:]
        if grains["shell"] == nil { grains["shell"] = "/bin/sh" }
        grains["kernel"] = "Linux"
        let registry = await ModuleRegistry(modules: builtInModules, states: builtInStates, host: host, grains: grains)
        var options: ValueMap = ["cachedir": .string(Path.join(work, "cache")), "conf_file": .string(Path.join(work, "minion"))]
        for (key, value) in data["options"]?.mapValue ?? [:] { options[key] = try filled(value, dir) }
        let services = TestServices(
            options: options, registry: registry, files: FolderFileClient(Path.join(work, "served")))
        let pillar = data["pillar"]?.mapValue ?? [:]
        // Only the environment lasts in Salt's process; everything else is another run.
        let memory = RunMemory()
        for (index, step) in try steps(dir).enumerated() {
            let expected = data["results"]?.listValue?[index] ?? .null
            let got = await answer(step, services, host, grains, pillar, memory)
            compare(try hide(got, dir, work), expected, step: index)
        }
        if let after = data["after"]?.mapValue { try await compareTree(dir, work, after, host) }
    }

    private func steps(_ dir: String) throws -> [Value] {
        try filled(data["steps"] ?? [], dir).listValue ?? []
    }

    private func filled(_ value: Value, _ dir: String) throws -> Value {
        try Value(
            jsonText: value.json(ensureASCII: false).split(separator: "@dir@", omittingEmptySubsequences: false).joined(separator: dir))
    }

    private func hide(_ value: Value, _ dir: String, _ work: String) throws -> Value {
        var text = value.json(ensureASCII: false)
        for (path, word) in [(dir, "@dir@"), (work, "@work@")] {
            text = text.split(separator: path, omittingEmptySubsequences: false).joined(separator: word)
        }
        return try Value(jsonText: text)
    }

    private func answer(
        _ step: Value, _ services: TestServices, _ host: LocalHost, _ grains: ValueMap, _ pillar: ValueMap, _ memory: RunMemory
    ) async -> Value {
        if let function = step["state"]?.stringValue {
            do {
                let result = try await services.state(
                    function, step["args"]?.mapValue ?? [:], host: host, grains: grains, pillar: pillar, test: step["test"] == true,
                    memory: memory)
                return [
                    "name": .string(result.name), "result": result.result.value, "comment": .string(result.comment),
                    "changes": plain(.map(result.changes)),
                ]
            } catch {
                return ["error": .string("\(error)")]
            }
        }
        var context = CallContext(host: host, services: services, grains: grains, pillar: pillar)
        context.function = step["function"]?.stringValue ?? ""
        let arguments = Arguments(step["args"]?.listValue ?? [], keywords: step["kwargs"]?.mapValue ?? [:])
        do {
            return ["return": plain(try await services.call(context.function, arguments, in: context))]
        } catch {
            return ["raised": .string("\(error)")]
        }
    }

    /// Process ids differ from run to run; keys are texts in JSON.
    private func plain(_ value: Value) -> Value {
        switch value {
        case .map(let map):
            .map(ValueMap(map.map { key, value in (.string(key.pythonString), key == "pid" ? 0 : plain(value)) }))
        case .list(let list): .list(list.map(plain))
        default: value
        }
    }

    /// Salt goes through sets in `file.recurse`, so the sections of its comment come in any order.
    private func ordered(_ result: Value) -> Value {
        // The lines about a folder's content come in the order in which the file system names it.
        if topic.hasPrefix("file-directory"), case .map(var map) = result, let comment = map["comment"]?.stringValue {
            map["comment"] = comment.split(separator: "\n").map(String.init).sorted().value
            return .map(map)
        }
        guard topic == "file-recurse", case .map(var map) = result, let comment = map["comment"]?.stringValue else { return result }
        map["comment"] = comment.split(separator: "#### ").map { String($0).stripped() }.sorted().value
        return .map(map)
    }

    private func compare(_ got: Value, _ expected: Value, step: Int) {
        // Salt names the newer form of `module.run` by a list of functions; a name is one text here.
        if expected["name"]?.listValue != nil, case .map(var got) = got, case .map(var expected) = expected {
            (got["name"], expected["name"]) = (nil, nil)
            return compare(.map(got), .map(expected), step: step)
        }
        if ordered(got) == ordered(expected) || Self.different[testDescription] != nil { return }
        // An error is an error; its words are Python's there.
        if got["error"] != nil, expected["result"] == false { return }
        if got["raised"] != nil, expected["raised"] != nil { return }
        Issue.record("\(testDescription), step \(step + 1)\n  got      \(got.json())\n  expected \(expected.json())")
    }

    // MARK: - Folders

    private func prepare(_ folder: String, _ files: Value?, _ host: LocalHost) async throws {
        for (path, content) in files?.mapValue ?? [:] {
            let target = Path.join(folder, path.pythonString)
            try await host.makeDirectories(Path.parent(target) ?? "/")
            if target.hasSuffix("/") {
                try await host.makeDirectories(String(target.dropLast()))
            } else if let link = content["link"]?.stringValue {
                try await host.makeLink(
                    target, to: link.split(separator: "@dir@", omittingEmptySubsequences: false).joined(separator: folder))
            } else {
                let text = content["text"]?.stringValue ?? content.stringValue ?? ""
                let mode = content["mode"]?.stringValue.flatMap { Int($0, radix: 8) } ?? 0o644
                try await host.write(target, Array(text.utf8), FileAttributes(mode: mode))
            }
        }
    }

    private func compareTree(_ dir: String, _ work: String, _ expected: ValueMap, _ host: LocalHost) async throws {
        var found = ValueMap()
        for visit in try await FolderWalk.visits(dir, host) {
            for name in visit.folders + visit.files {
                let path = Path.join(visit.path, name)
                guard let status = try await host.status(path, followLinks: false) else { continue }
                let relative = FolderWalk.relative(path, to: dir)
                switch status.kind {
                case .link: found[.string(relative)] = ["link": .string(try await host.readLink(path))]
                case .directory: found[.string(relative + "/")] = ["mode": .string(status.modeText)]
                default: found[.string(relative)] = ["text": .string(try await host.readText(path)), "mode": .string(status.modeText)]
                }
            }
        }
        let shown = try hide(.map(found), dir, work)
        if shown != .map(expected), Self.different[testDescription] == nil {
            Issue.record("\(testDescription), afterwards\n  got      \(shown.json())\n  expected \(Value.map(expected).json())")
        }
    }
}
