import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Devices and pipes, empty folders, and what other systems have.
extension FileState {
    // MARK: - mknod

    struct NodeSettings: ArgumentGroup {
        var ntype = ""
        var major = 0
        var minor = 0
        var user: Account?
        var group: Account?
        var mode: FileMode = FileMode(text: "0600")

        static let fields: [ArgumentField<NodeSettings>] = [
            .field("ntype", \.ntype, "c, b or p: a character device, a block device or a pipe.", required: true),
            .field("major", \.major, "The major number of a device."),
            .field("minor", \.minor, "The minor number of a device."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("mode", \.mode, "The mode."),
        ]
    }

    static func node(_ given: StateContext, _ settings: NodeSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.mknod") }
        let kinds: [String: (word: String, made: String, kind: FileStatus.Kind)] = [
            "c": ("Character device", "character device", .character), "b": ("Block device", "block device", .block),
            "p": ("Fifo pipe", "fifo pipe", .pipe),
        ]
        guard let node = kinds[settings.ntype] else {
            return state.failed(
                "Node type unavailable: '\(settings.ntype)'. Available node types are character ('c'), block ('b'), and pipe ('p')")
        }
        let host = state.call.host
        let status = try await host.status(path)
        if status?.kind == .file { return state.failed("File \(path) exists and is not a \(node.made). Refusing to continue") }
        let owners = Ownership(user: settings.user, group: settings.group, mode: settings.mode)
        guard status?.kind == node.kind else {
            if status != nil, let failure = try await state.whenApplying({ state.failed("File \(path) exists and cannot be overwritten") })
            {
                return failure
            }
            return try await state.change([:], would: "\(node.word) \(path) is set to be created", did: "") {
                try await DeviceNode(path: path, settings: settings, owners: owners, host: host).make()
                return ["new": .string("\(node.word) \(path) created.")]
            }
        }
        if node.kind != .pipe {
            let numbers = try await host.run("stat", "-c", "%Hr %Lr", path).text.split(separator: " ").compactMap { Int($0) }
            if numbers != [settings.major, settings.minor] {
                return state.failed(
                    "\(node.word) \(path) exists and has a different major/minor \(numbers.first ?? 0)/\(numbers.last ?? 0). Refusing to continue"
                )
            }
        }
        return try await state.either(
            would: {
                guard let current = try await host.status(path, followLinks: false) else { return state.unchanged("") }
                let changes = try await owners.differences(current, host)
                let comment = changes.isEmpty ? "\(node.word) \(path) is in the correct state" : ""
                return StateResult(name: path, result: changes.isEmpty ? true : nil, comment: comment, changes: changes)
            },
            do: {
                let outcome = try await owners.enforce(path, host, followLinks: false)
                let comment =
                    outcome.changes.isEmpty ? "\(node.word) \(path) is in the correct state" : outcome.problems.joined(separator: "; ")
                return StateResult(name: path, result: outcome.problems.isEmpty, comment: comment, changes: outcome.changes)
            })
    }

    // MARK: - pruned

    struct PrunedSettings: ArgumentGroup {
        var recurse = false
        var ignoreErrors = false
        var olderThan: Value = .null

        static let fields: [ArgumentField<PrunedSettings>] = [
            .field("recurse", \.recurse, "Remove empty folders below, too."),
            .field("ignore_errors", \.ignoreErrors, "Folders that are not empty are no failure; implies recurse."),
            .field("older_than", \.olderThan, "Only folders that are as many days old."),
        ]
    }

    static func pruned(_ given: StateContext, _ settings: PrunedSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let host = state.call.host
        let recurses = settings.recurse || settings.ignoreErrors
        guard try await host.isDirectory(path) else { return state.unchanged("Directory \(path) is not present") }
        return try await state.either(
            would: {
                StateResult(name: path, result: nil, comment: "Directory \(path) is set for removal", changes: ["deleted": .string(path)])
            },
            do: {
                if !path.hasPrefix("/") { throw ExecutionError("File path must be absolute.") }
                let outcome = try await EmptyFolders.remove(path, recurses: recurses, olderThan: settings.olderThan, host)
                let deleted = outcome.deleted.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                if outcome.isDone || settings.ignoreErrors, recurses, !deleted.isEmpty {
                    return StateResult(
                        name: path, result: true, comment: "Recursively removed empty directories under \(path)",
                        changes: ["deleted": deleted.value])
                }
                if outcome.isDone {
                    if recurses { return state.unchanged("") }
                    return StateResult(name: path, result: true, comment: "Removed directory \(path)", changes: ["deleted": .string(path)])
                }
                return StateResult(
                    name: path, result: false, comment: "Failed to remove directory \(path)",
                    changes: ["deleted": outcome.deleted.value, "errors": .list(outcome.errors.map { [.string($0.0), .string($0.1)] })])
            })
    }

    // MARK: - What other systems have

    static func shortcut(_ state: StateContext, name: String, target: String, more: ValueMap) async throws -> StateResult {
        state.failed("Shortcuts are only supported on Windows")
    }
}

/// Makes a device or a pipe with the host's `mknod`.
struct DeviceNode: Sendable {
    let path: String
    let settings: FileState.NodeSettings
    let owners: Ownership
    let host: any Host

    func make() async throws {
        if let parent = Path.parent(path) {
            try await NewFolders.make(parent, Ownership(user: settings.user, group: settings.group), host)
        }
        var command = ["mknod", "-m", settings.mode.text, "--", path, settings.ntype]
        if settings.ntype != "p" { command += [String(settings.major), String(settings.minor)] }
        let result = try await host.run(Command(command))
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        _ = try await owners.enforce(path, host, followLinks: false)
    }
}

/// Removes folders that hold nothing.
enum EmptyFolders {
    struct Outcome: Sendable {
        var deleted: [String] = []
        var errors: [(String, String)] = []
        var isDone = false
    }

    static func remove(_ path: String, recurses: Bool, olderThan: Value, _ host: any Host) async throws -> Outcome {
        var outcome = Outcome()
        var limit: Double?
        if olderThan.isTruthy {
            let now = Double(try await host.run("date", "+%s").text) ?? 0
            limit = Int(olderThan.pythonString).map { now - Double($0) * 86400 }
        }
        if recurses {
            for visit in try await bottomUp(path, host) {
                for name in visit.folders { try await remove(Path.join(visit.path, name), limit, &outcome, host) }
            }
        }
        let below = outcome.errors.isEmpty
        let before = outcome.deleted.count
        try await remove(path, limit, &outcome, host)
        outcome.isDone = below && outcome.errors.isEmpty && (recurses || outcome.deleted.count > before)
        return outcome
    }

    private static func bottomUp(_ path: String, _ host: any Host) async throws -> [FolderVisit] {
        guard let top = try await FolderWalk.visits(path, host, depth: 1).first else { return [] }
        var found: [FolderVisit] = []
        for name in top.folders where try await !host.isLink(Path.join(path, name)) {
            found += try await bottomUp(Path.join(path, name), host)
        }
        return found + [top]
    }

    private static func remove(_ path: String, _ limit: Double?, _ outcome: inout Outcome, _ host: any Host) async throws {
        guard let status = try await host.status(path, followLinks: false) else { return }
        if let limit, status.modificationTime >= limit { return }
        if status.kind == .link {
            outcome.errors.append((path, "[Errno 20] Not a directory: '\(path)'"))
        } else if try await !host.list(path).isEmpty {
            outcome.errors.append((path, "[Errno 39] Directory not empty: '\(path)'"))
        } else {
            try await host.remove(path)
            outcome.deleted.append(path)
        }
    }
}
