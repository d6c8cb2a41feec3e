import FoundationEssentials
import HaliteCore
import HaliteValue
import Testing

@testable import HaliteRender

/// From the text of an SLS file to data.
struct PipelineTests {
    private static let scope = TemplateScope(
        grains: ["os": "Debian"], pillar: ["a": ["b": 1]], options: [:], saltenv: "base",
        call: { name, positional, _ in
            guard name == "test.echo" else { throw CallError() }
            return positional.first ?? .null
        },
        functions: FunctionNames(["test.echo"]))

    private struct CallError: Error {}

    private func render(_ source: String, _ pipeline: String? = nil) async throws -> Value {
        try await RenderThread.run {
            try RenderPipeline(source: source, pipeline: pipeline, file: "x.sls")
                .run(
                    environment: SaltEnvironment(fetch: { _ in nil }), scope: Self.scope, file: "x.sls",
                    gpg: GPGRenderer(mustSucceed: true) { _ in nil })
        }
    }

    @Test(
        arguments: [
            ("a: {{ grains.os }}\n", nil, ["a": "Debian"]), ("#!yaml\na: '{{ x }}'\n", nil, ["a": "{{ x }}"]),
            ("#!jinja|json\n{\"a\": {{ pillar.a.b }}}", nil, ["a": 1]), ("#!jinja|text\n{{ 1 + 1 }}", nil, "2"),
            ("a: 1\n", "yaml", ["a": 1]),
            ("#!jinja | yaml\na: {{ salt['test.echo'](5) }}\n", nil, ["a": 5]), ("#!/bin/sh\n", nil, [:]), ("", nil, [:]),
            ("# only\n", nil, [:]),
            ("{\"a\": [1, 2.5, null, true]}", "json", ["a": [1, 2.5, .null, true]]),
            ("#!yaml_jinja\na: {{ 1 + 1 }}\n", nil, ["a": 2]), ("#!json_jinja\n{\"a\": {{ 1 + 1 }}}", nil, ["a": 2]),
            ("#!jinja -s|yaml -x\na: {{ 1 + 1 }}\n", nil, ["a": 2]), ("#!yaml|gpg\na: 1\n", "yaml", ["a": 1]), ("  \n", nil, [:]),
            ("#!jinja\n{{ 1 + 1 }}\n", nil, "#!jinja\n2\n"), ("#!text\na: 1\n", nil, "a: 1\n"),
            ("#! jinja | yaml \r\na: 1\r\n", nil, ["a": 1]),
        ] as [(String, String?, Value)])
    func textBecomesData(_ source: String, _ pipeline: String?, _ wanted: Value) async throws {
        #expect(try await render(source, pipeline) == wanted)
    }

    @Test(arguments: [
        ("#!mako|yaml\n", 1, "renderer \"mako\" is not available"), ("#!jinga|yaml\n", 1, "did you mean 'jinja'?"),
        ("#!jinja|yaml\na: 1\nb: {{ nope.x }}\n", 3, "nope"), ("#!jinja|yaml\na: 1\n{% if %}\n", 3, "Expected an expression"),
        ("a: [\n", 2, ""), ("#!json\n{\"a\": }\n", 0, ""), ("a: {{ salt['test.echoo'](1) }}\n", 1, ""),
        ("#!py\n", 1, "waits for the Python bridge"), ("#!jinja -foo|yaml\na: 1\n", 1, "Unknown renderer option: -foo"),
        ("#!yaml\na: 1\nb: c: d\n", 3, "mapping values are not allowed"), ("#!yaml|yaml\na: 1\n", 1, "made a dict"),
        ("#!json\n{\n1}", 3, "Expecting property name"), ("a:\n\tb: 1\n", 2, "a tab stands where spaces must indent"),
        ("#!\n", 1, "is not available"),
    ])
    func anErrorNamesFileLineAndCause(_ source: String, _ line: Int, _ cause: String) async {
        do {
            _ = try await render(source)
            Issue.record("no error")
        } catch let error as RenderError {
            #expect(error.file == "x.sls" && (line == 0 || error.line == line), "\(error)")
            #expect(error.description.contains(cause), "\(error)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(arguments: [
        ("jinja|yaml", ["jinja"], [], ["yaml"], ["jinja"]), ("jinja|yaml", [], ["yaml"], ["yaml"], ["jinja"]),
        ("py|yaml", ["py"], [], ["yaml"], ["py"]), ("jinja|yaml", [], [], ["jinja", "yaml"], []),
        ("jinja|yaml", ["yaml", "jinja"], [], [], ["jinja", "yaml"]),
    ])
    func theConfigurationForbidsRenderers(
        _ pipeline: String, _ blacklist: [String], _ whitelist: [String], _ stages: [String], _ skipped: [String]
    ) throws {
        let made = try RenderPipeline(source: "a: 1\n", pipeline: pipeline, file: "x.sls", blacklist: blacklist, whitelist: whitelist)
        #expect(made.stages.map(\.name) == stages && made.skipped == skipped)
    }

    /// A template that blocks holds up no other: there are more threads than are kept.
    @Test func rendersRunBesideOneAnother() async throws {
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await RenderThread.run { try RenderThread.wait { try await RenderThread.run { number } } }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(0..<20))
    }

    @Test func anErrorLeavesTheThreadUsable() async throws {
        for _ in 1...3 {
            await #expect(throws: CallError.self) { try await RenderThread.run { throw CallError() } }
            #expect(try await RenderThread.run { 1 } == 1)
        }
    }

    private static func recorded(_ name: String) throws -> [(Value, Value)] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "YAML/JSON")
        func load(_ name: String) throws -> [Value] {
            try Value(json: Array(Data(contentsOf: folder.appending(path: name)))).listValue ?? []
        }
        return Array(zip(try load("\(name).json"), try load("\(name).expected.json")))
    }

    @Test func jsonIsReadAsSaltReadsIt() async throws {
        for (input, wanted) in try Self.recorded("reading") {
            var answer: Value
            do {
                answer = .string(try await render(input.pythonString, "json").pythonRepr)
            } catch let error as RenderError {
                answer = ["class": .string(error.errorClass), "message": .string(error.message), "line": .int(error.line)]
            }
            #expect(answer == wanted, "\(input.pythonRepr)")
        }
    }

    @Test func jsonIsWrittenAsSaltWritesIt() throws {
        for (input, wanted) in try Self.recorded("writing") {
            let options = input["options"] ?? [:]
            let text = try YAML.load(input["text"]?.pythonString ?? "").json(
                indent: options["indent"]?.intValue, sortKeys: options["sort_keys"] == true, ensureASCII: options["ensure_ascii"] == true)
            #expect(text == wanted.stringValue, "\(input.pythonRepr)")
        }
    }
}
