import HaliteCore
import HaliteJinja
import HaliteModuleKit
import HaliteRender
import HaliteValue
import Synchronization

/// Renders with Salt's Jinja; one environment for each saltenv keeps its compiled templates.
package final class SaltTemplateService: TemplateService {
    private let files: any FileClient
    private let options: ValueMap
    private let environments = Mutex<[String: SaltEnvironment]>([:])

    package init(files: any FileClient, options: ValueMap) {
        self.files = files
        self.options = options
    }

    package func render(
        source: String, name: String, engine: String, values: ValueMap, in context: CallContext
    ) async throws -> String {
        guard engine == "jinja" else {
            throw ExecutionError("the template engine '\(engine)' is not available\(NearestName.hint(engine, among: ["jinja"])) (available: jinja)")
        }
        let environment = environment(saltenv: context.saltenv, kind: "jinja_env")
        let scope = scope(values, context)
        return try await RenderThread.run { try environment.render(source: source, name: name, scope: scope) }
    }

    package func renderData(
        source: String, name: String, pipeline: String?, values: ValueMap, in context: CallContext
    ) async throws -> Value {
        let pipeline = try RenderPipeline(source: source, pipeline: pipeline ?? options["renderer"]?.stringValue, file: name)
        let environment = environment(saltenv: context.saltenv, kind: "jinja_sls_env")
        let scope = scope(values, context)
        return try await RenderThread.run { try pipeline.run(environment: environment, scope: scope, file: name) }
    }

    private func environment(saltenv: String, kind: String) -> SaltEnvironment {
        environments.withLock { known in
            if let environment = known["\(kind):\(saltenv)"] { return environment }
            let files = files
            let environment = SaltEnvironment(
                fetch: { path in
                    let text = try RenderThread.wait { () async throws -> String? in
                        guard let file = try await files.fetch(path, saltenv: saltenv) else { return nil }
                        return try await LocalText.read(file.localPath)
                    }
                    return text.map { TemplateSource(text: $0, path: "salt://\(path)") }
                },
                options: options[kind]?.mapValue ?? [:], allowUndefined: options["allow_undefined"]?.isTruthy ?? false)
            known["\(kind):\(saltenv)"] = environment
            return environment
        }
    }

    private func scope(_ values: ValueMap, _ context: CallContext) -> TemplateScope {
        // `opts` also says what this call is about, as under Salt.
        var options = options
        options["id"] = .string(context.services.id)
        options["saltenv"] = .string(context.saltenv)
        options["pillarenv"] = context.pillarenv.value
        options["test"] = .bool(context.test)
        options["grains"] = .map(context.grains)
        return TemplateScope(
            grains: context.grains, pillar: context.pillar, options: options, saltenv: context.saltenv, values: values,
            call: { function, positional, keywords in
                try RenderThread.wait { try await context.call(function, Arguments(positional, keywords: keywords)) }
            },
            functionNames: { context.services.registry.functions.keys.sorted() })
    }
}
