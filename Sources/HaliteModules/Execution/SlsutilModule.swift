import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Small tools for those who write SLS files.
package struct SlsutilModule: ExecutionModule {
    package static let name = "slsutil"
    package static let summary = "Small tools for those who write SLS files."

    package static let functions: [Function] = [
        Function("update", "Lay one dictionary over another.", .required("dest", "The lower one."), .required("upd", "The upper one."), .optional("recursive_update", true, "Also within."), .optional("merge_lists", false, "Join lists."), body: update),
        Function("merge", "Join two dictionaries.", .required("obj_a", "The first."), .required("obj_b", "The second."), .optional("strategy", "smart", "smart, recurse, aggregate, overwrite or list."), .optional("renderer", "yaml", "Kept for compatibility."), .optional("merge_lists", false, "Join lists."), body: merge),
        Function("merge_all", "Join dictionaries.", .required("lst", "The dictionaries."), .optional("strategy", "smart", "smart, recurse, aggregate, overwrite or list."), .optional("renderer", "yaml", "Kept for compatibility."), .optional("merge_lists", false, "Join lists."), body: mergeAll),
        Function("renderer", "Render a file or text and return the data.", .optional("path", nil as String?, "The file: salt://… or a path."), .optional("string", nil as String?, "The text."), .optional("default_renderer", "jinja|yaml", "The renderers when the text names none."), .keywords("kwargs", "Variables for the template."), body: render),
        Function("serialize", "Return data as text.", .required("serializer", "json or yaml."), .required("obj", "The data."), .keywords("kwargs", "indent, sort_keys."), body: serialize),
        Function("deserialize", "Return the data of a text.", .required("serializer", "json or yaml."), .required("stream_or_string", "The text."), .keywords("kwargs", "Ignored."), body: deserialize),
        Function("boolstr", "Return one of two texts.", .required("value", "Any value."), .optional("true", "true", "The text when it is true."), .optional("false", "false", "The text when it is false."), body: booleanText),
        Function("file_exists", "Tell whether the file server has a file.", .required("path", "The file."), .optional("saltenv", "base", "The environment."), body: fileExists),
        Function("dir_exists", "Tell whether the file server has a folder.", .required("path", "The folder."), .optional("saltenv", "base", "The environment."), body: folderExists),
        Function("path_exists", "Tell whether the file server has a file or folder.", .required("path", "The path."), .optional("saltenv", "base", "The environment."), body: pathExists),
        Function("findup", "Return the first of several files on the way up.", .required("startpath", "The folder to start from."), .required("filenames", "Names."), .optional("saltenv", "base", "The environment."), body: findUp),
        Function("banner", "Return a box of comment lines for the head of a file.", Banner.self, body: { try $1.text }),
    ]

    private static func update(_ call: CallContext, base: ValueMap, over: ValueMap, recursive: Bool, lists: Bool) async throws -> ValueMap {
        if recursive { return Merging.update(base, over, mergeLists: lists) }
        var result = base
        for (key, value) in over { result[key] = value }
        return result
    }

    private static func merge(_ call: CallContext, a: ValueMap, b: ValueMap, strategy: String, renderer: String, lists: Bool) async throws -> ValueMap {
        Merging.merge(a, b, strategy: strategy, mergeLists: lists)
    }

    private static func mergeAll(_ call: CallContext, all: [ValueMap], strategy: String, renderer: String, lists: Bool) async throws -> ValueMap {
        all.reduce([:]) { Merging.merge($0, $1, strategy: strategy, mergeLists: lists) }
    }

    private static func render(_ call: CallContext, path: String?, string: String?, pipeline: String, values: ValueMap) async throws -> Value {
        guard (path == nil) != (string == nil) else {
            throw ExecutionError(path == nil ? "Must pass path or string." : "Must not pass both path and string.")
        }
        var text = string ?? ""
        if let path {
            let reader = SourceReader(call: call, saltenv: values["saltenv"]?.stringValue ?? call.saltenv)
            guard let content = try await reader.content(path) else { throw ExecutionError("no file '\(path)'") }
            text = String(decoding: content.bytes, as: UTF8.self)
        }
        return try await call.services.templates.renderData(
            source: text, name: path ?? ":string:", pipeline: pipeline, values: values, in: call)
    }

    private static func serialize(_ call: CallContext, kind: String, data: Value, options: ValueMap) async throws -> String {
        switch kind {
        case "json": return data.json(indent: options["indent"]?.intValue, sortKeys: options["sort_keys"]?.isTruthy ?? false)
        case "yaml": return try await Serialization.yaml(data, call)
        default: throw ExecutionError("Serializer '\(kind)' not found.")
        }
    }

    private static func deserialize(_ call: CallContext, kind: String, text: String, ignored: ValueMap) async throws -> Value {
        guard kind == "json" || kind == "yaml" else { throw ExecutionError("Serializer '\(kind)' not found.") }
        return try await call.services.templates.renderData(source: text, name: "string", pipeline: kind, values: [:], in: call)
    }

    private static func booleanText(_ call: CallContext, value: Value, whenTrue: String, whenFalse: String) async throws -> String {
        value.isTruthy ? whenTrue : whenFalse
    }

    private static func fileExists(_ call: CallContext, path: String, saltenv: String) async throws -> Bool {
        try await call.services.files.list(saltenv: saltenv).contains(path)
    }

    private static func folderExists(_ call: CallContext, path: String, saltenv: String) async throws -> Bool {
        if try await call.services.files.emptyDirectories(saltenv: saltenv).contains(path) { return true }
        return try await call.services.files.list(saltenv: saltenv).contains { $0.hasPrefix(path + "/") }
    }

    private static func pathExists(_ call: CallContext, path: String, saltenv: String) async throws -> Bool {
        if try await fileExists(call, path: path, saltenv: saltenv) { return true }
        return try await folderExists(call, path: path, saltenv: saltenv)
    }

    private static func findUp(_ call: CallContext, start: String, names: [String], saltenv: String) async throws -> String {
        var folder: String? = Path.normalised(start) == "." ? "" : Path.normalised(start)
        while let current = folder {
            for name in names {
                let path = current.isEmpty ? name : "\(current)/\(name)"
                if try await pathExists(call, path: path, saltenv: saltenv) { return path }
            }
            folder = current.isEmpty ? nil : Path.parent(current) ?? ""
        }
        throw ExecutionError("File pattern(s) not found in path ancestry")
    }
}
