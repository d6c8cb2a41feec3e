import HaliteHost
import HaliteModuleKit

/// Content that waits to be put into a file; what lies in a file already is not read into memory.
enum FileContent: Sendable {
    case bytes([UInt8])
    /// A file of this process, such as one in the cache of the file server.
    case local(String)
    /// A file on the host that is managed.
    case onHost(String)

    /// The largest files that are compared in memory; larger ones are compared by their digests.
    private static let comparedInMemory = 4 << 20

    func read(_ host: any Host) async throws -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .local(let path): try await LocalHost().read(path)
        case .onHost(let path): try await host.read(path)
        }
    }

    func write(to path: String, _ attributes: FileAttributes, _ host: any Host) async throws {
        switch self {
        case .bytes(let bytes): try await host.write(path, bytes, attributes)
        case .local(let source): try await host.put(localFile: source, to: path, attributes)
        case .onHost(let source): try await host.copy(source, to: path, attributes)
        }
    }

    func digest(_ algorithm: HashAlgorithm, _ host: any Host) async throws -> String {
        switch self {
        case .bytes(let bytes): Digest.hexadecimal(bytes, algorithm)
        case .local(let path): try await LocalHost().digest(path, algorithm)
        case .onHost(let path): try await host.digest(path, algorithm)
        }
    }

    /// Whether a file holds just this. A path that cannot be read is an error.
    func isContent(of path: String, _ host: any Host) async throws -> Bool {
        let size: Int?
        switch self {
        case .bytes(let bytes): size = bytes.count
        case .local(let source): size = try await LocalHost().status(source)?.size
        case .onHost(let source): size = try await host.status(source)?.size
        }
        guard let status = try await host.status(path) else { return try await host.read(path, limit: 0).isEmpty }
        // What is no plain file may have any size and content.
        if status.kind == .file, status.size != size { return false }
        if status.size <= Self.comparedInMemory { return try await host.read(path) == read(host) }
        return try await host.digest(path, .sha256) == digest(.sha256, host)
    }
}
