import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Checkouts of git repositories.
package struct GitState: StateModule {
    package static let name = "git"
    package static let summary = "Checkouts of git repositories."
    package static let requires: Requirement = .command("git")

    package static let functions: [StateFunction] = [
        StateFunction("latest", "A checkout is as its remote.", LatestSettings.self, body: latest),
        StateFunction("cloned", "A repository is cloned.", .required("name", "Where it is."), .required("target", "The folder."), .optional("branch", nil as String?, "The branch to check out."), .optional("user", nil as String?, "The user to run as."), .keywords("kwargs", "identity."), body: cloned),
        StateFunction("detached", "A checkout is at a revision, on no branch.", LatestSettings.self, body: latest),
        StateFunction("config_set", "Git has a setting.", .required("name", "The setting."), .optional("value", nil as String?, "Its value."), .optional("repo", nil as String?, "The repository."), .optional("user", nil as String?, "The user to run as."), .keywords("kwargs", "global."), body: configurationSet),
    ]

    struct LatestSettings: ArgumentGroup {
        var target = ""
        var rev = "HEAD"
        var branch: String?
        var user: String?
        var updateHead = true
        var forceCheckout = false
        var forceClone = false
        var forceFetch = false
        var forceReset: Value = false
        var submodules = false
        var bare = false
        var mirror = false
        var remote = "origin"
        var fetchTags = true
        var depth: Int?
        var identity: [String] = []
        var ignored: Value = .null

        static let fields: [ArgumentField<LatestSettings>] = [
            .field("target", \.target, "The folder.", required: true),
            .field("rev", \.rev, "A branch, a tag or a commit."),
            .field("branch", \.branch, "The name of the local branch."),
            .field("user", \.user, "The user to run as."),
            .field("update_head", \.updateHead, "Move to what was fetched."),
            .field("force_checkout", \.forceCheckout, "Throw local changes away when changing the branch."),
            .field("force_clone", \.forceClone, "Empty a folder in the way."),
            .field("force_fetch", \.forceFetch, "Take what the remote has rewritten."),
            .field("force_reset", \.forceReset, "Throw local changes away; remote-changes only when there is something new."),
            .field("submodules", \.submodules, "Submodules too."),
            .field("bare", \.bare, "Without a checkout."),
            .field("mirror", \.mirror, "All of the remote, without a checkout."),
            .field("remote", \.remote, "The remote's name."),
            .field("fetch_tags", \.fetchTags, "Tags too."),
            .field("depth", \.depth, "How many commits to fetch."),
            .field("identity", \.identity, "Private keys to log in with."),
            .field("password", \.ignored, "Without effect."),
            .field("https_user", \.ignored, "Without effect."),
            .field("https_pass", \.ignored, "Without effect."),
            .field("sync_tags", \.ignored, "Without effect."),
            .field("refspec_branch", \.ignored, "Without effect."),
            .field("refspec_tag", \.ignored, "Without effect."),
            .field("ref", \.rev, "For git.detached: the revision."),
            .field("force", \.forceClone, "The same as force_clone."),
        ]
    }

    private static func latest(_ state: StateContext, _ settings: LatestSettings) async throws -> StateResult {
        guard settings.target.hasPrefix("/") else { return state.failed("target '\(settings.target)' is not an absolute path") }
        if try await state.call.host.isFile(settings.target) {
            return state.failed("Target '\(settings.target)' exists and is a regular file, cannot proceed")
        }
        for key in settings.identity where try await !state.call.host.isFile(key) { return state.failed("identity '\(key)' does not exist.") }
        do {
            return try await GitCheckout(state: state, settings: settings).apply()
        } catch let failure as GitRepository.Failure {
            return state.failed("\(failure)")
        }
    }

    private static func cloned(
        _ state: StateContext, name: String, target: String, branch: String?, user: String?, options: ValueMap
    ) async throws -> StateResult {
        guard target.hasPrefix("/") else { return state.failed("'target' path must be absolute") }
        let identity = options["identity"].map { $0.listValue?.map(\.pythonString) ?? [$0.pythonString] } ?? []
        let repository = GitRepository(call: state.call, folder: target, user: user, identity: identity)
        do {
            if try await repository.exists() {
                let current = try await repository.answer("rev-parse", "--abbrev-ref", "HEAD")
                if branch == nil || branch == current {
                    return state.unchanged("Repository already exists at \(target)" + (branch.map { " and is checked out to branch '\($0)'" } ?? ""))
                }
                let wanted = branch ?? ""
                return try await state.change(
                    ["branch": ["old": current.value, "new": .string(wanted)]], would: "Branch would be changed to '\(wanted)'",
                    did: "Branch changed to '\(wanted)'"
                ) {
                    _ = try await repository.output("checkout", wanted)
                    return nil
                }
            }
            let suffix = branch.map { " with branch '\($0)'" } ?? ""
            return try await state.change(
                ["new": .string("\(name) => \(target)")], would: "\(name) would be cloned to \(target)\(suffix)",
                did: "\(name) cloned to \(target)\(suffix)"
            ) {
                let result = try await repository.command(["clone"] + (branch.map { ["--branch", $0] } ?? []) + ["--", name, target], inside: false)
                guard result.succeeded else { throw GitRepository.Failure(description: "Clone failed: \(result.errorText)") }
                return nil
            }
        } catch let failure as GitRepository.Failure {
            return state.failed("\(failure)")
        }
    }

    private static func configurationSet(
        _ state: StateContext, name: String, value: String?, repo: String?, user: String?, options: ValueMap
    ) async throws -> StateResult {
        let isGlobal = options["global"]?.isTruthy == true
        guard isGlobal || repo != nil else { return state.failed("Non-global config options require the 'repo' argument to be set") }
        let wanted = value ?? ""
        let repository = GitRepository(call: state.call, folder: repo ?? "/", user: user)
        let place = isGlobal ? "--global" : "--local"
        let current = try await repository.command(["config", place, "--get-all", name], inside: repo != nil).lines.filter { !$0.isEmpty }
        let label = isGlobal ? "Global key" : "Local key"
        if current == [wanted] { return state.unchanged("\(label) '\(name)' is already set to '\(wanted)'") }
        return try await state.change(
            ["old": current.isEmpty ? .null : current.value, "new": [.string(wanted)]],
            would: "\(label) '\(name)' would be \(current.isEmpty ? "added as" : "set to") '\(wanted)'",
            did: "\(label) '\(name)' set to '\(wanted)'"
        ) {
            let result = try await repository.command(["config", place, "--replace-all", name, wanted], inside: repo != nil)
            guard result.succeeded else { throw ExecutionError(result.errorText) }
            return nil
        }
    }
}
