import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keeps the old content of files that states change.
enum Backup {
    /// Copies a file below the cache when the mode asks for it (`minion` or `both`), with the time in its name.
    static func keep(_ path: String, mode: Value, _ call: CallContext) async throws {
        guard isWanted(mode, call), let status = try await call.host.status(path), status.kind == .file else { return }
        let folder = folder(of: path, call)
        try await call.host.makeDirectories(folder, FileAttributes(mode: 0o755))
        let time = try await call.host.run("date", "+%a_%b_%d_%H:%M:%S_%6N_%Y").text
        let copy = Path.join(folder, "\(Path.name(path))_\(time)")
        let attributes = FileAttributes(mode: status.mode, userID: status.userID, groupID: status.groupID)
        try await call.host.copy(path, to: copy, attributes)
    }

    /// Whether the state, or else the option `backup_mode`, asks for a copy.
    static func isWanted(_ mode: Value, _ call: CallContext) -> Bool {
        let wanted = mode.isTruthy ? mode : call.services.options["backup_mode"] ?? ""
        return ["minion", "both"].contains(wanted.pythonString)
    }

    /// Where the copies of a file lie.
    static func folder(of path: String, _ call: CallContext) -> String {
        let cache = call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite"
        return Path.join(cache, "file_backup", String((Path.parent(path) ?? "/").drop { $0 == "/" }))
    }

    /// Copies a file beside itself, with a suffix such as `.bak`.
    /// - Parameter keepsOwner: otherwise the copy belongs to who runs the minion.
    static func beside(_ path: String, suffix: String, keepsOwner: Bool = true, _ host: any Host) async throws {
        guard let status = try await host.status(path) else { return }
        let identity = try await host.identity()
        let attributes = FileAttributes(
            mode: status.mode, userID: keepsOwner ? status.userID : identity.userID, groupID: keepsOwner ? status.groupID : identity.groupID
        )
        try await host.copy(path, to: path + suffix, attributes)
    }
}
