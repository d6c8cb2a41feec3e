import HaliteHost
import HaliteModuleKit

/// Copies and moves on one host.
enum FileCopies {
    /// Copies a file, or a folder with all that is in it; links in it stay links. Of folders modes and times are kept.
    static func copy(_ source: String, to path: String, _ host: any Host, keepsTimes: Bool = false) async throws {
        guard let status = try await host.status(source) else {
            throw HostError(.noSuchFile, "no file \(source)", number: 2, path: source)
        }
        guard status.kind == .directory else {
            try await host.copy(source, to: path, FileAttributes(mode: status.mode))
            if keepsTimes { try await host.touch(path, accessTime: status.accessTime, modificationTime: status.modificationTime) }
            return
        }
        try await host.makeDirectory(path, FileAttributes(mode: status.mode))
        for name in try await host.list(source) {
            let (from, to) = (Path.join(source, name), Path.join(path, name))
            if try await host.isLink(from) {
                try await host.makeLink(to, to: try await host.readLink(from))
            } else {
                try await copy(from, to: to, host, keepsTimes: true)
            }
        }
        try await host.touch(path, accessTime: status.accessTime, modificationTime: status.modificationTime)
    }

    /// Renames, or copies and removes where two file systems meet.
    static func move(_ source: String, to path: String, _ host: any Host) async throws {
        do {
            try await host.rename(source, to: path)
        } catch let error as HostError where error.number == crossDevice {
            if try await host.isLink(source) {
                try await host.makeLink(path, to: try await host.readLink(source))
            } else {
                try await copy(source, to: path, host, keepsTimes: true)
            }
            try await host.remove(source)
        }
    }

    /// `EXDEV`.
    private static let crossDevice: Int32 = 18
}
