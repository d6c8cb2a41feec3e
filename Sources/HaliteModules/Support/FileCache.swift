import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The minion's cache of files that came from elsewhere, laid out as Salt does: `files/ENV/PATH` for those of the file server,
/// `extrn_files/ENV/HOST/PATH` for those of the web, `localfiles/PATH` for copies of the host's own.
struct FileCache: Sendable {
    let call: CallContext
    let saltenv: String

    /// More is no name for a file.
    private static let nameLimit = 240

    private var root: String { call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite/minion" }

    func servedPath(_ path: String) -> String { Path.join(root, "files", Self.below(saltenv), Self.below(path)) }

    func localPath(_ path: String) -> String { Path.join(root, "localfiles", Self.below(path)) }

    /// Where a URL is kept; nil when it would lead out of the cache.
    func externalPath(_ url: WebURL) -> String? {
        let host = url.host.split(separator: ":").joined()
        var name = url.query.isEmpty ? url.path : "\(url.path)-\(url.query)"
        let folder = Path.join(root, "extrn_files", saltenv, Self.below(host))
        let place = Path.normalised(folder + "/" + name)
        guard !host.contains("/"), host != "..", place == folder || place.hasPrefix(folder + "/") else { return nil }
        if name.utf8.count > Self.nameLimit { name = Digest.hexadecimal(Array(name.utf8), .sha256) }
        return Path.join(folder, Self.below(name))
    }

    /// A path that cannot lead upwards or begin anew.
    private static func below(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." && $0 != ".." }.joined(separator: "/")
    }

    /// Copies a file of the file server into the cache when it is not there yet, and returns where.
    func keep(_ file: CachedFile, as path: String) async throws -> String {
        // A minion with a master has it there already.
        if file.localPath.hasPrefix(Path.join(root, "files") + "/") { return file.localPath }
        let target = servedPath(path)
        let host = LocalHost()
        if let old = try await host.status(target), old.kind == .file, let new = try await host.status(file.localPath), old.size == new.size,
            try await host.digest(target, .sha256) == host.digest(file.localPath, .sha256)
        {
            return target
        }
        try await makeRoom(for: target)
        try await host.put(localFile: file.localPath, to: target, FileAttributes(mode: 0o600))
        return target
    }

    /// Copies a file of the host.
    func keepLocal(_ path: String) async throws -> String {
        let target = localPath(path)
        try await makeRoom(for: target)
        try await LocalHost().put(localFile: path, to: target, FileAttributes())
        return target
    }

    /// Makes the folders of a cached file; what was a file or a folder before gives way.
    private func makeRoom(for target: String) async throws {
        let host = LocalHost()
        let folder = Path.parent(target) ?? "/"
        if try await host.isFile(folder) { try await host.remove(folder) }
        try await host.makeDirectories(folder, FileAttributes(mode: 0o700))
        if try await host.isDirectory(target) { try await host.remove(target) }
    }

    /// How a download is done.
    struct Manner: Sendable {
        var verifiesCertificates = true
        /// Asks the server by the `ETag` of the last time whether the content is another one.
        var usesTag = false
    }

    /// Downloads a URL into the cache and returns where; one with the wanted digest is not fetched again.
    func download(_ source: String, hash: SourceHash? = nil, _ manner: Manner = Manner()) async throws -> String {
        guard let url = WebURL(source), let target = externalPath(url) else { throw ExecutionError("Invalid path: \(source)") }
        // Once in a state run is enough: the web cannot be asked what has changed.
        let memory = "cp.cache_file_|-\(source)_|-\(saltenv)"
        if let known = call.memory[memory]?.stringValue, try await call.host.isFile(known) { return known }
        if let hash, try await call.host.isFile(target), try await call.host.digest(target, hash.algorithm) == hash.digest { return target }
        let download = try request(url, manner)
        try await call.host.makeDirectories(Path.parent(target) ?? "/", FileAttributes(mode: 0o700))
        do {
            let tagPath = target + ".etag"
            let answer = try await download.save(to: target, on: call.host, unlessTagged: manner.usesTag ? try await tag(target, tagPath) : nil)
            if manner.usesTag, let tag = answer.tag, !answer.isKnown {
                try await call.host.write(tagPath, Array(tag.utf8), FileAttributes(mode: 0o600))
            }
        } catch {
            throw ExecutionError("Error: \(error) reading \(url.path)")
        }
        call.memory[memory] = .string(target)
        return target
    }

    /// The `ETag` of a file in the cache.
    private func tag(_ target: String, _ tagPath: String) async throws -> String? {
        guard try await call.host.isFile(target), try await call.host.isFile(tagPath) else { return nil }
        return String(decoding: try await call.host.read(tagPath, limit: 4096), as: UTF8.self).stripped()
    }

    /// Whether the web has it. What is signed for being fetched is fetched.
    func exists(_ source: String) async -> Bool {
        if WebURL(source)?.scheme == "s3" { return (try? await download(source)) != nil }
        guard let url = WebURL(source), let download = try? request(url, Manner()) else { return false }
        return await download.exists(on: call.host)
    }

    private func request(_ url: WebURL, _ manner: Manner) throws -> WebDownload {
        switch url.scheme {
        case "http", "https":
            var download = WebDownload(url, options: call.services.options)
            download.verifiesCertificates = manner.verifiesCertificates
            return download
        case "s3":
            let settings = S3Request.Settings(options: call.services.options, pillar: call.pillar) { HostEnvironment.value($0) }
            return try S3Request(bucket: url.host, object: String(url.path.drop { $0 == "/" }), settings: settings)
                .download(options: call.services.options)
        case "ftp", "swift":
            throw ExecutionError("Error: sources of the kind '\(url.scheme)://' are not supported (salt, http, https, s3, file are) reading \(url.path)")
        default: throw ExecutionError("Unsupported url scheme: \(url.text)")
        }
    }
}
