import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `check_cmd`: a command that must accept the new file before it takes its place.
struct CandidateCheck: Sendable {
    let file: ManagedFile
    let content: FileContent?
    let command: String

    private var host: any Host { file.host }

    /// The state's result when the command refuses; nil when it accepts, or when there is nothing new to show it.
    func refusal() async throws -> StateResult? {
        let settings = file.settings
        let candidate = Path.join(settings.tmpDir ?? "/tmp", "__salt.tmp.\(Self.randomName)\(settings.tmpExt)")
        let old = try await host.isFile(file.path) ? try await host.status(file.path) : nil
        let identity = try await host.identity()
        let start = old ?? FileStatus(kind: .file, mode: 0o600, userID: identity.userID, groupID: identity.groupID)
        let isNew: Bool
        if let content {
            isNew = old == nil ? try await !content.read(host).isEmpty : try await !content.isContent(of: file.path, host)
        } else {
            isNew = false
        }
        let changes = try await file.ownership.differences(start, host)
        guard isNew || !changes.isEmpty else { return nil }
        let folder = settings.tmpDir ?? "/tmp"
        if try await !host.isDirectory(folder) { throw ExecutionError("[Errno 2] No such file or directory: '\(candidate)'") }
        do {
            let attributes = FileAttributes(
                mode: file.ownership.mode.map { $0.bits ?? start.mode } ?? start.mode, userID: start.userID, groupID: start.groupID)
            let shown = try await content.orOld(file.path, exists: old != nil)
            try await shown.write(to: candidate, attributes, host)
            _ = try await file.ownership.enforce(candidate, host, followLinks: true)
        } catch let error as HostError {
            throw ExecutionError(error.pythonText)
        }
        let outcome = try await Self.run(command, candidate, file.state.call)
        try await host.remove(candidate)
        if outcome.code == 0 { return nil }
        var comment = "check_cmd execution failed"
        for text in [outcome.output, outcome.errors] where !text.isEmpty { comment += "\n" + text }
        var result = file.state.failed(comment)
        result.extra["skip_watch"] = true
        return result
    }

    private static func run(_ command: String, _ candidate: String, _ call: CallContext) async throws -> CommandOutcome {
        var nested = call
        nested.isNested = true
        var check = CommandSettings()
        check.cmd = .string("\(command) \(ShellWords.quote(candidate))")
        let outcome = try await check.run(nested, mergesErrors: false)
        call.outcome.returnCode = 0
        return outcome
    }

    private static var randomName: String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
        return String((0..<8).map { _ in letters.randomElement() ?? "a" })
    }
}

extension FileContent? {
    fileprivate func orOld(_ path: String, exists: Bool) async throws -> FileContent {
        self ?? (exists ? .onHost(path) : .bytes([]))
    }
}
