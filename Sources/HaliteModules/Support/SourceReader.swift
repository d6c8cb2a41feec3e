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
            if try await call.services.files.fetch(path, saltenv: environment) != nil { return true }
            let prefix = path.hasSuffix("/") ? path : path + "/"
            return try await call.services.files.list(saltenv: environment).contains { $0.hasPrefix(prefix) }
        }
        // What is fetched here stays in the cache for whoever reads it next.
        if Self.isRemote(source) { return (try? await FileCache(call: call, saltenv: saltenv).download(source)) != nil }
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
            return try await FileCache(call: call, saltenv: saltenv).download(source, hash: hash)
        } catch let error as ExecutionError {
            throw ExecutionError("Failed to cache \(WebURL(source)?.text ?? source): \(error)")
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

/// The `source_hash` of a download: a digest, `sha256=…`, or a file that lists digests.
struct SourceHash: Sendable, Equatable {
    let algorithm: HashAlgorithm
    let digest: String

    /// - Parameter entry: the name to look for in a file of digests.
    static func find(_ text: String, source: String, name: String, entry: String?, reader: SourceReader) async throws -> SourceHash {
        if let direct = try parse(text) { return direct }
        if SourceReader.isSalt(text) || SourceReader.isRemote(text) || text.hasPrefix("/") || text.hasPrefix("file://") {
            guard let file = try await reader.content(text) else {
                throw ExecutionError("Source hash file \(text) not found")
            }
            if let found = try search(String(decoding: file.bytes, as: UTF8.self), source: source, name: name, entry: entry) { return found }
        }
        throw ExecutionError(
            "Source hash \(text) format is invalid. The supported formats are: 1) a hash, 2) an expression in the format <hash_type>=<hash>, or 3) either a path to a local file containing hashes, or a URI of a remote hash file. Supported protocols for remote hash files are: salt, file, http, https, ftp, swift, s3. The hash may also not be of a valid length, the following are supported hash types and lengths: md5 (32), sha1 (40), sha224 (56), sha256 (64), sha384 (96), sha512 (128)."
        )
    }

    private static let lengths = ["sha512": 128, "sha384": 96, "sha256": 64, "sha224": 56, "sha1": 40, "md5": 32]

    static func parse(_ text: String) throws -> SourceHash? {
        let equation = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).stripped() }
        if equation.count == 2, !text.hasPrefix("/"), !text.contains("://") {
            let (kind, digest) = (equation[0], equation[1])
            guard let wanted = lengths[kind] else {
                throw ExecutionError(
                    "Invalid hash type '\(kind)'. Supported hash types are: sha512, sha384, sha256, sha224, sha1, md5. Either remove the hash type and simply use '\(digest)' as the source_hash, or change the hash type to a supported type."
                )
            }
            let length = digest.utf8.count
            if let meant = lengths.first(where: { $0.value == length })?.key, length != wanted {
                throw ExecutionError(
                    "Invalid length (\(length)) for hash type '\(kind)'. Either remove the hash type and simply use '\(digest)' as the source_hash, or change the hash type to '\(meant)'")
            }
        }
        let pair = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }.map(String.init)
        if pair.count == 2, let algorithm = HashAlgorithm(rawValue: pair[0].lowercased()), isDigest(pair[1]) {
            return SourceHash(algorithm: algorithm, digest: pair[1].stripped().lowercased())
        }
        if isDigest(text), let algorithm = HashAlgorithm(digestLength: text.utf8.count) {
            return SourceHash(algorithm: algorithm, digest: text.lowercased())
        }
        return nil
    }

    private static func isDigest(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit } }

    private static func search(_ text: String, source: String, name: String, entry: String?) throws -> SourceHash? {
        let digest = try PythonRegex.compile("(?i)(?<![a-z0-9])([a-f0-9]{32,128})(?![a-z0-9])")
        var partial: SourceHash?
        var found: [String: SourceHash] = [:]
        for line in PythonLines.split(text).map({ $0.stripped() }) {
            guard let match = try digest.search(line), let hex = match.text(1, of: line),
                let algorithm = HashAlgorithm(digestLength: hex.utf8.count)
            else { continue }
            let hash = SourceHash(algorithm: algorithm, digest: hex.lowercased())
            partial = partial ?? hash
            for (kind, wanted) in [("entry", entry), ("name", Path.name(name)), ("source", Path.name(source))] {
                guard let wanted, !wanted.isEmpty, found[kind] == nil else { continue }
                if line == wanted || line.hasPrefix(wanted + " ") || " \t\\/*".contains(where: { line.hasSuffix("\($0)\(wanted)") }) {
                    found[kind] = hash
                }
            }
        }
        return found["entry"] ?? found["name"] ?? found["source"] ?? partial
    }
}
