import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The file of a package that is installed from elsewhere than a repository.
enum PackageFile {
    /// A path on the host: that of a local file itself, or of a copy in the cache.
    static func place(_ source: String, _ call: CallContext) async throws -> String {
        if source.hasPrefix("/") {
            guard try await call.host.exists(source) else { throw ExecutionError("\(source) does not exist on minion") }
            return source
        }
        let cache = FileCache(call: call, saltenv: call.saltenv)
        if SourceReader.isRemote(source) { return try await cache.download(source) }
        let reader = SourceReader(call: call, saltenv: call.saltenv)
        guard let content = try await reader.content(source) else { throw ExecutionError("file not found") }
        let (path, saltenv) = reader.saltPath(source)
        let target = FileCache(call: call, saltenv: saltenv).servedPath(path)
        try await call.host.makeDirectories(Path.parent(target) ?? "/", FileAttributes(mode: 0o700))
        try await call.host.write(target, content.bytes, FileAttributes(mode: 0o600))
        return target
    }

    /// The places of several packages, in the words of `pkg.install`.
    static func place(_ sources: [Value], _ call: CallContext) async throws -> [(name: String, path: String)] {
        var placed: [(name: String, path: String)] = []
        for entry in sources {
            guard case .map(let map) = entry, map.count == 1, let (name, source) = map.first else {
                throw ExecutionError("Invalidly formatted 'sources' parameter. See minion log.")
            }
            let text = source.pythonString
            if text.hasPrefix("/") {
                placed.append((name.pythonString, text))
                continue
            }
            guard text.contains("://") else {
                throw ExecutionError("Path \(text) for package \(name.pythonString) is either not absolute or an invalid protocol")
            }
            do { placed.append((name.pythonString, try await place(text, call))) } catch is ExecutionError {
                throw ExecutionError("Unable to cache source \(text) for package \(name.pythonString)")
            }
        }
        return placed
    }
}
