import HaliteJinja
import HaliteValue
import Testing

@testable import HaliteRender

#if canImport(Glibc)
    import Glibc
#endif

/// Renders every case of `SaltJinja/*.jsonl` and compares with what Salt answered (`scripts/record-salt-jinja`).
@Suite struct SaltJinjaTests {
    static let families = [
        "dates", "dicts", "errors", "files", "functions", "generated", "hashes", "json_query", "lists", "loader", "network", "options",
        "places", "printing", "regex", "sandbox", "serializers", "tags", "texts", "undefined",
    ]

    /// Where Halite differs on purpose; `docs/compatibility.md` gives the reasons.
    static let differences = Set(((try? lines("differences.txt")) ?? []).filter { !$0.hasPrefix("#") })

    @Test(arguments: families) func answersAsSalt(family: String) async throws {
        // The cases were recorded in this zone.
        setenv("TZ", "UTC", 1)
        let cases = try Self.lines("\(family).jsonl")
        let expected = try Self.lines("\(family).expected").dropFirst()
        try #require(cases.count == expected.count)
        for (line, answer) in zip(cases, expected) {
            let wanted = try Value(jsonText: answer)
            let name = try #require(wanted["name"]?.stringValue)
            guard !Self.differences.contains(name) else { continue }
            let text = try await RenderThread.run { SaltRenderBatch.answer(line) }
            let given = try Value(jsonText: text)
            #expect(
                given["output"] == wanted["output"] && given["error"]?["message"] == wanted["error"]?["message"]
                    && given["error"]?["line"] == wanted["error"]?["line"],
                "\(name): expected \(answer.prefix(400)), got \(text.prefix(400))")
        }
    }

    /// One environment renders many templates, each with its own `tpldir`, functions and data.
    @Test func anEnvironmentKeepsRenderingsApart() async throws {
        let environment = SaltEnvironment(fetch: { path in
            path == "lib/x.jinja" ? .init(text: "{% set place = tpldir %}{{ pillar.n }}", path: path) : nil
        })
        for number in 1...3 {
            let scope = TemplateScope(
                grains: [:], pillar: ["n": .int(number)], options: [:], saltenv: "base", call: { _, _, _ in .null },
                functions: FunctionNames([]))
            let text = try await RenderThread.run {
                try environment.render(
                    source: "{% import 'lib/x.jinja' as x %}{{ x }}{{ x.place }}{{ tpldir is defined }}", name: "t", scope: scope)
            }
            #expect(text == "\(number)libFalse")
        }
    }

    /// Templates that would fill the memory or never end are stopped.
    @Test(arguments: [
        "{{ '10.0.0.0/8'|network_hosts }}", "{{ [1,2]|product(repeat=40)|list|length }}",
        "{{ 99999999999|random_str }}", "{{ [1]|tojson(indent=99999999) }}",
        "{% set ns = namespace(a=[1]) %}{% for i in range(40) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a|yaml }}",
        "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = {'a': ns.a, 'b': ns.a} %}{% endfor %}{{ ns.a|xml }}",
        "{{ '((((((((((((((((((((a*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*b'|regex_escape|length }}{{ ('a'*40)|regex_match('(a*)*b') }}{{ nope }}",
    ])
    func stopsWhatWouldNotEnd(template: String) async throws {
        let line = Value.map(["template": .string(template), "context": ["d": 1]]).json()
        let text = try await RenderThread.run { SaltRenderBatch.answer(line) }
        #expect(try Value(jsonText: text)["error"] != nil, "\(text.prefix(200))")
    }

    @Test func anErrorHintsAtTheNearestName() async throws {
        let environment = SaltEnvironment(fetch: { path in .init(text: "a\n{{ pilar.x }}\n", path: path) })
        let scope = TemplateScope(
            grains: [:], pillar: [:], options: [:], saltenv: "base", call: { _, _, _ in .null }, functions: FunctionNames([]))
        let error = await #expect(throws: RenderError.self) {
            try await RenderThread.run { try environment.render(source: "\n{% include 'x' %}", name: "top.sls", scope: scope) }
        }
        #expect(error?.message == "Jinja variable 'pilar' is undefined")
        #expect(error?.hint == "did you mean 'pillar'?")
        #expect(error?.file == "x" && error?.line == 2)
        #expect(error?.excerpt.contains("from top.sls, line 2") == true, "\(String(describing: error))")
    }

    static func lines(_ name: String) throws -> [String] {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(folder)/SaltJinja/\(name)"
        let file = try #require(fopen(path, "rb"), "cannot read \(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
