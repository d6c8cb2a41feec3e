import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `cron.file`: a whole crontab from a source.
extension CronState {
    struct FileSettings: ArgumentGroup {
        var user = "root"
        var managed = FileState.ManagedSettings()

        static let fields: [ArgumentField<FileSettings>] = [
            .field("source_hash", \.managed.sourceHash, "The hash of the source, or a file of hashes."),
            .field("source_hash_name", \.managed.sourceHashName, "The name in the file of hashes."),
            .field("user", \.user, "Whose crontab."),
            .field("template", \.managed.template, "An engine that renders the source, such as jinja."),
            .field("context", \.managed.context, "Variables for the template."),
            .field("replace", \.managed.replace, "Replace a crontab that is there."),
            .field("defaults", \.managed.defaults, "Variables that the context may replace."),
            .field("backup", \.managed.backup, "Without effect: the crontab is no file of the host."),
            .field("skip_verify", \.managed.skipVerify, "Take a remote source without a hash."),
        ]
    }

    static func file(_ state: StateContext, _ given: FileSettings) async throws -> StateResult {
        let (call, user) = (state.call, given.user)
        guard try await call.host.user(named: user) != nil else { return state.failed("Could not identify group for user \(user)") }
        var text = try await Crontab.raw(user, call)
        if !text.hasSuffix("\n") { text += "\n" }
        // Salt has written a line feed at least, so any crontab counts as one.
        if !given.managed.replace { return state.unchanged("User \(user) already has a crontab. No changes made") }
        let draft = TemporaryName.make("crontab", in: "/tmp")
        try await call.host.write(draft, Array(text.utf8), FileAttributes(mode: 0o600))
        let result: StateResult
        do { result = try await apply(state, given, draft) } catch {
            try await call.host.remove(draft)
            throw error
        }
        try await call.host.remove(draft)
        return result
    }

    private static func apply(_ state: StateContext, _ given: FileSettings, _ draft: String) async throws -> StateResult {
        let user = given.user
        var settings = given.managed
        settings.source = .string(state.name)
        settings.backup = .null
        let managed = try await ManagedFile(
            state: state.named(draft), path: draft, settings: settings, ownership: Ownership(), context: settings.context
        ).apply()
        let difference = managed.changes["diff"]
        func correct() -> StateResult { state.unchanged("Crontab for user \(user) is in the correct state") }
        if managed.result == false {
            let prefix = "Unable to manage file: "
            let isMissing = managed.comment.hasPrefix(prefix + "Source file")
            return state.failed(isMissing ? String(managed.comment.dropFirst(prefix.count)) : managed.comment)
        }
        return try await state.either(
            would: {
                guard let difference else { return correct() }
                return StateResult(
                    name: state.name, result: nil,
                    comment: "The following values are set to be changed:\ndiff: \(difference.pythonString)\n")
            },
            do: {
                guard let difference else { return correct() }
                let made = try await state.call.host.run(try await Crontab.command(user, [draft], state.call))
                guard made.succeeded else {
                    return state.failed("Unable to update user \(user) crontab \(draft). Error: \(made.errorText)")
                }
                var changes: ValueMap = ["diff": difference]
                // Salt gives its draft to the user and tells that as well.
                if let entry = try await state.call.host.user(named: user), entry.userID != (try await state.call.host.identity()).userID {
                    changes["user"] = .string(user)
                    changes["group"] = .string(try await state.call.host.group(id: entry.groupID)?.name ?? user)
                }
                return StateResult(name: state.name, result: true, comment: "Crontab for user \(user) was updated", changes: changes)
            })
    }
}
