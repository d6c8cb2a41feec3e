import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Repositories that exist, and settings that do not.
extension GitState {
    struct UnsetSettings: ArgumentGroup {
        var valueRegex: String?
        var repo: String?
        var user: String?
        var isGlobal = false
        var all = false

        static let fields: [ArgumentField<UnsetSettings>] = [
            .field("value_regex", \.valueRegex, "Only values that match."), .field("repo", \.repo, "The repository."),
            .field("user", \.user, "The user to run as."), .field("global", \.isGlobal, "Settings of the user."),
            .field("all", \.all, "Also where a setting has several values."),
        ]
    }

    struct PresenceSettings: ArgumentGroup {
        var force = false
        var bare = true
        var template: String?
        var separateGitDir: String?
        var shared: Value = .null
        var user: String?

        static let fields: [ArgumentField<PresenceSettings>] = [
            .field("force", \.force, "Remove what is in the folder."), .field("bare", \.bare, "Without a checkout."),
            .field("template", \.template, "A folder to begin with."), .field("separate_git_dir", \.separateGitDir, "Where the repository itself lies."),
            .field("shared", \.shared, "Who may write: group, all, or a mode."), .field("user", \.user, "The user to run as."),
        ]
    }

    static func configurationUnset(_ state: StateContext, _ settings: UnsetSettings) async throws -> StateResult {
        guard settings.isGlobal || settings.repo?.isEmpty == false else {
            return state.failed("Non-global config options require the 'repo' argument to be set")
        }
        let name = state.name
        let configuration = GitConfiguration(
            repository: GitRepository(call: state.call, folder: settings.repo ?? "/", user: settings.user), isGlobal: settings.isGlobal,
            isInside: settings.repo != nil)
        var middle = Substring(name)
        while middle.hasPrefix("^") { middle = middle.dropFirst() }
        while middle.hasSuffix("$") { middle = middle.dropLast() }
        let key = "^\(middle)$"
        do {
            let matches = try await configuration.matching(key, settings.valueRegex)
            if matches.isEmpty { return state.unchanged("No matching keys are set") }
            let several = matches.filter { ($0.value.listValue?.count ?? 0) > 1 }
            if !settings.all, !several.isEmpty {
                let what = settings.valueRegex == nil
                    ? "Multivar(s) matched by the key expression" : "Multiple values are matched by value_regex for the following keys"
                return state.failed("\(what) (set 'all' to True to force removal): \(listed(several))")
            }
            return try await state.either(would: {
                StateResult(name: name, result: nil, comment: "\(matches.count) key(s) would have value(s) unset", changes: matches)
            }, do: {
                let before = try await configuration.matching(key, nil)
                var failed: [String] = []
                for (found, _) in matches {
                    let result = try await configuration.unset(found.pythonString, settings.valueRegex, all: settings.all)
                    if !result.succeeded { failed.append(found.pythonString) }
                }
                if !failed.isEmpty {
                    return state.failed(
                        "Error(s) occurred unsetting values for the following keys (see the minion log for details): \(failed.joined(separator: ", "))")
                }
                let after = try await configuration.matching(key, nil)
                var changes = ValueMap()
                for (found, values) in before {
                    let left = after[found]?.listValue ?? []
                    let gone = (values.listValue ?? []).filter { !left.contains($0) }
                    if !gone.isEmpty { changes[found] = .list(gone) }
                }
                let left = try await configuration.matching(key, settings.valueRegex)
                if !left.isEmpty { return state.failed("Failed to unset value(s): \(listed(Array(left)))", changes: changes) }
                return StateResult(name: name, result: true, comment: "Value(s) successfully unset", changes: changes)
            })
        } catch let failure as GitRepository.Failure {
            return state.failed("\(failure)")
        }
    }

    private static func listed(_ matches: [(key: Value, value: Value)]) -> String {
        matches.map { key, values in
            "\(key.pythonString) (\((values.listValue ?? []).map(\.pythonString).joined(separator: ", ")))"
        }.joined(separator: "; ")
    }

    static func present(_ state: StateContext, _ settings: PresenceSettings) async throws -> StateResult {
        let (name, host) = (state.name, state.call.host)
        let kind = settings.bare ? "bare " : ""
        var changes: ValueMap = ["new": .string(name)]
        var replaces = false
        if try await host.isDirectory(name) {
            let isThere: Bool
            if settings.bare {
                isThere = try await host.isFile(Path.join(name, "HEAD"))
            } else {
                let isTop = try await host.isDirectory(Path.join(name, ".git"))
                let isTree = try await GitRepository(call: state.call, folder: name, user: settings.user).isWorkTree()
                isThere = isTop || isTree
            }
            if isThere { return state.unchanged("") }
            if settings.force {
                replaces = true
                changes["forced init"] = true
            } else if try await !host.list(name).isEmpty {
                return state.failed(
                    "Target '\(name)' exists, is non-empty, and is not a git repository. Set the 'force' option to True to remove this directory's contents and proceed with initializing a repository"
                )
            }
        }
        var done = ["Initialized \(kind)repository in \(name)"]
        if let template = settings.template { done.append("Template directory set to \(template)") }
        if let folder = settings.separateGitDir { done.append("Gitdir set to \(folder)") }
        let would = replaces
            ? "Target directory \(name) exists. Since force=True, the contents of \(name) would be deleted, and a \(kind)repository would be initialized in its place."
            : "New \(kind)repository would be created"
        let (removesFirst, comment) = (replaces, done.joined(separator: ". ") + (done.count > 1 ? "." : ""))
        do {
            return try await state.change(changes, would: would, did: comment) {
                if removesFirst { try await host.remove(name) }
                try await host.makeDirectories(name)
                if let user = settings.user {
                    let owner = try await host.user(named: user)
                    try await host.setAttributes(name, FileAttributes(userID: owner?.userID, groupID: owner?.groupID))
                }
                var words = ["init"] + (settings.bare ? ["--bare"] : [])
                if let template = settings.template { words.append("--template=\(template)") }
                if let folder = settings.separateGitDir { words.append("--separate-git-dir=\(folder)") }
                if settings.shared.isTruthy {
                    words.append("--shared=\(settings.shared == true ? "group" : settings.shared.pythonString)")
                }
                try await GitRepository(call: state.call, folder: name, user: settings.user).output(words + [name])
                return nil
            }
        } catch let failure as GitRepository.Failure {
            return state.failed("\(failure)")
        }
    }
}
