import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The configuration of logrotate.
package struct LogrotateModule: ExecutionModule {
    package static let name = "logrotate"
    package static let summary = "The configuration of logrotate."

    private static let file: Parameter<String> = .optional("conf_file", "/etc/logrotate.conf", "The file.")

    package static let functions: [Function] = [
        Function("show_conf", "Return the whole configuration.", file, example: "halite '*' logrotate.show_conf", body: show),
        Function(
            "get", "Return one setting or block, or false.", .required("key", "The setting, or the file of the block."),
            .optional("value", nil as String?, "A setting of the block."), file, body: get),
        Function(
            "set", "Set one setting.", .required("key", "The setting, or the file of the block."),
            .required("value", "Its value, or a setting of the block."), .optional("setting", nil as Value, "The value in the block."),
            file,
            body: set),
    ]

    private static func show(_ call: CallContext, file: String) async throws -> ValueMap { try await LogrotateFile.parse(file, call.host) }

    static func get(_ call: CallContext, key: String, value: String?, file: String) async throws -> Value {
        let found = try await LogrotateFile.parse(file, call.host)[key] ?? false
        guard let value, !value.isEmpty, found.isTruthy else { return found }
        guard let block = found.mapValue else { throw ExecutionError("'\(found.typeName)' object has no attribute 'get'") }
        return block[value] ?? false
    }

    static func set(_ call: CallContext, key: String, value: Value, setting: Value, file: String) async throws -> Bool {
        let content = try await LogrotateFile.parse(file, call.host)
        var path = file
        for (name, keys) in content["include files"]?.mapValue ?? [:] where keys.listValue?.contains(.string(key)) == true {
            path = Path.join(content["include"]?.pythonString ?? "/", name.pythonString)
        }
        let pattern = PythonRegex.escape(key)
        var arguments: ValueMap = ["path": .string(path), "backup": false, "show_changes": false]
        if setting.isNull {
            let current = content[key] ?? false
            if current.mapValue != nil {
                throw ExecutionError("Error: \(key) includes a dict, and a specific setting inside the dict was not declared")
            }
            if current == value { return true }
            arguments["pattern"] = .string("^\(pattern).*")
            arguments["flags"] = 8
            arguments["repl"] = .string(LogrotateFile.isFlag(value) ? key : value.isTruthy ? "\(key) \(value.pythonString)" : "")
            arguments["prepend_if_not_found"] = true
        } else {
            let current = content[key] ?? [:]
            guard var block = current.mapValue ?? (current.isTruthy ? nil : [:]) else {
                throw ExecutionError("Error: A setting for a dict was declared, but the configuration line given is not a dict")
            }
            if (block[value] ?? false) == setting { return true }
            if setting.isTruthy { block[value] = setting } else { block.removeValue(forKey: value) }
            arguments["pattern"] = .string("^\(pattern).*?{.*?}")
            arguments["flags"] = 24
            arguments["repl"] = .string(LogrotateFile.block(key, block))
            arguments["append_if_not_found"] = true
        }
        return try await call.call("file.replace", keywords: arguments).isTruthy
    }
}
