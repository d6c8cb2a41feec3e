import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct TidiedSettings: ArgumentGroup {
        var age = 0
        var matches: [String] = [".*"]
        var rmdirs = false
        var size: Value = 0
        var exclude: [String] = []
        var fullPathMatch = false
        var followlinks = false
        var timeComparison: Value = "atime"
        var ageSizeLogicalOperator = "OR"
        var ageSizeOnly: String?
        var rmlinks = true

        static let fields: [ArgumentField<TidiedSettings>] = [
            .field("age", \.age, "Days from which on a file goes."),
            .field("matches", \.matches, "Regular expressions of names."),
            .field("rmdirs", \.rmdirs, "Folders too."),
            .field("size", \.size, "Bytes from which on a file goes; 10K, 5M and so on."),
            .field("exclude", \.exclude, "Regular expressions of names that stay."),
            .field("full_path_match", \.fullPathMatch, "They match whole paths."),
            .field("followlinks", \.followlinks, "Enter links to folders."),
            .field("time_comparison", \.timeComparison, "atime, mtime or ctime."),
            .field("age_size_logical_operator", \.ageSizeLogicalOperator, "AND or OR."),
            .field("age_size_only", \.ageSizeOnly, "Look at age or size alone."),
            .field("rmlinks", \.rmlinks, "Links too."),
        ]
    }

    static func tidied(_ given: StateContext, _ settings: TidiedSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let host = state.call.host
        if let failure = relativePathFailure(state, path) { return failure }
        guard try await host.isDirectory(path) else { return state.failed("\(path) does not exist or is not a directory.") }
        let removals = try await Tidying(settings: settings, host: host).candidates(path)
        if removals.isEmpty { return state.unchanged("Nothing to remove from directory \(path)") }
        return try await state.change(
            ["removed": removals.value], would: "\(path) is set for tidy",
            did: "Removed \(removals.count) files or directories from directory \(path)"
        ) {
            for entry in removals { try await host.remove(entry) }
            return nil
        }
    }
}

/// Finds what `file.tidied` removes.
private struct Tidying: Sendable {
    let settings: FileState.TidiedSettings
    let host: any Host

    func candidates(_ path: String) async throws -> [String] {
        let today = try await days(of: Double(try await host.run("date", "+%s").text) ?? 0)
        let size = ByteCount.human(settings.size)
        let matches = try settings.matches.map { try Pattern.compile($0) }
        let exclude = try settings.exclude.map { try Pattern.compile($0) }
        var found: [String] = []
        try await walk(path, seen: []) { entry, name, status in
            if status.kind == .link, !settings.rmlinks { return }
            if status.kind == .directory, !settings.rmdirs { return }
            let isOld = try await abs(today - days(of: time(status))) >= settings.age
            // Salt sums up neither folders nor links.
            let isLarge = Double(status.kind == .directory || status.kind == .link ? 0 : status.size) >= size
            guard fits(isOld, isLarge) else { return }
            let shown = settings.fullPathMatch ? entry : name
            guard try matches.contains(where: { try $0.matches(shown, .start) }) else { return }
            if try exclude.contains(where: { try $0.matches(shown, .start) }) { return }
            found.append(entry)
        }
        return found
    }

    private func fits(_ isOld: Bool, _ isLarge: Bool) -> Bool {
        switch settings.ageSizeOnly?.lowercased() {
        case "age": isOld
        case "size": isLarge
        default: settings.ageSizeLogicalOperator.uppercased() == "AND" ? isOld && isLarge : isOld || isLarge
        }
    }

    private func time(_ status: FileStatus) -> Double {
        switch settings.timeComparison.stringValue?.lowercased() {
        case "mtime": status.modificationTime
        case "ctime": status.changeTime
        default: status.accessTime
        }
    }

    /// Whole days, by the calendar of Greenwich.
    private func days(of seconds: Double) async throws -> Int { Int((seconds / 86400).rounded(.down)) }

    /// From the bottom: what is in a folder comes before the folder.
    private func walk(_ path: String, seen: Set<String>, _ visit: (String, String, FileStatus) async throws -> Void) async throws {
        guard let visited = try await FolderWalk.visits(path, host, depth: 1).first else { return }
        for name in visited.folders {
            let entry = Path.join(path, name)
            let isLink = try await host.isLink(entry)
            if isLink, !settings.followlinks { continue }
            let real = try await host.resolved(entry)
            if !seen.contains(real) { try await walk(entry, seen: seen.union([real]), visit) }
        }
        for name in visited.files + visited.folders {
            let entry = Path.join(path, name)
            guard let status = try await host.status(entry, followLinks: false) else { continue }
            try await visit(entry, name, status)
        }
    }
}
