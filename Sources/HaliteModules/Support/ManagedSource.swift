import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Where the content of a managed file comes from: the `source` of a state, resolved and fetched as Salt does.
struct ManagedSource: Sendable {
    /// A reason why the content cannot be had, in Salt's words.
    struct Failure: Error {
        let comment: String
        /// Whether Salt has an exception here, which under `test=True` nobody catches.
        let isRaised: Bool

        init(_ comment: String, isRaised: Bool = false) {
            self.comment = comment
            self.isRaised = isRaised
        }
    }

    /// What tells whether a file holds the source.
    enum Sum: Sendable {
        /// Nothing is known: nothing is foreseen, and the file is written.
        case unknown
        case digest(SourceHash)
        case content
    }

    struct Fetched: Sendable {
        let source: String
        var content: FileContent
        var sum: Sum
        /// Whether Salt has a file at hand before it compares; only then it foresees the mode of `mode: keep`.
        var isAtHand: Bool
        var mode: Int?

        /// Where it lies; nil when it is in memory.
        var path: String? {
            switch content {
            case .bytes: nil
            case .local(let path), .onHost(let path): path
            }
        }
    }

    let call: CallContext
    /// The path of the managed file, for digests in files and for messages.
    let path: String
    var hashText: String?
    var hashName: String?
    var skipsVerification = false
    var manner = FileCache.Manner()
    /// The signature that a file of digests must have.
    var hashSignature: SignatureCheck?

    private var host: any Host { call.host }
    var reader: SourceReader { SourceReader(call: call, saltenv: call.saltenv, manner: manner) }

    static func isRemote(_ source: String) -> Bool { SourceReader.isRemote(source) }

    /// The one source, or the first of a list that exists, and the hash that belongs to it.
    func choose(_ source: Value) async throws -> (source: String, hash: String?) {
        guard case .list(let list) = source else { return (source.pythonString, hashText) }
        for candidate in list {
            if case .map(let map) = candidate {
                guard map.count == 1, let (key, value) = map.first else { continue }
                if try await reader.exists(key.pythonString) { return (key.pythonString, value.isTruthy ? value.pythonString : hashText) }
            } else if try await reader.exists(candidate.pythonString) {
                return (candidate.pythonString, hashText)
            }
        }
        throw ExecutionError("none of the specified sources were found")
    }

    /// - Parameter template: whether the content will be rendered, and so has to be at hand.
    func fetch(_ source: String, hash: String?, template: Bool) async throws -> Fetched {
        if SourceReader.isSalt(source) { return try await fromMaster(source, template: template) }
        if Self.isRemote(source) { return try await fromElsewhere(source, hash) }
        let place = source.hasPrefix("file://") ? Self.withoutTrailingSlash(String(source.dropFirst(7))) : source
        guard let status = try await host.status(place) else { throw Failure("Local file source \(place) does not exist") }
        var sum = Sum.content
        if let hash, !hash.isEmpty { sum = skipsVerification ? .unknown : .digest(try await sourceHash(hash, source)) }
        return Fetched(source: source, content: .onHost(place), sum: sum, isAtHand: true, mode: status.mode)
    }

    private func fromMaster(_ source: String, template: Bool) async throws -> Fetched {
        let place = reader.saltPath(source)
        guard let file = try await call.services.files.fetch(place.path, saltenv: place.saltenv) else {
            throw Failure("Source file \(source) not found in saltenv '\(call.saltenv)'")
        }
        return Fetched(source: source, content: .local(file.localPath), sum: .content, isAtHand: template, mode: file.mode)
    }

    private func fromElsewhere(_ source: String, _ hash: String?) async throws -> Fetched {
        var sum = Sum.unknown
        var known: SourceHash?
        if !skipsVerification {
            if let hash, !hash.isEmpty {
                let wanted = try await sourceHash(hash, source)
                (sum, known) = (.digest(wanted), wanted)
            } else if !manner.usesTag {
                let shown = WebURL.redacted(source)
                throw Failure("Unable to verify upstream hash of source file \(shown), please set source_hash or set skip_verify to True")
            }
        } else if let copy = WebURL(source).flatMap({ FileCache(call: call, saltenv: call.saltenv).externalPath($0) }),
            try await host.isFile(copy)
        {
            // Where nothing is verified, a copy in the cache is as good as what is there now; `keep_source: False` keeps none.
            return Fetched(source: source, content: .onHost(copy), sum: .content, isAtHand: true, mode: nil)
        }
        let file: CachedFile?
        do {
            file = try await reader.file(source, hash: manner.usesTag ? nil : known)
        } catch let error as ExecutionError {
            throw Failure("\(error)")
        }
        guard let file else { throw Failure("Source file '\(WebURL.redacted(source))' not found") }
        return Fetched(source: source, content: .onHost(file.localPath), sum: sum, isAtHand: true, mode: nil)
    }

    /// Whether the file that is there has the digest of a source that is neither the file server's nor the host's: nothing is
    /// fetched then. What is wrong with the source shows itself later.
    func isHeld(_ source: Value) async throws -> Bool {
        guard let chosen = try? await choose(source), let hash = chosen.hash, !hash.isEmpty, Self.isRemote(chosen.source) else { return false }
        do {
            let wanted = try await SourceHash.find(
                hash, source: chosen.source, name: path, entry: hashName, reader: reader, signature: hashSignature)
            guard try await host.isFile(path) else { return false }
            return try await host.digest(path, wanted.algorithm) == wanted.digest
        } catch is SourceHash.Invalid {
            return false
        } catch is ExecutionError {
            return false
        }
    }

    private func sourceHash(_ text: String, _ source: String) async throws -> SourceHash {
        do {
            return try await SourceHash.find(
                text, source: source, name: path, entry: hashName, reader: reader, signature: hashSignature)
        } catch let error as SourceHash.Invalid {
            throw Failure("Unable to manage file: \(error)")
        } catch let error as ExecutionError {
            throw Failure("\(error)", isRaised: true)
        }
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        var path = path
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
