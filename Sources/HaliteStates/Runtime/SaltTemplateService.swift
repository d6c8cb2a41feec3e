import HaliteCore
import HaliteHost
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
            throw ExecutionError(
                "the template engine '\(engine)' is not available\(NearestName.hint(engine, among: ["jinja"])) (available: jinja)")
        }
        let environment = environment(saltenv: context.saltenv, kind: "jinja_env")
        let scope = scope(values, context)
        do {
            return try await RenderThread.run { try environment.render(source: source, name: name, scope: scope) }
        } catch let error as RenderError {
            throw TemplateFailure(description: error.description, saltText: Self.saltText(error, name: name))
        }
    }

    /// As Salt's exception prints itself; the name of the file only where it is another than the one that was asked for.
    private static func saltText(_ error: RenderError, name: String) -> String {
        var text = error.message
        if error.line > 0 { text += "; line \(error.line)" }
        if !error.excerpt.isEmpty { text += "\n\n\(error.excerpt)" }
        return error.file == name ? text : text + "\n  in \(error.file)"
    }

    package func renderData(
        source: String, name: String, pipeline: String?, values: ValueMap, in context: CallContext
    ) async throws -> Value {
        let pipeline = try RenderPipeline(
            source: source, pipeline: pipeline ?? options["renderer"]?.stringValue, file: name,
            blacklist: names(options["renderer_blacklist"]), whitelist: names(options["renderer_whitelist"]))
        let environment = environment(saltenv: context.saltenv, kind: "jinja_sls_env")
        let scope = scope(values, context)
        let gpg = gpg(context)
        return try await RenderThread.run { try pipeline.run(environment: environment, scope: scope, file: name, gpg: gpg) }
    }

    package func parse(_ text: String, format: String, name: String, in context: CallContext) async throws -> Value {
        do {
            return try await renderData(source: text, name: name, pipeline: format, values: [:], in: context)
        } catch let error as RenderError {
            throw TemplateFailure(description: error.description, saltText: error.message)
        }
    }

    package func yaml(_ data: Value, options: ValueMap) throws -> String {
        YAML.serialize(data, YAML.DumpOptions(.map(options)))
    }

    private func names(_ value: Value?) -> [String] { value?.listValue?.map(\.pythonString) ?? [] }

    /// Decrypts with the host's `gpg` and the keys of the configuration.
    private func gpg(_ context: CallContext) -> GPGRenderer {
        var keys = options["gpg_keydir"]?.stringValue ?? ""
        if keys.isEmpty {
            let file = options["conf_file"]?.stringValue ?? ""
            let folder = options["config_dir"]?.stringValue ?? String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
            keys = folder + "/gpgkeys"
        }
        let folder = keys
        return GPGRenderer(mustSucceed: options["gpg_decrypt_must_succeed"]?.isTruthy ?? true) { message in
            try RenderThread.wait { () async throws -> GPGRenderer.Answer? in
                guard let program = await context.host.which("gpg") else { return nil }
                var command = Command([program, "--homedir", folder, "--status-fd", "2", "--no-tty", "-d"])
                command.standardInput = message
                let result = try await context.host.run(command)
                return GPGRenderer.Answer(output: result.standardOutput, errors: result.standardError)
            }
        }
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
                options: options[kind]?.mapValue ?? [:], allowUndefined: options["allow_undefined"]?.isTruthy ?? false,
                limits: options["template_limits"])
            known["\(kind):\(saltenv)"] = environment
            return environment
        }
    }

    private func scope(_ values: ValueMap, _ context: CallContext) -> TemplateScope {
        let shared = context.shared?.content
        let grains = shared?.grains ?? context.grains
        let pillar = shared?.pillar ?? context.pillar
        // `opts` also says what this call is about, as under Salt.
        var options = shared?.options ?? options
        options["id"] = .string(context.services.id)
        options["saltenv"] = .string(context.saltenv)
        options["pillarenv"] = context.pillarenv.value
        options["test"] = .bool(context.test)
        options["grains"] = .map(grains)
        options["pillar"] = .map(pillar)
        var scope = TemplateScope(
            grains: grains, pillar: pillar, options: options, saltenv: context.saltenv, values: values,
            call: { function, positional, keywords in
                try RenderThread.wait { try await context.call(function, Arguments(positional, keywords: keywords)) }
            },
            functions: FunctionNames(
                contains: { context.services.registry.functions[$0] != nil }, hasModule: { context.services.registry.modules[$0] != nil },
                all: { context.services.registry.functions.names }))
        scope.functionPillar = shared?.functionPillar ?? context.pillar
        if let shared = context.shared {
            scope.keep = { changes in
                shared.change { content in
                    content.grains = changes.grains ?? content.grains
                    content.pillar = changes.pillar ?? content.pillar
                    content.functionPillar = changes.functionPillar ?? content.functionPillar
                    content.options = changes.options ?? content.options
                }
            }
        }
        return scope
    }
}
