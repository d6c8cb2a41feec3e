import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

/// Plays the cases that `scripts/record-commands` played with Salt on hosts in memory, and compares returns, commands and files.
@Suite struct RecordedCommandTests {
    static let folder = Path.join(Path.parent(#filePath) ?? "/", "Recorded/commands")

    static let cases: [CommandCase] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().flatMap { name -> [CommandCase] in
            guard name.hasSuffix(".json"), let data = FileManager.default.contents(atPath: Path.join(folder, name)),
                let document = try? Value(json: Array(data))
            else { return [] }
            let topic = String(name.dropLast(5))
            return (document["cases"]?.listValue ?? []).map { CommandCase(topic: topic, data: $0) }
        }
    }()

    @Test func casesAreThere() { #expect(!Self.cases.isEmpty) }

    @Test(arguments: cases) func runsWhatSaltRuns(_ recorded: CommandCase) async throws {
        try await recorded.play()
    }
}

/// One recorded case: a host in memory and the steps on it.
struct CommandCase: Sendable, CustomTestStringConvertible {
    let topic: String
    let data: Value

    var testDescription: String { "\(topic): \(data["name"]?.stringValue ?? "")" }

    /// Ways in which Halite answers otherwise on purpose, each with its reason.
    static let different: [String: String] = [:]

    func play() async throws {
        let host = FakeHost()
        prepare(host)
        let before = host.contents.mapValues(\.text)
        var grains = data["grains"]?.mapValue ?? [:]
        for (key, value) in ["kernel": "Linux", "id": "minion", "shell": "/bin/sh"] as ValueMap where grains[key] == nil { grains[key] = value }
        let registry = await ModuleRegistry(modules: builtInModules, states: builtInStates, host: host, grains: grains)
        let served = try await serve()
        defer { if let served { try? FileManager.default.removeItem(atPath: served) } }
        let services = TestServices(options: options, registry: registry, files: FolderFileClient(served))
        for (index, step) in (data["steps"]?.listValue ?? []).enumerated() {
            host.forgetCommands()
            let got = await answer(step, services, host, grains)
            compare(got, data["results"]?.listValue?[index] ?? .null, host, step: index + 1)
        }
        compareFiles(host, before)
    }

    private var options: ValueMap {
        var options: ValueMap = ["cachedir": "/record/root/cache", "conf_file": "/record/root/minion"]
        for (key, value) in data["options"]?.mapValue ?? [:] { options[key] = value }
        return options
    }

    // MARK: - The host

    private func prepare(_ host: FakeHost) {
        var files = data["files"]?.mapValue ?? [:]
        if files["/etc/passwd"] == nil { files["/etc/passwd"] = "root:x:0:0:root:/root:/bin/sh\n" }
        if files["/etc/group"] == nil { files["/etc/group"] = "root:x:0:\n" }
        for folder in ["/etc", "/root", "/tmp", "/var/tmp", "/usr/bin", "/usr/sbin", "/usr/lib", "/run"] { host.place(folder, text: nil) }
        for (path, content) in files {
            if let link = content["link"]?.stringValue {
                host.place(path.pythonString, link: link)
            } else {
                host.place(path.pythonString, text: content.stringValue)
            }
        }
        for program in data["programs"]?.listValue?.map(\.pythonString) ?? [] {
            let path = program.contains("/") ? program : "/usr/bin/" + program
            host.add(program: path)
            host.place(path, text: "", mode: 0o755)
        }
        host.play((data["answers"]?.listValue ?? []).map(Self.answer))
        let told = data["uname"]
        host.setIdentity(
            HostIdentity(
                kernel: told?["sysname"]?.stringValue ?? "Linux", nodeName: told?["nodename"]?.stringValue ?? "host",
                kernelRelease: told?["release"]?.stringValue ?? "6.1.0", kernelVersion: told?["version"]?.stringValue ?? "#1",
                machine: told?["machine"]?.stringValue ?? "x86_64"))
    }

    private static func answer(_ data: Value) -> FakeAnswer {
        var answer = FakeAnswer(
            command: (data["command"]?.listValue ?? []).map(\.pythonString), output: data["stdout"]?.stringValue ?? "",
            errors: data["stderr"]?.stringValue ?? "", code: data["code"]?.intValue ?? 0)
        answer.once = data["once"] == true
        answer.isQuery = data["query"] == true
        for (path, text) in data["files"]?.mapValue ?? [:] { answer.files[path.pythonString] = .some(text.stringValue) }
        return answer
    }

    /// A folder with what `salt://` serves; nil when there is nothing.
    private func serve() async throws -> String? {
        guard let files = data["served"]?.mapValue, !files.isEmpty else { return nil }
        let root = Path.join(FileManager.default.temporaryDirectory.path, "halite-\(UInt64.random(in: 0 ... .max))")
        for (path, text) in files {
            let target = Path.join(root, path.pythonString)
            try await LocalHost().makeDirectories(Path.parent(target) ?? "/")
            try await LocalHost().write(target, Array((text.stringValue ?? "").utf8), FileAttributes())
        }
        return try await LocalHost().resolved(root)
    }

    // MARK: - Steps

    private func answer(_ step: Value, _ services: TestServices, _ host: FakeHost, _ grains: ValueMap) async -> Value {
        let pillar = data["pillar"]?.mapValue ?? [:]
        if let function = step["state"]?.stringValue {
            do {
                let result = try await services.state(
                    function, step["args"]?.mapValue ?? [:], host: host, grains: grains, pillar: pillar, test: step["test"] == true)
                return [
                    "name": .string(result.name), "result": result.result.value, "comment": .string(result.comment),
                    "changes": plain(.map(result.changes)),
                ]
            } catch {
                return ["error": .string("\(error)")]
            }
        }
        if step["grains"] != nil {
            var known = grains
            for grain in builtInGrains {
                for (key, value) in await grain.collect(host, known: known) { known[key] = value }
            }
            return ["grains": plain(.map(known))]
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
        case .map(let map): .map(ValueMap(map.map { key, value in (.string(key.pythonString), key == "pid" ? 0 : plain(value)) }))
        case .list(let list): .list(list.map(plain))
        default: value
        }
    }

    // MARK: - Comparing

    private func compare(_ got: Value, _ expected: Value, _ host: FakeHost, step: Int) {
        if Self.different[testDescription] != nil { return }
        for words in host.unanswered { Issue.record("\(testDescription), step \(step): no answer for \(words)") }
        compareReturn(got, expected, step)
        let recorded = expected["commands"]?.listValue ?? []
        let changing = recorded.filter { $0["query"] != true }.map { Self.described(Self.words($0["command"]), $0["stdin"]?.stringValue) }
        let made = host.changingCommands.map { command in
            Self.described(Self.named(command.arguments), command.standardInput.map { String(decoding: $0, as: UTF8.self) })
        }
        if made != changing {
            Issue.record("\(testDescription), step \(step), commands\n  got      \(made.joined(separator: "\n           "))\n  expected \(changing.joined(separator: "\n           "))")
        }
        guard data["queries"] == nil else { return }
        let known = Set(recorded.map { Self.words($0["command"]) })
        for command in host.commandLines where !known.contains(Self.named(command)) && host.isAnswered(command) {
            Issue.record("\(testDescription), step \(step): Salt does not ask \(command)")
        }
    }

    private static func words(_ value: Value?) -> [String] { (value?.listValue ?? []).map(\.pythonString) }

    private static func named(_ words: [String]) -> [String] { [Path.name(words.first ?? "")] + words.dropFirst() }

    private static func described(_ words: [String], _ input: String?) -> String {
        words.joined(separator: " ") + (input.flatMap { $0.isEmpty ? nil : " < \($0)" } ?? "")
    }

    private func compareReturn(_ got: Value, _ expected: Value, _ step: Int) {
        var wanted = expected.mapValue ?? [:]
        for key in ["commands", "warnings"] { wanted[.string(key)] = nil }
        var found = got.mapValue ?? [:]
        if let facts = wanted["grains"]?.mapValue {
            found["grains"] = .map(ValueMap(facts.keys.map { ($0, got["grains"]?.mapValue?[$0] ?? .null) }))
        }
        if found == wanted { return }
        // An error is an error; its words may be Python's there.
        if found["error"] != nil, wanted["result"] == false { return }
        if found["raised"] != nil, wanted["raised"] != nil { return }
        Issue.record("\(testDescription), step \(step)\n  got      \(Value.map(found).json())\n  expected \(Value.map(wanted).json())")
    }

    private func compareFiles(_ host: FakeHost, _ before: [String: String]) {
        if Self.different[testDescription] != nil { return }
        let after = host.contents.mapValues(\.text).filter { !$0.key.hasPrefix("/record/") && !$0.key.hasPrefix("/tmp/") }
        var changed = ValueMap()
        for path in Set(after.keys).union(before.keys).sorted() where after[path] != before[path] {
            let node = host.contents[path]
            changed[.string(path)] = node == nil ? .null : node?.status.kind == .link ? ["link": .string(node?.target ?? "")] : .string(after[path] ?? "")
        }
        let expected = data["after"]?.mapValue ?? [:]
        if changed != expected {
            Issue.record("\(testDescription), afterwards\n  got      \(Value.map(changed).json())\n  expected \(Value.map(expected).json())")
        }
    }
}

extension FakeHost.Node {
    fileprivate var text: String { target + String(decoding: content, as: UTF8.self) }
}
