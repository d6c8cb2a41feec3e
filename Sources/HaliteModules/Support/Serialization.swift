import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Texts of data in the formats that `file.serialize` writes and reads.
struct Serialization: Sendable {
    let format: String
    let call: CallContext
    /// Whether an encoding was asked for, which lets YAML write letters beyond ASCII.
    var isEncoded = false

    /// `toml` is there always; Salt has it where its Python library is installed.
    static let formats: Set<String> = ["json", "yaml", "configparser", "msgpack", "toml"]
    static let readable: Set<String> = ["json", "yaml", "configparser", "msgpack"]

    struct Failure: Error {
        let reason: String
    }

    // MARK: - Writing

    func write(_ data: Value, options: ValueMap) throws -> [UInt8] {
        switch format {
        case "json": return Array((try json(data, options) + "\n").utf8)
        case "configparser": return Array((try ConfigText.write(data) + "\n").utf8)
        case "msgpack": return MessagePack.encode(data)
        case "toml": return Array((Self.toml(data.mapValue ?? [:]) + "\n").utf8)
        default: return Array((try yaml(data, options) + "\n").utf8)
        }
    }

    private static let yamlOptions: Set<String> = [
        "default_style", "default_flow_style", "canonical", "indent", "width", "allow_unicode", "line_break", "encoding", "explicit_start",
        "explicit_end", "version", "tags", "sort_keys",
    ]

    private func yaml(_ data: Value, _ given: ValueMap) throws -> String {
        var options: ValueMap = ["default_flow_style": false, "allow_unicode": .bool(isEncoded)]
        for (key, value) in given {
            guard Self.yamlOptions.contains(key.pythonString) else {
                throw ExecutionError("dump_all() got an unexpected keyword argument '\(key.pythonString)'")
            }
            options[key] = value
        }
        return try call.services.templates.yaml(data, options: options)
    }

    private func json(_ data: Value, _ options: ValueMap) throws -> String {
        let known = ["indent", "sort_keys", "ensure_ascii", "separators", "skipkeys", "check_circular", "allow_nan", "default"]
        for (key, _) in options where !known.contains(key.pythonString) {
            throw ExecutionError("JSONEncoder.__init__() got an unexpected keyword argument '\(key.pythonString)'")
        }
        let indent = options["indent"].map { $0.intValue } ?? 2
        let text = data.json(
            indent: indent, sortKeys: options["sort_keys"]?.isTruthy ?? true, ensureASCII: options["ensure_ascii"]?.isTruthy ?? false,
            compact: indent == nil)
        // Salt's own separators have a blank behind the colon alone, also on one line.
        return indent == nil ? JSONSeparators.spaced(text) : text
    }

    /// Block-style YAML as Salt's own files have it, in the order of the data.
    static func yaml(_ data: Value, _ call: CallContext) async throws -> String {
        let template = "{{ halite_data | yaml(False) }}"
        let text = try await call.services.templates.render(
            source: template, name: "serialize", engine: "jinja", values: ["halite_data": data], in: call)
        // An engine without the filter gives something else; JSON is YAML too.
        return text.isEmpty || text == template ? data.json(indent: 2) + "\n" : text.rightStripped() + "\n"
    }

    // MARK: - Reading

    /// The data in a file; Python's complaint is the error.
    func read(_ content: [UInt8], name: String) async throws -> Value {
        if format == "msgpack" {
            do { return try MessagePack.decode(content) } catch { throw Failure(reason: error.description) }
        }
        let text = String(decoding: content, as: UTF8.self)
        if format == "configparser" { return .map(try ConfigText.read(text, name: name)) }
        if format == "json", text.stripped().isEmpty {
            throw Failure(reason: "Expecting value: line 1 column 1 (char 0)")
        }
        do {
            return try await call.services.templates.parse(text, format: format, name: name, in: call)
        } catch let error as TemplateFailure {
            throw Failure(reason: error.saltText)
        }
    }

    // MARK: - TOML

    /// TOML of nested maps: values first, then tables.
    private static func toml(_ data: ValueMap, prefix: [String] = []) -> String {
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
        let isBare = key.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
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

/// Puts a blank behind each colon between key and value of JSON on one line.
private enum JSONSeparators {
    static func spaced(_ text: String) -> String {
        var output: [UInt8] = []
        var (inText, isEscaped) = (false, false)
        for byte in text.utf8 {
            output.append(byte)
            if inText {
                if isEscaped { isEscaped = false } else if byte == 0x5C { isEscaped = true } else if byte == 0x22 { inText = false }
            } else if byte == 0x22 {
                inText = true
            } else if byte == UInt8(ascii: ":") {
                output.append(0x20)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
