import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Brings files of the file server to the host.
package struct CpModule: ExecutionModule {
    package static let name = "cp"
    package static let summary = "Brings files of the file server to the host."

    private static let saltenv = Parameter<String?>.optional("saltenv", nil, "The environment.")
    private static let makedirs = Parameter<Bool>.optional("makedirs", false, "Make missing parents.")
    private static let ignored = Parameter<ValueMap>.keywords("kwargs", "pillar, pillarenv, gzip: without effect.")

    package static let functions: [Function] = [
        Function("get_file", "Put a file of the server on the host and return its path.", .required("path", "The source: salt://…."), .required("dest", "The path on the host; a folder takes the name of the source."), saltenv, makedirs, .optional("template", nil as String?, "An engine that renders the paths."), ignored, body: getFile),
        Function("get_url", "Put a file from anywhere on the host and return its path.", .required("path", "The source."), .rest("args", "dest, saltenv, makedirs, source_hash: the path on the host (empty for the cache, null for the content), the environment, whether to make parents, the digest of a copy that is good."), .keywords("kwargs", "The same by name."), body: getURL),
        Function("get_file_str", "Return the content of a file of the server.", .required("path", "The source."), saltenv, body: getText),
        Function("get_template", "Render a file of the server and put it on the host.", .required("path", "The source."), .required("dest", "The path on the host."), .optional("template", "jinja", "The engine."), saltenv, makedirs, .keywords("kwargs", "context, and variables for the template."), body: getTemplate),
        Function("get_dir", "Put a folder of the server on the host and return the paths.", .required("path", "The source."), .required("dest", "The folder on the host."), saltenv, .optional("template", nil as String?, "An engine that renders the paths."), ignored, body: getFolder),
        Function("cache_file", "Fetch a file into the cache and return where it is kept.", .required("path", "The source."), saltenv, .optional("source_hash", nil as String?, "A copy in the cache with this digest is not fetched again."), .optional("verify_ssl", true, "Whether certificates must be good."), .optional("use_etag", false, "Kept for compatibility."), body: cacheFile),
        Function("cache_files", "Fetch files into the cache and return where they are kept.", .required("paths", "The sources, as a list or with commas between."), saltenv, body: cacheFiles),
        Function("cache_dir", "Fetch a folder into the cache and return where its files are kept.", .required("path", "The source."), saltenv, .optional("include_empty", false, "Make empty folders too."), .optional("include_pat", nil as String?, "Only these: a glob, or E@ and a regular expression."), .optional("exclude_pat", nil as String?, "Not these."), body: cacheFolder),
        Function("cache_master", "Fetch all files of an environment into the cache.", saltenv, body: cacheMaster),
        Function("cache_local_file", "Copy a file of the host into the cache.", .required("path", "The file."), body: cacheLocalFile),
        Function("cache_dest", "Return where the cache would keep a source.", .required("url", "The source."), saltenv, body: cachePlace),
        Function("is_cached", "Return where the cache keeps a file, or nothing.", .required("path", "The source."), saltenv, body: isCached),
        Function("hash_file", "Return the digest of a file of the server or of the host.", .required("path", "The source."), saltenv, body: hashFile),
        Function("stat_file", "Return the mode of a file of the server.", .required("path", "The source."), saltenv, .optional("octal", true, "As octal text."), body: modeOfFile),
        Function("list_master", "Return the files of the server.", saltenv, .optional("prefix", "", "Only those that begin so."), body: list),
        Function("list_master_dirs", "Return the folders of the server.", saltenv, .optional("prefix", "", "Only those that begin so."), body: listFolders),
        Function("list_master_symlinks", "Return the links of the server and what they point to.", saltenv, .optional("prefix", "", "Only those that begin so."), body: listLinks),
        Function("list_states", "Return the names of the SLS files of the server.", saltenv, body: listStates),
        Function("list_minion", "Return the files of an environment that the cache keeps.", saltenv, body: listCached),
        Function("envs", "Return the environments of the server.", body: { (call: CallContext) async throws -> [String] in try await call.services.files.environments() }),
        Function("push", "Give a file of the host to the master.", .required("path", "The file."), .keywords("kwargs", "keep_symlinks, upload_path, remove_source."), body: push),
        Function("push_dir", "Give a folder of the host to the master.", .required("path", "The folder."), .keywords("kwargs", "glob, upload_path."), body: push),
    ]

    static func reader(_ call: CallContext, _ saltenv: String?) -> SourceReader {
        SourceReader(call: call, saltenv: saltenv ?? call.saltenv)
    }

    // MARK: Files

    /// A path rendered by a template engine, when one is named.
    private static func rendered(_ text: String, _ template: String?, _ call: CallContext, _ saltenv: String?) async throws -> String {
        guard let template, !template.isEmpty else { return text }
        var call = call
        call.saltenv = saltenv ?? call.saltenv
        do {
            return try await call.services.templates.render(source: text, name: text, engine: template, values: [:], in: call)
        } catch {
            throw ExecutionError("Failed to render file path with error: \(error)")
        }
    }

    private static func getFile(
        _ call: CallContext, source: String, destination: String, saltenv: String?, makedirs: Bool, template: String?, ignored: ValueMap
    ) async throws -> Value {
        let source = try await rendered(source, template, call, saltenv)
        guard SourceReader.isSalt(source) else { throw ExecutionError("Unsupported path: \(source)") }
        guard let file = try await reader(call, saltenv).file(source) else { return "" }
        return try await put(file, source, try await rendered(destination, template, call, saltenv), makedirs, saltenv, call)
    }

    /// Puts a fetched file on the host; false when the folder is missing.
    private static func put(
        _ file: CachedFile, _ source: String, _ destination: String, _ makedirs: Bool, _ saltenv: String?, _ call: CallContext
    ) async throws -> Value {
        let place = reader(call, saltenv).saltPath(source)
        if destination.isEmpty { return .string(try await FileCache(call: call, saltenv: place.saltenv).keep(file, as: place.path)) }
        var path = destination
        let isFolder = try await call.host.isDirectory(path)
        if path.hasSuffix("/") || isFolder { path = Path.join(path, Path.name(place.path)) }
        if try await call.host.isFile(path), try await call.host.digest(path, .sha256) == LocalHost().digest(file.localPath, .sha256) {
            return .string(path)
        }
        guard try await hasFolder(for: path, makedirs, call) else { return false }
        try await call.host.put(localFile: file.localPath, to: path, FileAttributes())
        return .string(path)
    }

    private static func hasFolder(for path: String, _ makedirs: Bool, _ call: CallContext) async throws -> Bool {
        let folder = Path.parent(path) ?? "/"
        if try await call.host.isDirectory(folder) { return true }
        guard makedirs else { return false }
        try await call.host.makeDirectories(folder)
        return true
    }

    /// A `dest` of null means something else than none at all, so that the arguments are bound here.
    private static func getURL(_ call: CallContext, source: String, arguments: [Value], keywords: ValueMap) async throws -> Value {
        let names = ["dest", "saltenv", "makedirs", "source_hash"]
        var given = keywords
        for (name, value) in zip(names, arguments) { given[name] = value }
        for name in given.keys.map(\.pythonString) where !names.contains(name) {
            throw ExecutionError("cp.get_url has no argument '\(name)'\(NearestName.hint(name, among: names))")
        }
        let saltenv = given["saltenv"].flatMap { $0.isTruthy ? $0.pythonString : nil }
        let makedirs = given["makedirs"]?.isTruthy ?? false
        let hash = given["source_hash"]?.stringValue
        let reader = reader(call, saltenv)
        guard let wanted = (given["dest"] ?? "").stringValue else {
            if !SourceReader.isSalt(source), !SourceReader.isRemote(source) { _ = try hostPath(source) }
            guard let content = try await reader.content(source) else { return false }
            return .string(String(decoding: content.bytes, as: UTF8.self))
        }
        if SourceReader.isSalt(source) {
            guard let file = try await reader.file(source) else { return false }
            return try await put(file, source, wanted, makedirs, saltenv, call)
        }
        guard SourceReader.isRemote(source) else { return .string(try hostPath(source)) }
        let cached = try await FileCache(call: call, saltenv: reader.saltenv).download(source, hash: hash.flatMap(SourceHash.of))
        if wanted.isEmpty { return .string(cached) }
        var path = wanted
        let isFolder = try await call.host.isDirectory(path)
        if path.hasSuffix("/") || isFolder {
            let name = source.split(separator: "/", omittingEmptySubsequences: false).last.map { String($0) } ?? ""
            path = Path.join(path, name.isEmpty ? "index.html" : name)
        }
        guard try await hasFolder(for: path, makedirs, call) else { return "" }
        try await call.host.put(localFile: cached, to: path, FileAttributes())
        return .string(path)
    }

    /// The path behind `file://` or of a plain path.
    private static func hostPath(_ source: String) throws -> String {
        var path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard path.hasPrefix("/") else { throw ExecutionError("Path '\(path)' is not absolute") }
        return path
    }

    private static func getText(_ call: CallContext, source: String, saltenv: String?) async throws -> Value {
        if !SourceReader.isSalt(source), !SourceReader.isRemote(source) { _ = try hostPath(source) }
        guard let content = try await reader(call, saltenv).content(source) else { return false }
        return .string(String(decoding: content.bytes, as: UTF8.self))
    }

    private static func getTemplate(
        _ call: CallContext, source: String, destination: String, template: String, saltenv: String?, makedirs: Bool, options: ValueMap
    ) async throws -> String {
        guard let content = try await reader(call, saltenv).content(source) else { return "" }
        var values = options
        values["context"] = nil
        for (key, value) in options["context"]?.mapValue ?? [:] { values[key] = value }
        let text = try await call.services.templates.render(
            source: String(decoding: content.bytes, as: UTF8.self), name: source, engine: template, values: values, in: call)
        var path = destination
        if path.isEmpty, let url = WebURL(source) { path = FileCache(call: call, saltenv: saltenv ?? call.saltenv).externalPath(url) ?? "" }
        guard !path.isEmpty, try await hasFolder(for: path, makedirs || destination.isEmpty, call) else { return "" }
        // Salt moves a private file of its own to the place.
        try await call.host.write(path, Array(text.utf8), FileAttributes(mode: 0o600))
        return path
    }

    private static func getFolder(
        _ call: CallContext, source: String, destination: String, saltenv: String?, template: String?, ignored: ValueMap
    ) async throws -> [String] {
        let source = try await rendered(source, template, call, saltenv)
        let destination = try await rendered(destination, template, call, saltenv)
        guard SourceReader.isSalt(source) else { throw ExecutionError("Unsupported path: \(source)") }
        let reader = reader(call, saltenv)
        let place = reader.saltPath(source)
        let folder = place.path.split(separator: "/", omittingEmptySubsequences: false).reversed().drop { $0.isEmpty }.reversed().joined(separator: "/")
        let above = folder.split(separator: "/").dropLast().joined(separator: "/")
        func target(_ path: String) -> String { "\(destination)/\(above.isEmpty ? path : String(path.dropFirst(above.count + 1)))" }
        let files = call.services.files
        var made: [String] = []
        for path in try await files.list(saltenv: place.saltenv) where path.hasPrefix(folder + "/") {
            guard let file = try await files.fetch(path, saltenv: place.saltenv) else { continue }
            made.append(try await put(file, "salt://\(path)", target(path), true, place.saltenv, call).pythonString)
        }
        for path in try await files.emptyDirectories(saltenv: place.saltenv) where path.hasPrefix(folder + "/") {
            try await call.host.makeDirectories(target(path))
            made.append(target(path))
        }
        return made.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func push(_ call: CallContext, path: String, options: ValueMap) async throws -> Value {
        if path.contains("../") || !path.hasPrefix("/") { return false }
        guard try await call.host.exists(path) else { return false }
        throw ExecutionError("\(call.function): there is no master here that takes files of minions")
    }

    // MARK: Digests and modes

    private static func hashFile(_ call: CallContext, source: String, saltenv: String?) async throws -> Value {
        let algorithm = HashAlgorithm(rawValue: call.services.options["hash_type"]?.stringValue ?? "sha256") ?? .sha256
        func result(_ digest: String) -> Value { ["hsum": .string(digest), "hash_type": .string(algorithm.rawValue)] }
        if SourceReader.isSalt(source) {
            guard let file = try await reader(call, saltenv).file(source) else { return "" }
            return result(try await LocalHost().digest(file.localPath, algorithm))
        }
        guard source.hasPrefix("/"), try await call.host.isFile(source) else { return [[:], .null] }
        return result(try await call.host.digest(source, algorithm))
    }

    private static func modeOfFile(_ call: CallContext, source: String, saltenv: String?, octal: Bool) async throws -> Value {
        guard !SourceReader.isRemote(source), let file = try await reader(call, saltenv).file(source) else { return .null }
        return octal ? .string(FileMode(bits: file.mode).text) : .int(0o100000 | file.mode)
    }
}
