import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct CachedSettings: ArgumentGroup {
        var sourceHash: String?
        var sourceHashName: String?
        var skipVerify = false
        var saltenv = "base"
        var manner = FileCache.Manner()
        var hashSignature: Value = .null
        var keys = SignatureCheck.Keys()
        static let fields: [ArgumentField<CachedSettings>] = [
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("skip_verify", \.skipVerify, "Take a download without a digest."),
            .field("saltenv", \.saltenv, "The environment of salt:// files."),
            .field("use_etag", \.manner.usesTag, "Take a download without a digest; a server that knows its ETag sends it once."),
            .field("source_hash_sig", \.hashSignature, "The signature that the file of digests must have."),
            .field("signed_by_any", \.keys.any, "Fingerprints of keys of which one must have signed."),
            .field("signed_by_all", \.keys.all, "Fingerprints of keys that must all have signed."),
            .field("keyring", \.keys.keyring, "The key ring that is used."),
            .field("gnupghome", \.keys.home, "The folder of gpg that is used."),
            .field("sig_backend", \.keys.backend, "What checks signatures: gpg."),
        ]
    }

    static func cached(_ state: StateContext, _ settings: CachedSettings) async throws -> StateResult {
        let copy = CachedSource(state: state, source: state.name, saltenv: settings.saltenv, manner: settings.manner)
        var hash: SourceHash?
        if let text = settings.sourceHash, !text.isEmpty {
            do {
                hash = try await SourceHash.find(
                    text, source: state.name, name: "", entry: settings.sourceHashName, reader: copy.reader,
                    signature: SignatureCheck(settings.hashSignature, settings.keys))
            } catch let error as SourceHash.Invalid {
                return state.failed("\(error)")
            }
        } else if SourceReader.isRemote(state.name), !settings.skipVerify, !settings.manner.usesTag {
            return state.failed(
                "Unable to verify upstream hash of source file \(WebURL.redacted(state.name)), please set source_hash or set skip_verify or use_etag to True"
            )
        }
        let wanted = hash
        return try await state.either(
            would: { try await copy.foresee(wanted) },
            do: { try await copy.fetch(settings.skipVerify ? nil : wanted, algorithm: wanted?.algorithm) })
    }

    static func notCached(_ state: StateContext, name: String, saltenv: String) async throws -> StateResult {
        let copy = CachedSource(state: state, source: name, saltenv: saltenv)
        if let local = copy.localPath {
            return state.unchanged("File \(try await state.call.host.resolved(local)) is a local path, no action taken")
        }
        guard let path = copy.cachePath, try await state.call.host.exists(path) else { return state.unchanged("\(name) is not cached") }
        // Salt deletes it under test=True, too; here that only tells.
        return try await state.change(["deleted": true], would: "\(path) would be deleted", did: "\(path) was deleted") {
            try await state.call.host.remove(path)
            return nil
        }
    }
}

/// The copy of a source in the minion's cache.
private struct CachedSource: Sendable {
    let state: StateContext
    let source: String
    let saltenv: String
    var manner = FileCache.Manner()

    private var host: any Host { state.call.host }
    var reader: SourceReader { SourceReader(call: state.call, saltenv: saltenv) }

    /// The path of a source that lies on the host; nil of others.
    var localPath: String? {
        if source.hasPrefix("file://") { return String(source.dropFirst(7)) }
        return source.contains("://") ? nil : source
    }

    var cachePath: String? {
        if SourceReader.isSalt(source) {
            let place = reader.saltPath(source)
            return FileCache(call: state.call, saltenv: place.saltenv).servedPath(place.path)
        }
        return WebURL(source).flatMap { FileCache(call: state.call, saltenv: saltenv).externalPath($0) }
    }

    func foresee(_ hash: SourceHash?) async throws -> StateResult {
        var comment = "File will be cached: \(source)"
        if localPath == nil, let known = cachePath, try await host.isFile(known) {
            if let hash {
                let isSame = try await host.digest(known, .sha256) == hash.digest
                comment = isSame ? "File already cached: \(source)" : "Hashes don't match.\nFile will be cached: \(source)"
            } else {
                comment = "No hash found. File will be cached: \(source)"
            }
        }
        return StateResult(name: source, result: nil, comment: comment)
    }

    /// - Parameter hash: what the copy must have; nil where it is not verified.
    func fetch(_ hash: SourceHash?, algorithm: HashAlgorithm?) async throws -> StateResult {
        if let localPath { return try await inspect(localPath, hash) }
        guard let path = cachePath else { return state.failed("Only URLs or local file paths are valid input") }
        let kind = algorithm ?? .sha256
        let old = try await host.isFile(path) ? try await host.digest(path, kind) : nil
        if hash == nil || old != hash?.digest {
            do {
                guard try await store(path) else {
                    return state.failed("Failed to cache \(WebURL.redacted(source)), check minion log for more information")
                }
            } catch let error as ExecutionError {
                return state.failed("\(error)")
            }
        }
        let new = try await host.digest(path, kind)
        let changes: ValueMap = old == new ? [:] : ["hash": ["old": old.value, "new": .string(new)]]
        guard let hash else { return StateResult(name: source, result: true, comment: "File is cached to \(path)", changes: changes) }
        if new == hash.digest {
            return StateResult(
                name: source, result: true, comment: "File is already cached to \(path) with hash \(new)", changes: changes)
        }
        return StateResult(
            name: source, result: false,
            comment: "File is cached to \(path), but the hash (\(new)) does not match the specified hash (\(hash.digest))", changes: changes
        )
    }

    private func inspect(_ given: String, _ hash: SourceHash?) async throws -> StateResult {
        let path = try await host.resolved(given)
        guard try await host.exists(path) else { return state.failed("File \(path) is not present on the minion") }
        guard let hash else { return state.unchanged("File \(path) is present on the minion") }
        let actual = try await host.digest(path, hash.algorithm)
        if actual == hash.digest { return state.unchanged("File \(path) is present on the minion and has hash \(actual)") }
        return state.failed(
            "File \(path) is present on the minion, but the hash (\(actual)) does not match the specified hash (\(hash.digest))")
    }

    /// False when there is no such source.
    private func store(_ path: String) async throws -> Bool {
        if SourceReader.isSalt(source) {
            let place = reader.saltPath(source)
            guard let file = try await state.call.services.files.fetch(place.path, saltenv: place.saltenv) else { return false }
            if file.localPath == path { return true }
            try await host.makeDirectories(Path.parent(path) ?? "/")
            try await host.put(localFile: file.localPath, to: path, FileAttributes())
            return true
        }
        return try await FileCache(call: state.call, saltenv: saltenv).download(source, manner) == path
    }
}
