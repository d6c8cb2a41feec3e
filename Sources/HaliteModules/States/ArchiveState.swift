import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Archives unpacked into folders.
package struct ArchiveState: StateModule {
    package static let name = "archive"
    package static let summary = "Archives unpacked into folders."

    package static let functions: [StateFunction] = [StateFunction("extracted", "An archive is unpacked into a folder.", Settings.self, body: extracted)]

    struct Settings: ArgumentGroup {
        var source: [Value] = []
        var sourceHash: String?
        var sourceHashName: String?
        var skipVerify = false
        var keepSource = true
        var options: String?
        var format: String?
        var user: Account?
        var group: Account?
        var ifMissing: String?
        var trimOutput: Value = .null
        var overwrite = false
        var force = false
        var clean = false
        var enforceToplevel = true
        var enforceOwnershipOn: String?
        var extractPerms = true
        var cleanParent = false
        var password: Value = .null
        var ignored: Value = .null

        static let fields: [ArgumentField<Settings>] = [
            .field("source", \.source, "Where the archive is; the first of a list that exists.", required: true),
            .field("source_hash", \.sourceHash, "The digest of a download, or a file of digests."),
            .field("source_hash_name", \.sourceHashName, "The name to look for in a file of digests."),
            .field("skip_verify", \.skipVerify, "Take a download without a digest."),
            .field("keep_source", \.keepSource, "Without effect."),
            .field("options", \.options, "Options of tar or unzip."),
            .field("archive_format", \.format, "tar or zip; told by the name."),
            .field("user", \.user, "The owner of what is unpacked."),
            .field("group", \.group, "The group of what is unpacked."),
            .field("if_missing", \.ifMissing, "Unpack only when nothing is at this path."),
            .field("trim_output", \.trimOutput, "How many files the changes name."),
            .field("overwrite", \.overwrite, "Unpack also when all is there."),
            .field("force", \.force, "Replace files in the way of folders."),
            .field("clean", \.clean, "Remove first what the archive has at its top."),
            .field("enforce_toplevel", \.enforceToplevel, "Refuse archives without one folder at their top."),
            .field("enforce_ownership_on", \.enforceOwnershipOn, "The path whose owner is looked at."),
            .field("extract_perms", \.extractPerms, "Without effect."),
            .field("tar_options", \.options, "The same as options."),
            .field("zip_options", \.options, "The same as options."),
            .field("list_options", \.ignored, "Without effect."),
            .field("use_cmd_unzip", \.ignored, "Without effect."),
            .field("keep", \.ignored, "Without effect."),
            .field("archive_user", \.user, "The same as user."),
            .field("source_hash_update", \.ignored, "Without effect."),
            .field("password", \.password, "Not supported: a password cannot be handed to unzip in secret."),
            .field("clean_parent", \.cleanParent, "Remove the folder first."),
        ]
    }

    private static func extracted(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        do {
            return try await Extraction(state: state, settings: settings).apply()
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }
}
