import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What the cache keeps, and what the server has.
extension CpModule {
    // MARK: Cache

    static func cacheFile(
        _ call: CallContext, source: String, saltenv: String?, hash: String?, verifiesCertificates: Bool, usesTag: Bool
    ) async throws -> Value {
        let reader = reader(call, saltenv)
        if SourceReader.isSalt(source) {
            let place = reader.saltPath(source)
            guard let file = try await call.services.files.fetch(place.path, saltenv: place.saltenv) else { return false }
            return .string(try await FileCache(call: call, saltenv: place.saltenv).keep(file, as: place.path))
        }
        if SourceReader.isRemote(source) {
            let cache = FileCache(call: call, saltenv: reader.saltenv)
            let manner = FileCache.Manner(verifiesCertificates: verifiesCertificates, usesTag: usesTag)
            return .string(try await cache.download(source, hash: hash.flatMap(SourceHash.of), manner))
        }
        let path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
        guard path.hasPrefix("/") else { throw ExecutionError("Path '\(path)' is not absolute") }
        return .string(path)
    }

    private static func cached(_ call: CallContext, _ source: String, _ saltenv: String?) async throws -> Value {
        try await cacheFile(call, source: source, saltenv: saltenv, hash: nil, verifiesCertificates: true, usesTag: false)
    }

    static func cacheFiles(_ call: CallContext, sources: Value, saltenv: String?) async throws -> [Value] {
        var paths: [Value] = []
        let names = sources.listValue?.map(\.pythonString) ?? sources.pythonString.split(separator: ",").map { String($0) }
        for source in names { paths.append(try await cached(call, source, saltenv)) }
        return paths
    }

    static func cacheFolder(
        _ call: CallContext, source: String, saltenv: String?, includeEmpty: Bool, include: String?, exclude: String?
    ) async throws -> [Value] {
        guard SourceReader.isSalt(source) else { throw ExecutionError("Unsupported path: \(source)") }
        let place = reader(call, saltenv).saltPath(source)
        let environment = saltenv ?? call.saltenv
        let folder = place.path.hasSuffix("/") ? place.path : place.path + "/"
        let pattern = FilePattern(include: include, exclude: exclude)
        let files = call.services.files
        var paths: [Value] = []
        for path in try await files.list(saltenv: environment) where path.hasPrefix(folder) && pattern.takes(path) {
            let kept = try await cached(call, "salt://\(path)", environment)
            if kept.isTruthy { paths.append(kept) }
        }
        guard includeEmpty else { return paths }
        let cache = FileCache(call: call, saltenv: environment)
        for path in try await files.emptyDirectories(saltenv: environment) where path.hasPrefix(folder) {
            try await LocalHost().makeDirectories(cache.servedPath(path))
            paths.append(.string(cache.servedPath(path)))
        }
        return paths
    }

    static func cacheMaster(_ call: CallContext, saltenv: String?) async throws -> [Value] {
        var paths: [Value] = []
        for path in try await call.services.files.list(saltenv: saltenv ?? call.saltenv) {
            paths.append(try await cached(call, "salt://\(path)", saltenv))
        }
        return paths
    }

    static func cacheLocalFile(_ call: CallContext, path: String) async throws -> String {
        guard try await call.host.exists(path) else { return "" }
        let known = try await isCached(call, path: path, saltenv: nil)
        if !known.isEmpty, try await call.host.digest(path, .sha256) == LocalHost().digest(known, .sha256) { return known }
        return try await FileCache(call: call, saltenv: call.saltenv).keepLocal(path)
    }

    static func cachePlace(_ call: CallContext, source: String, saltenv: String?) async throws -> String {
        let reader = reader(call, saltenv)
        if SourceReader.isSalt(source) {
            let place = reader.saltPath(source)
            return FileCache(call: call, saltenv: place.saltenv).servedPath(place.path)
        }
        guard let url = WebURL(source) else { return source }
        return FileCache(call: call, saltenv: reader.saltenv).externalPath(url) ?? "Invalid path"
    }

    static func isCached(_ call: CallContext, path source: String, saltenv: String?) async throws -> String {
        let reader = reader(call, saltenv)
        let place = reader.saltPath(source)
        let cache = FileCache(call: call, saltenv: place.saltenv)
        var candidates = [cache.servedPath(place.path), cache.localPath(place.path)]
        if let url = WebURL(source), let path = cache.externalPath(url) { candidates.append(path) }
        for candidate in candidates where try await LocalHost().exists(candidate) { return candidate }
        return ""
    }

    static func listCached(_ call: CallContext, saltenv: String?) async throws -> [String] {
        let cache = FileCache(call: call, saltenv: saltenv ?? call.saltenv)
        var folders = [cache.servedPath(""), cache.localPath("")]
        var files: [String] = []
        while let folder = folders.popLast() {
            guard try await LocalHost().isDirectory(folder) else { continue }
            for name in try await LocalHost().list(folder) {
                let path = Path.join(folder, name)
                if try await LocalHost().isDirectory(path) { folders.append(path) } else { files.append(path) }
            }
        }
        return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    // MARK: Server

    private static func beginning(_ names: [String], _ prefix: String) -> [String] {
        let prefix = prefix.split(separator: "/").joined(separator: "/")
        return names.filter { $0.hasPrefix(prefix) }
    }

    static func list(_ call: CallContext, saltenv: String?, prefix: String) async throws -> [String] {
        beginning(try await call.services.files.list(saltenv: saltenv ?? call.saltenv), prefix)
    }

    static func listFolders(_ call: CallContext, saltenv: String?, prefix: String) async throws -> [String] {
        beginning(try await call.services.files.directories(saltenv: saltenv ?? call.saltenv), prefix)
    }

    static func listLinks(_ call: CallContext, saltenv: String?, prefix: String) async throws -> ValueMap {
        let links = try await call.services.files.links(saltenv: saltenv ?? call.saltenv)
        let names = Set(beginning(links.keys.map(\.pythonString), prefix))
        return ValueMap(links.filter { names.contains($0.key.pythonString) }.map { ($0.key, $0.value) })
    }

    static func listStates(_ call: CallContext, saltenv: String?) async throws -> [String] {
        let names = try await call.services.files.list(saltenv: saltenv ?? call.saltenv).compactMap { file -> String? in
            guard file.hasSuffix(".sls") else { return nil }
            let name = file.hasSuffix("/init.sls") ? file.dropLast(9) : file.dropLast(4)
            return name.split(separator: "/").joined(separator: ".")
        }
        return Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// `include_pat` and `exclude_pat`: a glob, or `E@` and a regular expression.
struct FilePattern {
    let include: String?
    let exclude: String?

    func takes(_ path: String) -> Bool {
        if let include, !include.isEmpty, !Self.matches(path, include) { return false }
        if let exclude, !exclude.isEmpty, Self.matches(path, exclude) { return false }
        return true
    }

    private static func matches(_ path: String, _ pattern: String) -> Bool {
        guard pattern.hasPrefix("E@") else { return GlobPattern(pattern).matches(path) }
        return (try? PythonRegex.compile(String(pattern.dropFirst(2))).matches(path, .anywhere)) ?? false
    }
}
