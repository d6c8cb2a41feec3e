import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keeps the old content of files that states change.
enum Backup {
    /// Copies a file below the cache when the mode asks for it (`minion` or `both`), with the time in its name.
    static func keep(_ path: String, mode: Value, _ call: CallContext) async throws {
        let wanted = mode.isTruthy ? mode : call.services.options["backup_mode"] ?? ""
        guard ["minion", "both"].contains(wanted.pythonString), let status = try await call.host.status(path), status.kind == .file else { return }
        let cache = call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite"
        let folder = Path.join(cache, "file_backup", String((Path.parent(path) ?? "/").drop { $0 == "/" }))
        try await call.host.makeDirectories(folder, FileAttributes(mode: 0o755))
        let time = try await call.host.run("date", "+%a_%b_%d_%H:%M:%S_%6N_%Y").text
        let copy = Path.join(folder, "\(Path.name(path))_\(time)")
        let attributes = FileAttributes(mode: status.mode, userID: status.userID, groupID: status.groupID)
        try await call.host.write(copy, try await call.host.read(path), attributes)
    }

    /// Copies a file beside itself, with a suffix such as `.bak`.
    static func beside(_ path: String, suffix: String, _ host: any Host) async throws {
        guard let status = try await host.status(path) else { return }
        let attributes = FileAttributes(mode: status.mode, userID: status.userID, groupID: status.groupID)
        try await host.write(path + suffix, try await host.read(path), attributes)
    }
}
