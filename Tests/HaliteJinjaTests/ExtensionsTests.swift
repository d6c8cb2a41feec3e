import HaliteJinja
import HaliteValue
import Testing

/// What the layer above adds: filters, tests, globals, host objects and data tags.
@Suite struct ExtensionsTests {
    /// `modules['name'](...)` and `modules.group.name(...)`, as Salt offers its functions.
    private final class Modules: JinjaObject {
        let prefix: String
        init(prefix: String = "") { self.prefix = prefix }
        override func item(_ key: JinjaValue) -> JinjaValue? {
            key.text.map { name in
                .object(
                    JinjaFunctionObject(name: name) { call in
                        .string(
                            "\(name)\(try Value.list(call.frozenPositional()).pythonRepr)\(try Value.map(call.frozenKeywords()).pythonRepr)"
                        )
                    })
            }
        }
        override func attribute(_ name: String) -> JinjaValue? {
            prefix.isEmpty ? .object(Modules(prefix: name)) : item(.string("\(prefix).\(name)"))
        }
    }

    private func render(_ template: String, templates: [String: String] = [:]) throws -> String {
        let extensions = JinjaExtensions(
            filters: ["twice": { call in .string(try (call.positional[0].str()) + call.positional[0].str()) }],
            tests: ["short": { call in .bool(try call.positional[0].str().count < 4) }],
            globals: ["modules": .object { Modules() }, "site": .value(["name": "campus"])],
            dataTags: { input in
                input.format == "json" ? try Value(jsonText: input.text) : .string("\(input.format):\(input.text)")
            },
            profile: { _, _ in })
        let environment = JinjaEnvironment(loader: DictionaryLoader(templates), extensions: extensions)
        return try environment.render(source: template, name: "main", context: ["n": 4])
    }

    @Test func functionsOfTheHostAreCalled() throws {
        #expect(try render("{{ modules['a.b'](1, x=[n]) }}") == "a.b[1]{'x': [4]}")
        #expect(try render("{{ modules.a.b('q') }}") == "a.b['q']{}")
        #expect(try render("{{ 'ab'|twice }}{{ 'ab' is short }}{{ site.name }}") == "ababTruecampus")
    }

    @Test func importedTemplatesSeeGlobals() throws {
        let templates = ["lib": "{% macro m() %}{{ site.name }}{{ n is defined }}{% endmacro %}"]
        #expect(try render("{% from 'lib' import m %}{{ m() }}", templates: templates) == "campusFalse")
    }

    @Test func dataTagsParseTheirText() throws {
        #expect(try render("{% load_json as d %}{\"a\": {{ n }}}{% endload %}{{ d.a + 1 }}") == "5")
        #expect(try render("{% import_json 'f' as d %}{{ d }}", templates: ["f": "[1, {{ 1 + 1 }}]"]) == "[1, 2]")
        #expect(try render("{% import_text 'f' as d with context %}{{ d }}", templates: ["f": "t{{ n }}"]) == "text:t4")
        #expect(try render("{% profile as 'x' %}a{% endprofile %}") == "a")
        #expect(
            try render("{% from 'f' import d %}{{ d.k }}", templates: ["f": "{% load_json as d %}{\"k\": 1}{% endload %}"]) == "1")
    }

    @Test func errorsNameThePlaceAndTheChain() {
        let templates = ["lib": "{% macro m() %}\n{{ nmae.x }}{% endmacro %}"]
        do {
            _ = try render("\n{% from 'lib' import m %}\n{% set name = 1 %}{{ m() }}", templates: templates)
            Issue.record("the template has no mistake")
        } catch let error as JinjaError {
            #expect(error.kind == .undefined)
            #expect(error.template == "lib")
            #expect(error.line == 2)
            #expect(error.chain.map(\.template) == ["main"])
            #expect(error.chain.map(\.line) == [3])
            #expect(error.excerpt?.contains("nmae.x") == true)
        } catch {
            Issue.record(error)
        }
    }

    @Test func unknownNamesSuggestTheNearest() {
        func suggestion(_ template: String) -> String? {
            do {
                _ = try render(template)
                return nil
            } catch {
                return (error as? JinjaError)?.suggestion
            }
        }
        #expect(suggestion("{{ 'a'|uper }}") == "upper")
        #expect(suggestion("{{ 1 is defind }}") == "defined")
        #expect(suggestion("{% whit x = 1 %}") == "with")
        #expect(suggestion("{{ sitee.name }}") == "site")
        #expect(suggestion("{{ site.nmae.x }}") == "name")
        #expect(suggestion("{{ 'a'.uper() }}") == "upper")
        #expect(suggestion("{{ [1].apend(2) }}") == "append")
        #expect(suggestion("{{ site.iteems() }}") == "items")
        #expect(suggestion("{% for x in [1] %}{{ loop.indx.y }}{% endfor %}") == "index")
        #expect(suggestion("{% set ns = namespace(count=1) %}{{ ns.cuont.x }}") == "count")
        #expect(suggestion("{{ site.zzzzz.x }}") == nil)
    }
}
