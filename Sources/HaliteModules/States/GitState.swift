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
        StateFunction("detached", "A checkout is at a revision, on no branch.", DetachedSettings.self, body: detached),
        StateFunction("cloned", "A repository is cloned.", ClonedSettings.self, body: cloned),
        StateFunction("config_set", "Git has a setting.", ConfigurationSettings.self, body: configurationSet),
        StateFunction("config_unset", "Git has no such settings.", UnsetSettings.self, body: configurationUnset),
        StateFunction("present", "A repository exists.", PresenceSettings.self, body: present),
    ]

    /// When local changes and commits may be thrown away.
    enum ForcedReset: ValueConvertible {
        case never, always
        /// Only when the remote has something new.
        case forRemoteChanges

        static let valueDescription = "one of True, False or remote-changes"
        var value: Value { self == .forRemoteChanges ? "remote-changes" : .bool(self == .always) }

        init(value: Value) throws(ValueError) {
            switch value {
            case true: self = .always
            case false: self = .never
            case "remote-changes": self = .forRemoteChanges
            default: throw ValueError(expected: Self.valueDescription, found: value)
            }
        }
    }

    /// How to reach the remote.
    struct Access: ArgumentGroup {
        var user: String?
        var identity: [String] = []
        var httpsUser: String?
        var httpsPassword: String?

        static let fields: [ArgumentField<Access>] = [
            .field("user", \.user, "The user to run as."),
            .field("identity", \.identity, "Private keys to log in with."),
            .field("https_user", \.httpsUser, "The name to log in with."),
            .field("https_pass", \.httpsPassword, "The password to log in with."),
        ]

        func repository(_ call: CallContext, _ folder: String) -> GitRepository {
            GitRepository(call: call, folder: folder, user: user, identity: identity)
        }

        func address(_ name: String) throws -> String { try GitAddress.authenticated(name, user: httpsUser, password: httpsPassword) }
    }

    struct LatestSettings: ArgumentGroup {
        var target = ""
        var rev = "HEAD"
        var branch: String?
        var updateHead = true
        var forceCheckout = false
        var forceClone = false
        var forceFetch = false
        var forceReset = ForcedReset.never
        var submodules = false
        var bare = false
        var mirror = false
        var remote = "origin"
        var fetchTags = true
        var syncTags = true
        var depth: Int?
        var refspecBranch = "*"
        var refspecTag = "*"
        var access = Access()

        var isBare: Bool { bare || mirror }

        static let fields: [ArgumentField<LatestSettings>] = [
            .field("target", \.target, "The folder.", required: true),
            .field("rev", \.rev, "A branch, a tag or a commit."),
            .field("branch", \.branch, "The name of the local branch."),
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
            .field("sync_tags", \.syncTags, "Remove tags that the remote no longer has."),
            .field("depth", \.depth, "How many commits to fetch."),
            .field("refspec_branch", \.refspecBranch, "Which branches to fetch."),
            .field("refspec_tag", \.refspecTag, "Which tags to fetch."),
        ] + Access.fields.map { $0.within(\.access) }
    }

    struct DetachedSettings: ArgumentGroup {
        var rev = ""
        var target = ""
        var remote = "origin"
        var forceClone = false
        var forceCheckout = false
        var fetchRemote = true
        var hardReset = false
        var submodules = false
        var access = Access()

        static let fields: [ArgumentField<DetachedSettings>] = [
            .field("rev", \.rev, "A branch, a tag or a commit.", required: true),
            .field("target", \.target, "The folder.", required: true),
            .field("remote", \.remote, "The remote's name."),
            .field("force_clone", \.forceClone, "Empty a folder in the way."),
            .field("force_checkout", \.forceCheckout, "Throw local changes away."),
            .field("fetch_remote", \.fetchRemote, "Fetch from the remote first."),
            .field("hard_reset", \.hardReset, "Throw local changes away first."),
            .field("submodules", \.submodules, "Submodules too."),
        ] + Access.fields.map { $0.within(\.access) }
    }

    struct ClonedSettings: ArgumentGroup {
        var target = ""
        var branch: String?
        var access = Access()

        static let fields: [ArgumentField<ClonedSettings>] = [
            .field("target", \.target, "The folder.", required: true),
            .field("branch", \.branch, "The branch to check out."),
        ] + Access.fields.map { $0.within(\.access) }
    }

    struct ConfigurationSettings: ArgumentGroup {
        var value: String?
        var multivar: [String]?
        var repo: String?
        var user: String?
        var isGlobal = false

        static let fields: [ArgumentField<ConfigurationSettings>] = [
            .field("value", \.value, "Its value."),
            .field("multivar", \.multivar, "Its values, where it has several."),
            .field("repo", \.repo, "The repository."),
            .field("user", \.user, "The user to run as."),
            .field("global", \.isGlobal, "The setting of the user, not of a repository."),
        ]
    }

    // MARK: - States

    private static func latest(_ state: StateContext, _ settings: LatestSettings) async throws -> StateResult {
        do {
            try await check(state, settings.target, settings.access, sentence: false)
            return try await GitCheckout(state: state, settings: settings, repository: settings.access.repository(state.call, settings.target)).apply()
        } catch let failure as GitRepository.Failure {
            return state.failed(failure.reason)
        }
    }

    private static func detached(_ state: StateContext, _ settings: DetachedSettings) async throws -> StateResult {
        do {
            try await check(state, settings.target, settings.access, sentence: true)
            return try await GitDetachedCheckout(state: state, settings: settings).apply()
        } catch let failure as GitRepository.Failure {
            return state.failed(failure.reason)
        }
    }

    /// Refuses what cannot be meant.
    ///
    /// - Parameter sentence: whether messages start as sentences do; Salt's two states differ in that.
    private static func check(_ state: StateContext, _ target: String, _ access: Access, sentence: Bool) async throws {
        let host = state.call.host
        guard target.hasPrefix("/") else {
            throw GitRepository.Failure("\(sentence ? "Target" : "target") '\(target)' is not an absolute path")
        }
        for key in access.identity {
            let word = sentence ? "Identity" : "identity"
            guard key.hasPrefix("/") else { throw GitRepository.Failure("\(word) '\(key)' is not an absolute path") }
            guard try await host.isFile(key) else { throw GitRepository.Failure("\(word) '\(key)' does not exist.") }
        }
        if try await host.isFile(target) {
            throw GitRepository.Failure("Target '\(target)' exists and is a regular file, cannot proceed")
        }
    }

    private static func cloned(_ state: StateContext, _ settings: ClonedSettings) async throws -> StateResult {
        let (name, target, branch) = (state.name, settings.target, settings.branch)
        guard target.hasPrefix("/") else { return state.failed("'target' path must be absolute") }
        if branch?.isEmpty == true { return state.failed("Invalid 'branch' argument") }
        let repository = settings.access.repository(state.call, target)
        do {
            guard try await state.call.host.exists(target) else {
                let suffix = branch.map { " with branch '\($0)'" } ?? ""
                return try await state.change(
                    ["new": .string("\(name) => \(target)")], would: "\(name) would be cloned to \(target)\(suffix)",
                    did: "\(name) cloned to \(target)\(suffix)"
                ) {
                    let words = ["clone"] + (branch.map { ["--branch", $0] } ?? []) + ["--", try settings.access.address(name), target]
                    do { try await repository.output(words, inside: false) } catch let failure as GitRepository.Failure {
                        throw GitRepository.Failure("Clone failed: \(failure.reason)")
                    }
                    return nil
                }
            }
            try await repository.output("status", "-z", "--porcelain")
            let current = try await repository.branch()
            guard let branch, branch != current else {
                return state.unchanged("Repository already exists at \(target)" + (branch.map { " and is checked out to branch '\($0)'" } ?? ""))
            }
            return try await state.change(
                ["branch": ["old": current.value, "new": .string(branch)]], would: "Branch would be changed to '\(branch)'",
                did: "Branch changed to '\(branch)'"
            ) {
                let isLocal = try await repository.answer("rev-parse", branch) != nil
                do {
                    try await repository.output(["checkout"] + (isLocal ? [branch] : ["-b", branch, "origin/" + branch]), mergingErrors: true)
                } catch let failure as GitRepository.Failure {
                    throw GitRepository.Failure("Failed to change branch to '\(branch)': \(failure)")
                }
                return nil
            }
        } catch let failure as GitRepository.Failure {
            return state.failed("\(failure)")
        }
    }

    private static func configurationSet(_ state: StateContext, _ settings: ConfigurationSettings) async throws -> StateResult {
        if settings.value != nil, settings.multivar != nil { return state.failed("Only one of 'value' and 'multivar' is permitted") }
        guard settings.isGlobal || settings.repo?.isEmpty == false else {
            return state.failed("Non-global config options require the 'repo' argument to be set")
        }
        guard let wanted = settings.multivar ?? settings.value.map({ [$0] }) else { return state.failed("One of 'value' and 'multivar' is required") }
        let name = state.name
        let configuration = GitConfiguration(
            repository: GitRepository(call: state.call, folder: settings.repo ?? "/", user: settings.user), isGlobal: settings.isGlobal,
            isInside: settings.repo != nil)
        let shown = settings.multivar?.value.pythonRepr ?? "'\(wanted[0])'"
        do {
            let old = try await configuration.values(name)
            let label = (settings.isGlobal ? "Global key " : "") + "'\(name)'"
            if old == wanted { return state.unchanged("\(label) is already set to \(shown)") }
            let verb = old == nil ? "added as" : "set to"
            return try await state.either(would: {
                StateResult(
                    name: name, result: nil, comment: "\(label) would be \(verb) \(shown)", changes: ["old": old.value, "new": wanted.value])
            }, do: {
                let failed = "Failed to set \(settings.isGlobal ? "global key " : "")'\(name)' to \(shown)"
                do { try await configuration.set(name, wanted) } catch let failure as GitRepository.Failure {
                    return state.failed("\(failed): \(failure.reason)")
                }
                let new = try await configuration.values(name)
                let changes: ValueMap = old == new ? [:] : [.string(name): ["old": old.value, "new": new.value]]
                if new != wanted { return state.failed(failed, changes: changes) }
                return StateResult(name: name, result: true, comment: "\(label) was \(verb) \(shown)", changes: changes)
            })
        } catch let failure as GitRepository.Failure {
            return state.failed("\(failure)")
        }
    }
}
