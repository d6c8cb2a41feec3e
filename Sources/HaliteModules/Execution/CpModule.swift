import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Brings files of the file server to the host.
package struct CpModule: ExecutionModule {
    package static let name = "cp"
    package static let summary = "Brings files of the file server to the host."

    package static let functions: [Function] = [
        Function("get_file", "Put a file of the server on the host and return its path.", .required("path", "The source: salt://…."), .required("dest", "The path on the host; a folder takes the name of the source."), .optional("saltenv", nil as String?, "The environment."), .optional("makedirs", false, "Make missing parents."), .optional("template", nil as String?, "An engine that renders the paths."), .keywords("kwargs", "Ignored."), body: getFile),
        Function("get_url", "Put a file from anywhere on the host and return its path.", .required("path", "The source."), .optional("dest", nil as String?, "The path on the host; without one, the content is returned."), .optional("saltenv", nil as String?, "The environment."), .optional("makedirs", false, "Make missing parents."), .keywords("kwargs", "Ignored."), body: getURL),
        Function("get_file_str", "Return the content of a file of the server.", .required("path", "The source."), .optional("saltenv", nil as String?, "The environment."), body: getText),
        Function("get_template", "Render a file of the server and put it on the host.", .required("path", "The source."), .required("dest", "The path on the host."), .optional("template", "jinja", "The engine."), .optional("saltenv", nil as String?, "The environment."), .optional("makedirs", false, "Make missing parents."), .keywords("kwargs", "context, and variables for the template."), body: getTemplate),
        Function("get_dir", "Put a folder of the server on the host and return the paths.", .required("path", "The source."), .required("dest", "The folder on the host."), .optional("saltenv", nil as String?, "The environment."), .keywords("kwargs", "Ignored."), body: getFolder),
        Function("cache_file", "Fetch a file of the server and return where it is kept.", .required("path", "The source."), .optional("saltenv", nil as String?, "The environment."), .keywords("kwargs", "Ignored."), body: cacheFile),
        Function("cache_files", "Fetch files of the server and return where they are kept.", .required("paths", "The sources."), .optional("saltenv", nil as String?, "The environment."), body: cacheFiles),
        Function("is_cached", "Return where a file of the server is kept, or nothing.", .required("path", "The source."), .optional("saltenv", nil as String?, "The environment."), body: cacheFile),
        Function("hash_file", "Return the digest of a file of the server.", .required("path", "The source."), .optional("saltenv", nil as String?, "The environment."), body: hashFile),
        Function("stat_file", "Return the mode of a file of the server.", .required("path", "The source."), .optional("saltenv", nil as String?, "The environment."), .optional("octal", true, "As octal text."), body: modeOfFile),
        Function("list_master", "Return the files of the server.", .optional("saltenv", nil as String?, "The environment."), .optional("prefix", "", "Only those below it."), body: list),
        Function("list_master_dirs", "Return the folders of the server.", .optional("saltenv", nil as String?, "The environment."), .optional("prefix", "", "Only those below it."), body: listFolders),
        Function("list_states", "Return the names of the SLS files of the server.", .optional("saltenv", nil as String?, "The environment."), body: listStates),
        Function("envs", "Return the environments of the server.", body: { (call: CallContext) async throws -> [String] in try await call.services.files.environments() }),
    ]

    private static func reader(_ call: CallContext, _ saltenv: String?) -> SourceReader {
        SourceReader(call: call, saltenv: saltenv ?? call.saltenv)
    }

    private static func target(_ call: CallContext, _ source: String, _ destination: String, makedirs: Bool) async throws -> String? {
        var path = destination
        if path.hasSuffix("/") { path = Path.join(path, Path.name(source)) }
        if try await call.host.isDirectory(path) { path = Path.join(path, Path.name(source)) }
        let parent = Path.parent(path) ?? "/"
        if try await !call.host.isDirectory(parent) {
            guard makedirs else { return nil }
            try await call.host.makeDirectories(parent)
        }
        return path
    }

    private static func getFile(
        _ call: CallContext, source: String, destination: String, saltenv: String?, makedirs: Bool, template: String?, ignored: ValueMap
    ) async throws -> String {
        var (source, destination) = (source, destination)
        if let template {
            source = try await call.services.templates.render(source: source, name: "path", engine: template, values: [:], in: call)
            destination = try await call.services.templates.render(source: destination, name: "dest", engine: template, values: [:], in: call)
        }
        guard let content = try await reader(call, saltenv).content(source),
            let path = try await target(call, source, destination, makedirs: makedirs)
        else { return "" }
        try await call.host.write(path, content.bytes, FileAttributes())
        return path
    }

    private static func getURL(
        _ call: CallContext, source: String, destination: String?, saltenv: String?, makedirs: Bool, ignored: ValueMap
    ) async throws -> Value {
        guard let content = try await reader(call, saltenv).content(source) else { return false }
        guard let destination else { return .string(String(decoding: content.bytes, as: UTF8.self)) }
        guard let path = try await target(call, source, destination, makedirs: makedirs) else { return "" }
        try await call.host.write(path, content.bytes, FileAttributes())
        return .string(path)
    }

    private static func getText(_ call: CallContext, source: String, saltenv: String?) async throws -> Value {
        guard let content = try await reader(call, saltenv).content(source) else { return false }
        return .string(String(decoding: content.bytes, as: UTF8.self))
    }

    private static func getTemplate(
        _ call: CallContext, source: String, destination: String, template: String, saltenv: String?, makedirs: Bool, options: ValueMap
    ) async throws -> String {
        guard let content = try await reader(call, saltenv).content(source),
            let path = try await target(call, source, destination, makedirs: makedirs)
        else { return "" }
        var values = options
        values["context"] = nil
        for (key, value) in options["context"]?.mapValue ?? [:] { values[key] = value }
        let text = try await call.services.templates.render(
            source: String(decoding: content.bytes, as: UTF8.self), name: source, engine: template, values: values, in: call)
        try await call.host.write(path, Array(text.utf8), FileAttributes())
        return path
    }

    private static func getFolder(
        _ call: CallContext, source: String, destination: String, saltenv: String?, ignored: ValueMap
    ) async throws -> [String] {
        let reader = reader(call, saltenv)
        let place = reader.saltPath(source)
        let folder = place.path.hasSuffix("/") ? String(place.path.dropLast()) : place.path
        var made: [String] = []
        for file in try await call.services.files.list(saltenv: place.saltenv) where file.hasPrefix(folder + "/") {
            let relative = Path.join(Path.name(folder), String(file.dropFirst(folder.count + 1)))
            let path = Path.join(destination, relative)
            guard let content = try await reader.content("salt://\(file)") else { continue }
            try await call.host.makeDirectories(Path.parent(path) ?? "/")
            try await call.host.write(path, content.bytes, FileAttributes())
            made.append(path)
        }
        return made
    }

    private static func cacheFile(_ call: CallContext, source: String, saltenv: String?, ignored: ValueMap) async throws -> String {
        try await cacheFile(call, source: source, saltenv: saltenv)
    }

    private static func cacheFile(_ call: CallContext, source: String, saltenv: String?) async throws -> String {
        if SourceReader.isSalt(source) {
            let place = reader(call, saltenv).saltPath(source)
            return try await call.services.files.fetch(place.path, saltenv: place.saltenv)?.localPath ?? ""
        }
        if source.hasPrefix("/") { return try await call.host.exists(source) ? source : "" }
        guard let content = try await reader(call, saltenv).content(source) else { return "" }
        let cache = call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite"
        let path = Path.join(cache, "extrn_files", saltenv ?? call.saltenv, source.split(separator: "://").last.map(String.init) ?? Path.name(source))
        try await call.host.makeDirectories(Path.parent(path) ?? "/")
        try await call.host.write(path, content.bytes, FileAttributes())
        return path
    }

    private static func cacheFiles(_ call: CallContext, sources: [String], saltenv: String?) async throws -> [String] {
        var paths: [String] = []
        for source in sources { paths.append(try await cacheFile(call, source: source, saltenv: saltenv)) }
        return paths
    }

    private static func hashFile(_ call: CallContext, source: String, saltenv: String?) async throws -> ValueMap {
        guard let content = try await reader(call, saltenv).content(source) else { return [:] }
        return ["hsum": .string(Digest.hexadecimal(content.bytes, .sha256)), "hash_type": "sha256"]
    }

    private static func modeOfFile(_ call: CallContext, source: String, saltenv: String?, octal: Bool) async throws -> Value {
        guard let mode = try await reader(call, saltenv).content(source)?.mode else { return .null }
        return octal ? .string(FileMode(bits: mode).text) : .int(mode)
    }

    private static func list(_ call: CallContext, saltenv: String?, prefix: String) async throws -> [String] {
        try await call.services.files.list(saltenv: saltenv ?? call.saltenv).filter { $0.hasPrefix(prefix) }
    }

    private static func listFolders(_ call: CallContext, saltenv: String?, prefix: String) async throws -> [String] {
        var folders: Set<String> = ["."]
        for file in try await call.services.files.list(saltenv: saltenv ?? call.saltenv) {
            let parts = file.parts("/")
            for count in 1..<max(1, parts.count) { folders.insert(parts[..<count].joined(separator: "/")) }
        }
        folders.formUnion(try await call.services.files.emptyDirectories(saltenv: saltenv ?? call.saltenv))
        return folders.filter { $0.hasPrefix(prefix) }.sorted()
    }

    private static func listStates(_ call: CallContext, saltenv: String?) async throws -> [String] {
        let names = try await call.services.files.list(saltenv: saltenv ?? call.saltenv).compactMap { file -> String? in
            guard file.hasSuffix(".sls") else { return nil }
            let name = file.hasSuffix("/init.sls") ? file.dropLast(9) : file.dropLast(4)
            return name.split(separator: "/").joined(separator: ".")
        }
        return Set(names).sorted()
    }
}
