import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Files of the master, kept in a cache on this machine. A cached file is asked for by its hash, so that what has not
/// changed is not sent again; larger files come in parts.
package struct RemoteFileClient: FileClient {
    let line: MasterLine
    /// `.../files/<saltenv>/<path>` is below it.
    let cacheDirectory: String

    package init(line: MasterLine, cacheDirectory: String) {
        self.line = line
        self.cacheDirectory = cacheDirectory
    }

    package func fetch(_ path: String, saltenv: String) async throws -> CachedFile? {
        guard let relative = Self.safe(path), !saltenv.contains("/"), saltenv != ".." else { return nil }
        let host = LocalHost()
        let cached = "\(cacheDirectory)/files/\(saltenv)/\(relative)"
        let known = try await host.isFile(cached) ? try await host.digest(cached, .sha256) : ""
        let answer = try await line.request("file", ["path": .string(relative), "saltenv": .string(saltenv), "hash": .string(known)])
        guard case .map(let file) = answer, let mode = file["mode"]?.intValue else { return nil }
        if file["unchanged"]?.isTruthy == true { return CachedFile(localPath: cached, mode: mode) }
        if let parent = Path.parent(cached) { try await host.makeDirectories(parent, FileAttributes(mode: 0o700)) }
        guard let size = file["size"]?.intValue, let wanted = file["hash"]?.stringValue, case .bytes(var content)? = file["data"] else {
            throw ExecutionError("the master's answer for salt://\(path) is malformed")
        }
        if content.count == size {
            guard Digest.hexadecimal(content, .sha256) == wanted else { throw ExecutionError("salt://\(path) arrived damaged") }
            try await host.write(cached, content, FileAttributes(mode: 0o600))
            return CachedFile(localPath: cached, mode: mode)
        }
        // Never the whole of a large file in memory: the parts go to a file beside.
        let partial = cached + ".part"
        try await host.remove(partial)
        var received = 0
        while true {
            try await PartFile.append(content, to: partial)
            received += content.count
            if received >= size { break }
            guard
                case .bytes(let next) = try await line.request(
                    "file_part", ["path": .string(relative), "saltenv": .string(saltenv), "offset": .int(received)]), !next.isEmpty
            else { throw ExecutionError("salt://\(path) changed while it was fetched") }
            content = next
        }
        guard try await host.digest(partial, .sha256) == wanted else {
            try await host.remove(partial)
            throw ExecutionError("salt://\(path) arrived damaged or changed while it was fetched")
        }
        try await host.rename(partial, to: cached)
        return CachedFile(localPath: cached, mode: mode)
    }

    package func list(saltenv: String) async throws -> [String] {
        try [String](value: try await line.request("file_list", ["saltenv": .string(saltenv)]))
    }

    package func emptyDirectories(saltenv: String) async throws -> [String] {
        try [String](value: try await line.request("file_empty", ["saltenv": .string(saltenv)]))
    }

    package func environments() async throws -> [String] {
        try [String](value: try await line.request("file_envs", [:]))
    }

    /// The master decides what may be read; this keeps the cache from being left.
    static func safe(_ path: String) -> String? {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return parts.isEmpty || parts.contains("..") ? nil : parts.joined(separator: "/")
    }
}
