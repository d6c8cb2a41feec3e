import HaliteJinja
import HaliteValue
import Testing

@testable import HaliteRender

/// The setting `template_limits`.
struct TemplateLimitsTests {
    private static func render(_ source: String, _ limits: Value) throws -> String {
        let environment = SaltEnvironment(fetch: { _ in nil }, limits: limits)
        let scope = TemplateScope(
            grains: [:], pillar: [:], options: [:], saltenv: "base", call: { _, _, _ in .null }, functions: FunctionNames([]))
        return try environment.render(source: source, name: "test.sls", scope: scope)
    }

    @Test(arguments: [
        (["loop_steps": 100], "{% for i in range(1000) %}x{% endfor %}", "100 loop iterations"),
        (["output_bytes": 1000], "{% for i in range(1000) %}xxxx{% endfor %}", "larger than the limit of 1000 bytes"),
        (["recursion_depth": 20], "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}", "maximum recursion depth"),
        (["loop_step": 5], "", "has no 'loop_step'"),
        (["loop_steps": "many"], "", "wants a positive integer for loop_steps, found 'many'"),
        ([1], "", "is to be a dictionary, found list"),
    ] as [(Value, String, String)])
    func aLimitIsKeptAndAMistakeInItIsSaid(_ limits: Value, _ source: String, _ message: String) throws {
        let error = try #require(throws: RenderError.self) { try Self.render(source, limits) }
        #expect(error.message.contains(message), "\(error.message)")
    }

    @Test func withoutTheSettingTheDefaultsHold() throws {
        #expect(try Self.render("{% for i in range(1000) %}x{% endfor %}", .null).utf8.count == 1000)
    }
}
