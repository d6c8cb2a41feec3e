import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The `source_hash` of a download: a digest, `sha256=…`, or a file that lists digests.
struct SourceHash: Sendable, Equatable {
    let algorithm: HashAlgorithm
    let digest: String

    /// An error of what is said about a digest, rather than of fetching the file that lists it.
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    /// The digest that is meant. A text that means none is `Invalid`; a file of digests that cannot be had is another error.
    /// - Parameter entry: the name to look for in a file of digests.
    static func find(
        _ text: String, source: String, name: String, entry: String?, reader: SourceReader, signature: SignatureCheck? = nil
    ) async throws -> SourceHash {
        guard let file = try await listing(text, reader) else { return try parse(text) }
        if let signature, !text.hasPrefix("/") { try await signature.check(file, reader) }
        let host: any Host = SourceReader.isSalt(text) ? LocalHost() : reader.call.host
        let bytes: [UInt8]
        do { bytes = try await host.read(file) } catch let error as HostError { throw ExecutionError(error.pythonText) }
        guard let lines = String(validating: bytes, as: UTF8.self) else {
            throw ExecutionError("'utf-8' codec can't decode the digests in \(text)")
        }
        guard let found = try HashList(source: source, name: name, entry: entry).search(lines) else { throw invalid(text) }
        return found
    }

    /// The path of a file of digests that a text names; nil where the text is the digest itself.
    private static func listing(_ text: String, _ reader: SourceReader) async throws -> String? {
        if text.hasPrefix("/") { return text }
        guard let mark = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<mark].lowercased()
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
            scheme.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) })
        else { return nil }
        switch scheme {
        case "file":
            return String(text.dropFirst(text.hasPrefix("file://") ? 7 : 5))
        case "salt":
            let place = reader.saltPath(text)
            guard let file = try await reader.call.services.files.fetch(place.path, saltenv: place.saltenv) else {
                throw Invalid(description: "Source hash file \(text) not found")
            }
            return file.localPath
        case "http", "https", "ftp", "s3", "swift":
            return try await FileCache(call: reader.call, saltenv: reader.saltenv).download(text, reader.manner)
        default: throw invalid(text)
        }
    }

    private static func invalid(_ text: String) -> Invalid {
        Invalid(
            description:
                "Source hash \(WebURL.redacted(text)) format is invalid. The supported formats are: 1) a hash, 2) an expression in the format <hash_type>=<hash>, or 3) either a path to a local file containing hashes, or a URI of a remote hash file. Supported protocols for remote hash files are: salt, file, http, https, ftp, swift, s3. The hash may also not be of a valid length, the following are supported hash types and lengths: md5 (32), sha1 (40), sha224 (56), sha256 (64), sha384 (96), sha512 (128)."
        )
    }

    private static let lengths = [("sha512", 128), ("sha384", 96), ("sha256", 64), ("sha224", 56), ("sha1", 40), ("md5", 32)]

    /// A digest without or with its kind.
    static func parse(_ text: String) throws -> SourceHash {
        let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).stripped() }
        guard pair.count == 2 else {
            guard !text.isEmpty, text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let algorithm = HashAlgorithm(digestLength: text.utf8.count)
            else { throw invalid(text) }
            return SourceHash(algorithm: algorithm, digest: text.lowercased())
        }
        let (kind, digest) = (pair[0], pair[1])
        guard let wanted = lengths.first(where: { $0.0 == kind })?.1 else {
            throw Invalid(
                description:
                    "Invalid hash type '\(kind)'. Supported hash types are: sha512, sha384, sha256, sha224, sha1, md5. Either remove the hash type and simply use '\(digest)' as the source_hash, or change the hash type to a supported type."
            )
        }
        let length = digest.unicodeScalars.count
        guard let meant = lengths.first(where: { $0.1 == length })?.0 else { throw invalid(text) }
        guard length == wanted else {
            throw Invalid(
                description:
                    "Invalid length (\(length)) for hash type '\(kind)'. Either remove the hash type and simply use '\(digest)' as the source_hash, or change the hash type to '\(meant)'"
            )
        }
        guard let algorithm = HashAlgorithm(rawValue: kind) else { throw invalid(text) }
        return SourceHash(algorithm: algorithm, digest: digest.lowercased())
    }

    /// The digest behind the last equals sign, whose length tells its kind; nil when it tells none.
    static func of(_ text: String) -> SourceHash? {
        let digest = text.split(separator: "=", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return HashAlgorithm(digestLength: digest.utf8.count).map { SourceHash(algorithm: $0, digest: digest) }
    }
}

/// Finds the digest of a file in the text of a file of digests, whatever its layout.
struct HashList {
    let source: String
    let name: String
    let entry: String?

    /// A line that names the entry counts most, then one that names the file that is managed, then one that names the source,
    /// then the first digest of all.
    func search(_ text: String) throws -> SourceHash? {
        let pattern = try PythonRegex.compile("(?i)(?<![a-z0-9])([a-f0-9]{32,128})(?![a-z0-9])")
        var first: SourceHash?
        var found: [Int: SourceHash] = [:]
        let address = WebURL(source)
        let base = (address?.path).flatMap { $0.isEmpty ? nil : $0 } ?? address?.host ?? source
        let names = [(entry, entry ?? "", false), (name, Path.name(name), true), (source, Self.name(base), true)]
        for line in PythonLines.split(text).map({ $0.stripped() }) {
            guard let match = try pattern.search(line), let hex = match.text(1, of: line),
                let algorithm = HashAlgorithm(digestLength: hex.utf8.count)
            else { continue }
            let hash = SourceHash(algorithm: algorithm, digest: hex.lowercased())
            first = first ?? hash
            for (rank, (whole, last, isPath)) in names.enumerated() where found[rank] == nil {
                guard let whole, !whole.isEmpty else { continue }
                if Self.names(line, whole, last, isPath) { found[rank] = hash }
            }
        }
        return found[0] ?? found[1] ?? found[2] ?? first
    }

    private static func name(_ path: String) -> String { path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? "" }

    /// Whether a line ends with the last part of a name, or begins with all of it.
    private static func names(_ line: String, _ whole: String, _ last: String, _ isPath: Bool) -> Bool {
        let (bytes, end) = (Array(line.utf8), Array(last.utf8))
        let separators = Array(" \t\n\r\u{B}\u{C}".utf8) + (isPath ? Array("\\/*".utf8) : [])
        if bytes.count >= end.count, bytes.suffix(end.count).elementsEqual(end) {
            return bytes.count > end.count && separators.contains(bytes[bytes.count - end.count - 1])
        }
        let start = Array(whole.utf8)
        return bytes.count > start.count && bytes.starts(with: start) && separators.prefix(6).contains(bytes[start.count])
    }
}
