import HaliteJinja
import HaliteValue
import Testing

/// Templates that would never end, or would exhaust the stack or the memory, are stopped with an error.
@Suite struct LimitsTests {
    private func kind(_ template: String, templates: [String: String] = [:]) -> String {
        let limits = RenderLimits(outputBytes: 1 << 20, steps: 20_000)
        let environment = JinjaEnvironment(options: .init(limits: limits), loader: DictionaryLoader(templates))
        do {
            _ = try environment.render(source: template, name: "main", context: [:])
            return "none"
        } catch {
            return error.kind.rawValue
        }
    }

    @Test func endlessLoopsAreStopped() {
        #expect(kind("{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}") == "RuntimeError")
        #expect(kind("{{ range(10 ** 12)|list|length }}") == "RuntimeError")
        #expect(kind("{% for i in range(10 ** 12) %}{% endfor %}") == "RuntimeError")
    }

    @Test func endlessRecursionIsStopped() {
        #expect(kind("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == "RecursionError")
        #expect(kind("{% include 'a' %}", templates: ["a": "{% include 'a' %}"]) == "RecursionError")
        #expect(kind("{% import 'a' as a %}", templates: ["a": "{% import 'a' as a %}"]) == "RecursionError")
        #expect(kind("{% extends 'a' %}", templates: ["a": "{% extends 'a' %}"]) == "RecursionError")
        #expect(kind("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}") == "RecursionError")
        #expect(kind("{% block a %}{{ self.a() }}{% endblock %}") == "RecursionError")
    }

    @Test func hugeOutputIsStopped() {
        #expect(kind("{{ 'x' * 10 ** 9 }}") == "MemoryError")
        #expect(kind("{% for i in range(10000) %}{{ 'x' * 1000 }}{% endfor %}") == "MemoryError")
        #expect(kind("{{ 'a'.ljust(10 ** 12) }}") == "MemoryError")
        #expect(kind("{{ 10 ** (10 ** 8) }}") == "MemoryError")
        #expect(kind("{{ [0] * 10 ** 12 }}") == "MemoryError")
    }

    @Test(arguments: ["(", "[", "{'a':", "not ", "-", "{% if 1 %}", "a if b else ", "f(", "a[", "1 + ", "1 ** ", "a ~ ", "a|e|", "a.b."])
    func deepNestingIsRefused(part: String) {
        let deep = String(repeating: part, count: 50_000)
        let template = part.hasPrefix("{%") ? deep : "{{ \(deep)1 }}"
        #expect(kind(template) != "")
    }

    @Test func deeplyNestedValuesAreFreed() {
        let grow = "{% set n = namespace(v=1) %}{% for i in range(19000) %}{% set n.v = "
        #expect(kind(grow + "[n.v] %}{% endfor %}") == "none")
        #expect(kind(grow + "(n.v,) %}{% endfor %}") == "none")
        #expect(kind(grow + "{'a': n.v} %}{% endfor %}") == "none")
        #expect(kind(grow + "[n.v] %}{% endfor %}{{ n.v }}") == "RecursionError")
        #expect(kind(grow + "[n.v] %}{% endfor %}{{ n.v == n.v|list }}") == "none")
        #expect(kind(grow + "n.v|map('string') %}{% endfor %}") == "RecursionError")
    }
}
