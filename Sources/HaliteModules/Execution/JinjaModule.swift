import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Shows what a formula's maps come to on this minion.
package struct JinjaModule: ExecutionModule {
    package static let name = "jinja"
    package static let summary = "Shows what a formula's maps come to on this minion."

    package static let functions: [Function] = [
        Function(
            "load_map", "Return a variable of a template.", .required("path", "The template of the file server, without salt://."),
            .required("value", "The variable."), example: "halite '*' jinja.load_map nginx/map.jinja nginx"
        ) { (call: CallContext, path: String, value: String) in
            try await read(call, path, "{% from \"\(path)\" import \(value) with context %}\n{{ \(value) | tojson }}")
        },
        Function("import_yaml", "Return the data of a YAML file that may hold Jinja.", .required("path", "The file of the file server.")) { (call: CallContext, path: String) in
            try await read(call, path, "{% import_yaml \"\(path)\" as imported %}\n{{ imported | tojson }}")
        },
        Function("import_json", "Return the data of a JSON file that may hold Jinja.", .required("path", "The file of the file server.")) { (call: CallContext, path: String) in
            try await read(call, path, "{% import_json \"\(path)\" as imported %}\n{{ imported | tojson }}")
        },
    ]

    private static func read(_ call: CallContext, _ path: String, _ template: String) async throws -> Value {
        guard !path.contains("\""), !path.contains("\\") else { throw ExecutionError("'\(path)' cannot be the name of a template") }
        return try await call.services.templates.renderData(source: template, name: path, pipeline: nil, values: [:], in: call)
    }
}
