import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Brings the content behind a `source`: `salt://`, a path on the host, `file://`, `http(s)://`, `s3://`.
struct SourceReader: Sendable {
    struct Content: Sendable {
        var bytes: [UInt8]
        /// The permission bits of the source; nil when they are not known.
        var mode: Int?
    }

    let call: CallContext
    let saltenv: String
    var manner = FileCache.Manner()

    static func isRemote(_ source: String) -> Bool {
        ["http://", "https://", "ftp://", "s3://", "swift://"].contains { source.lowercased().hasPrefix($0) }
    }

    static func isSalt(_ source: String) -> Bool { source.hasPrefix("salt://") }

    /// The path of a `salt://` source and the environment that `?saltenv=` names.
    func saltPath(_ source: String) -> (path: String, saltenv: String) {
        var path = source.hasPrefix("salt://") ? String(source.dropFirst(7)) : source
        // A bar says that the path itself may hold question marks.
        if path.hasPrefix("|") { return (String(path.dropFirst()), saltenv) }
        path = String(path.drop { $0 == "/" })
        var environment = saltenv
        // `?env=` is of Salt's first years and has no effect.
        if let range = path.firstRange(of: "?env=") { return (String(path[..<range.lowerBound]), environment) }
        if let range = path.firstRange(of: "?saltenv=") {
            environment = String(path[range.upperBound...])
            path = String(path[..<range.lowerBound])
        }
        return (path, environment)
    }

    func exists(_ source: String) async throws -> Bool {
        if Self.isSalt(source) {
            let (path, environment) = saltPath(source)
            // Salt looks for the name as it is among those of all files and folders: `./a` and `a//b` are none of them.
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            if parts.contains(where: { $0.isEmpty || $0 == "." }) { return false }
            if try await call.services.files.fetch(path, saltenv: environment) != nil { return true }
            return try await call.services.files.list(saltenv: environment).contains { $0.hasPrefix(path + "/") }
        }
        if Self.isRemote(source) { return await FileCache(call: call, saltenv: saltenv).exists(source) }
        let path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
        return path.hasPrefix("/") ? try await call.host.exists(path) : false
    }

    /// A file on the host with the content, for whoever streams it; nil when there is none.
    /// - Parameter hash: a copy in the cache that has it is not fetched again.
    func file(_ source: String, hash: SourceHash? = nil) async throws -> CachedFile? {
        if Self.isSalt(source) {
            let (path, environment) = saltPath(source)
            return try await call.services.files.fetch(path, saltenv: environment)
        }
        if Self.isRemote(source) {
            return CachedFile(localPath: try await download(source, hash), mode: 0o644)
        }
        let path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
        guard path.hasPrefix("/"), let status = try await call.host.status(path), status.kind == .file else { return nil }
        return CachedFile(localPath: path, mode: status.mode)
    }

    private func download(_ source: String, _ hash: SourceHash?) async throws -> String {
        do {
            return try await FileCache(call: call, saltenv: saltenv).download(source, hash: hash, manner)
        } catch let error as ExecutionError {
            throw ExecutionError("Failed to cache \(WebURL.redacted(source)): \(error)")
        }
    }

    /// The content, or nil when there is none.
    func content(_ source: String) async throws -> Content? {
        if Self.isSalt(source) {
            let (path, environment) = saltPath(source)
            guard let file = try await call.services.files.fetch(path, saltenv: environment) else { return nil }
            // The cache is on the machine of this process, wherever the host is.
            return Content(bytes: try await LocalHost().read(file.localPath), mode: file.mode)
        }
        if Self.isRemote(source) {
            return Content(bytes: try await call.host.read(try await download(source, nil)), mode: nil)
        }
        let path = source.hasPrefix("file://") ? String(source.dropFirst(7)) : source
        guard path.hasPrefix("/"), let status = try await call.host.status(path), status.kind == .file else { return nil }
        return Content(bytes: try await call.host.read(path), mode: status.mode)
    }

    /// The first of several sources that exists, as `file.managed` takes a list.
    func firstExisting(_ sources: [Value], hash: String?) async throws -> (source: String, hash: String?) {
        if sources.count == 1, case .string(let only) = sources[0] { return (only, hash) }
        for candidate in sources {
            if case .map(let map) = candidate, let (key, value) = map.first {
                if try await exists(key.pythonString) { return (key.pythonString, value.isTruthy ? value.pythonString : hash) }
            } else if try await exists(candidate.pythonString) {
                return (candidate.pythonString, hash)
            }
        }
        throw ExecutionError("none of the specified sources were found")
    }
}
