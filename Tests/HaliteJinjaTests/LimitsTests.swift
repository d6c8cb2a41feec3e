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

    /// Work that would take for ever or fill the memory ends with an error, or at once where there is nothing to do.
    @Test(arguments: [
        "{{ '' * 10 ** 18 }}", "{{ [] * 10 ** 18 }}", "{{ () * 10 ** 18 }}", "{{ 'x' * 10 ** 18 }}", "{{ [[]] * 10 ** 12 }}",
        "{{ (0,) * 10 ** 15 }}",
        "{{ 2 ** 10 ** 9 }}", "{{ (10 ** 4200)|string|length }}",
        "{{ range(10 ** 18)|list }}", "{{ range(10 ** 18)|sum }}", "{{ range(10 ** 18)|join }}", "{{ range(10 ** 18)|sort }}",
        "{{ range(10 ** 18)|max }}",
        "{{ range(10 ** 18)|map('string')|list }}", "{{ range(10 ** 18)|select('lt', 0)|list }}", "{{ range(10 ** 18)|unique|list }}",
        "{{ range(10 ** 18)|batch(2)|list }}", "{{ range(10 ** 18)|slice(10 ** 15)|list }}", "{{ [1]|batch(10 ** 12, 0)|list }}",
        "{{ [1]|slice(10 ** 12)|list }}",
        "{{ range(10 ** 18)|groupby('x') }}", "{{ range(10 ** 18)|tojson }}", "{{ range(10 ** 18)|pprint }}", "{{ -1 in range(10 ** 18) }}",
        "{{ 1.5 in range(10 ** 18) }}", "{{ range(10 ** 25)|sum }}", "{{ range(10 ** 25)|length }}", "{{ range(10 ** 18)|random|string }}",
        "{{ range(10 ** 18)|last }}",
        "{{ range(10 ** 18)|reverse|first }}", "{{ range(10 ** 18)[::-1]|first }}", "{{ dict.fromkeys(range(10 ** 18)) }}",
        "{{ [].extend(range(10 ** 18)) }}",
        "{{ 'a'.center(10 ** 15) }}", "{{ 'a'.zfill(10 ** 15) }}", "{{ 'a'.rjust(10 ** 15, 'b') }}", "{{ 'a\tb'.expandtabs(10 ** 15) }}",
        "{{ '%*d' % (10 ** 9, 1) }}",
        "{{ '%999999999d' % 1 }}", "{{ '%.999999999f' % 1 }}", "{{ '{:999999999}'.format(1) }}", "{{ '{:.999999999f}'.format(1.5) }}",
        "{{ '{:{}}'.format(1, 10 ** 9) }}",
        "{{ 'a'|center(10 ** 15) }}", "{{ 'a'|indent(10 ** 15, true) }}", "{{ 'a b'|wordwrap(1, true, 'x' * 10 ** 9) }}",
        "{{ 'aaaa'|replace('a', 'b' * 10 ** 6) * 10 ** 6 }}",
        "{{ ('a' * 10 ** 4).replace('', 'b' * 10 ** 5) }}", "{{ ('x' * 1000).join('y' * 10 ** 6) }}", "{{ (1).to_bytes(10 ** 15, 'big') }}",
        "{{ lipsum(10 ** 12) }}",
        "{{ [1]|tojson(10 ** 15) }}", "{{ 'a'.ljust(10 ** 25) }}", "{{ 1|round(10 ** 18) }}", "{{ 1.5|round(10 ** 18) }}",
        "{{ 1.5|round(-10 ** 18) }}", "{{ 1|round(10 ** 9, 'ceil') }}",
        "{{ 'a'|int(0, 10 ** 18) }}", "{{ ('9' * 10 ** 4)|int }}", "{{ ('9' * 10 ** 4)|float }}", "{{ 1e308 * 10 }}",
        "{% set x = [] %}{% do x.append(x) %}{{ x }}{{ x|pprint }}",
        "{% set x = [] %}{% do x.append(x) %}{{ x|tojson }}", "{% set x = {} %}{% do x.update(a=x) %}{{ x }}{{ x|tojson }}",
        "{% set x = [] %}{% do x.append(x) %}{{ x == x|list }}{{ [x] == [[x]] }}",
        "{% set x = [] %}{% do x.append(x) %}{{ x|sum(start=[]) }}{{ x < x }}",
        "{% set n = namespace() %}{% set n.n = n %}{{ n }}{{ n|string }}",
        "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x=[1, 2]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x='{0}') %}{% for i in range(60) %}{% set n.x = n.x.format(n.x * 9) %}{% endfor %}",
        "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x|tojson|string|tojson %}{% endfor %}",
        "{% set n = namespace(x='&') %}{% for i in range(60) %}{% set n.x = (n.x ~ n.x)|e|string %}{% endfor %}",
        "{% set n = namespace(x=['a']) %}{% for i in range(60) %}{% set n.x = (n.x|join('ab')) * 2 %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = [n.x, n.x]|join %}{% endfor %}",
        "{% macro a(x) %}{{ b(x) }}{% endmacro %}{% macro b(x) %}{{ a(x) }}{% endmacro %}{{ a(1) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% endmacro %}{{ r() }}",
        "{% for x in [[]] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% set f = cycler(1).next %}{% for i in range(10 ** 9) %}{% set x = f() %}{% endfor %}",
        "{% for a in range(10 ** 5) %}{% for b in range(10 ** 5) %}{% endfor %}{% endfor %}",
        "{{ ('a' * 10 ** 4)|urlize }}{{ ('http://' * 10 ** 3)|urlize }}",
        "{{ ('<' * 10 ** 4)|striptags }}{{ ('<!--' * 10 ** 3)|striptags }}",
        "{{ ('a-' * 10 ** 3)|wordwrap(3) }}", "{{ ('(' * 10 ** 4)|title }}", "{{ ('{' * 10 ** 4).format() }}",
        "{{ ('%(' * 10 ** 4) % {} }}", "{{ ('a,' * 10 ** 4).split(',')|length }}",
    ])
    func hugeWorkEnds(template: String) {
        let clock = ContinuousClock()
        let spent = clock.measure { _ = kind(template) }
        // Unoptimized builds on a busy machine are slow; without the limits these would take hours.
        #expect(spent < .seconds(20), "\(template)")
    }

    @Test(arguments: ["[", "{'a':", "("]) func deepDataIsRefusedOrPrinted(open: String) {
        let close = open == "[" ? "]" : open == "(" ? ",)" : "}"
        for depth in [50, 100, 110, 119] {
            let value = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            #expect(
                ["none", "TemplateSyntaxError", "RecursionError"].contains(kind("{{ \(value) }}{{ \(value)|tojson }}{{ \(value)|pprint }}"))
            )
        }
    }
}
