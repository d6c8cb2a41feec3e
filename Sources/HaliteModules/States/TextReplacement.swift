import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `file.replace`, as state and as function: a pattern in one file.
struct TextReplacement: Sendable {
    let path: String
    let settings: FileState.ReplaceSettings
    let call: CallContext

    private var host: any Host { call.host }

    func edit() async throws -> FileEdit {
        let content: [UInt8]
        if settings.encoding.isTruthy {
            let real = try await host.resolved(path)
            if try await host.isDirectory(real) {
                throw ExecutionError("Unable to open file '\(real)'. Exception: [Errno 21] Is a directory: '\(real)'")
            }
            content = try await host.read(real)
        } else {
            content = try await EditedFile.bytes(path, host)
        }
        return try FileEdits.replace(content, settings.replacement).edit
    }

    /// The copy of the old file belongs to who runs the minion, as Salt's; beside a link a link to it is made.
    func write(_ edit: FileEdit) async throws {
        let real = try await host.resolved(path)
        guard let suffix = FileState.suffix(settings.backup) else { return try await edit.write(path, .inside, host) }
        try await Backup.beside(real, suffix: suffix, keepsOwner: false, host)
        if try await host.isLink(path) {
            try await host.remove(path + suffix)
            try await host.makeLink(path + suffix, to: try await host.readLink(path) + suffix)
        }
        try await edit.write(path, .inside, host)
    }
}
