import HaliteModuleKit
import HaliteValue

/// Texts of data in the formats that states write.
enum Serialization {
    /// Block-style YAML. The library knows no YAML itself, so the template engine's filter writes it.
    static func yaml(_ data: Value, _ call: CallContext) async throws -> String {
        let template = "{{ halite_data | yaml(False) }}"
        let text = try await call.services.templates.render(
            source: template, name: "serialize", engine: "jinja", values: ["halite_data": data], in: call)
        // An engine without the filter gives something else; JSON is YAML too.
        return text.isEmpty || text == template ? data.json(indent: 2) + "\n" : text.rightStripped() + "\n"
    }

    /// JSON as `file.serialize` writes it.
    static func json(_ data: Value, options: ValueMap) -> String {
        let indent = options["indent"].map { $0.intValue } ?? 2
        return data.json(indent: indent, sortKeys: options["sort_keys"]?.isTruthy ?? true, ensureASCII: options["ensure_ascii"]?.isTruthy ?? true)
    }

    /// `key=value` under sections, as Python's configparser writes it.
    static func configuration(_ data: ValueMap) -> String {
        var text = ""
        for (section, values) in data {
            text += "[\(section.pythonString)]\n"
            for (key, value) in values.mapValue ?? [:] { text += "\(key.pythonString.lowercased()) = \(value.pythonString)\n" }
            text += "\n"
        }
        return text
    }

    /// TOML of nested maps: values first, then tables.
    static func toml(_ data: ValueMap, prefix: [String] = []) -> String {
        var text = ""
        for (key, value) in data {
            if case .map = value { continue }
            text += "\(bareKey(key.pythonString)) = \(tomlValue(value))\n"
        }
        for (key, value) in data {
            guard case .map(let map) = value else { continue }
            let path = prefix + [bareKey(key.pythonString)]
            text += "\n[\(path.joined(separator: "."))]\n" + toml(map, prefix: path)
        }
        return text
    }

    private static func bareKey(_ key: String) -> String {
        let isBare = key.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }
        return isBare && !key.isEmpty ? key : Value.string(key).json()
    }

    private static func tomlValue(_ value: Value) -> String {
        switch value {
        case .bool(let flag): flag ? "true" : "false"
        case .list(let list): "[" + list.map { " " + tomlValue($0) + "," }.joined() + "]"
        case .string: value.json(ensureASCII: false)
        default: value.pythonString
        }
    }
}
