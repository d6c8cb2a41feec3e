import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgApt {
    static let repositories: [Function] = [
        Function("list_repos", "Return the repositories that are configured.", .keywords("kwargs", "Ignored."), body: listRepositories),
        Function("get_repo", "Return one repository.", .required("repo", "Its line."), .keywords("kwargs", "ppa_auth: name and password of a private PPA; others are ignored."), example: "halite '*' pkg.get_repo 'deb http://deb.debian.org/debian bookworm main'", body: getRepository),
        Function("mod_repo", "Configure a repository, or change one.", .required("repo", "Its line."), .optional("saltenv", "base", "The environment of the key's file."), .optional("aptkey", true, "Give keys to apt-key where the host has it."), .keywords("kwargs", "architectures, comps, comments, consolidate, disabled, dist, enabled, file, key_text, key_url, keyid, keyserver, ppa_auth, refresh, suites, trusted, types, uri, uris."), example: "halite '*' pkg.mod_repo 'deb http://deb.debian.org/debian bookworm main' comps=main,contrib", body: modifyRepository),
        Function("del_repo", "Remove a repository.", .required("repo", "Its line."), .keywords("kwargs", "ppa_auth: name and password of a private PPA; others are ignored."), example: "halite '*' pkg.del_repo 'deb http://deb.debian.org/debian bookworm main'", body: deleteRepository),
    ]

    static func plain(_ uri: String) -> String { uri.hasSuffix("/") ? plain(String(uri.dropLast())) : uri }

    // MARK: - Looking

    private static func listRepositories(_ call: CallContext, ignored: ValueMap) async throws -> ValueMap {
        var found = ValueMap()
        for entry in try await AptSources.read(call.host).entries where !entry.isInvalid {
            for description in entry.descriptions {
                guard let uri = description["uri"] else { continue }
                found[uri] = .list((found[uri]?.listValue ?? []) + [.map(description)])
            }
        }
        return found
    }

    private static func getRepository(_ call: CallContext, repo: String, options: ValueMap) async throws -> ValueMap {
        let login = options["ppa_auth"]?.stringValue
        var wanted = AptLine(try LaunchpadArchive.line(repo, call.grains, login: login))
        if let login, let mark = wanted.uri.firstRange(of: "://"), !wanted.uri[mark.upperBound...].hasPrefix(login) {
            wanted.uri = wanted.uri[..<mark.upperBound] + "\(login)@" + wanted.uri[mark.upperBound...]
        }
        for (uri, entries) in try await listRepositories(call, ignored: [:]) where plain(uri.pythonString) == plain(wanted.uri) {
            for entry in entries.listValue ?? [] where entry["type"] == .string(wanted.type) && entry["dist"] == .string(wanted.suite) {
                let components = (entry["comps"]?.listValue ?? []).map(\.pythonString)
                if wanted.components.isEmpty || wanted.components.contains(where: { components.contains($0) }) { return entry.mapValue ?? [:] }
            }
        }
        return [:]
    }

    // MARK: - Changing

    private static func modifyRepository(
        _ call: CallContext, repo given: String, saltenv: String, aptkey: Bool, options given2: ValueMap
    ) async throws -> ValueMap {
        var (repo, options) = (given, given2)
        let refresh = (options["refresh_db"] ?? options["refresh"] ?? true).isTruthy
        let usesTool = aptkey ? await call.host.which("apt-key") != nil : false
        if repo.hasPrefix("ppa:") {
            if let done = try await LaunchpadArchive.prepare(call, &repo, &options) {
                if done.isNew, refresh { _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, options: [:]) }
                return [.string(repo): done.answer]
            }
        }
        var sources = try await AptSources.read(call.host)
        if options["consolidate"]?.isTruthy == true { sources = try await sources.consolidated(call.host) }
        let wanted = AptLine(repo)
        guard !wanted.isInvalid else {
            throw ExecutionError("Name \(repo) is not valid. This must be the complete repo entry as seen in the sources file")
        }
        options["signedby"] = .string(wanted.signedBy)
        try await AptKeys.place(call, options, saltenv: saltenv, keyring: wanted.signedBy, usesTool: usesTool)
        let components = complete(&options, wanted)
        let comments = options["comments"].map(combined)
        let index: Int
        if let known = match(sources.entries, wanted, options, components) {
            index = known
        } else {
            let isTrusted = options["trusted"].flatMap { AptFlag.read($0) } ?? false
            guard usesTool || !wanted.signedBy.isEmpty || isTrusted else {
                throw ExecutionError("missing 'signedby' or 'trusted' option when apt-key is missing")
            }
            sources.entries.append(newEntry(repo, wanted, options))
            index = sources.entries.count - 1
        }
        apply(options, comments, repo, wanted, to: &sources.entries[index])
        try await sources.save(call.host)
        if refresh { _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, options: [:]) }
        return [.string(repo): .map(try await getRepository(call, repo: repo, options: [:]))]
    }

    /// One line of one or several comments.
    static func combined(_ comments: Value) -> String {
        (comments.listValue ?? [comments]).map(\.pythonString).joined(separator: " ").stripped()
    }

    /// Puts lists where arguments have commas; returns all components that are asked for.
    private static func complete(_ options: inout ValueMap, _ wanted: AptLine) -> [String] {
        var components = wanted.components
        if let given = options["comps"] {
            let words = given.pythonString.parts(",").map { $0.stripped() }
            options["comps"] = words.value
            components += words.filter { !components.contains($0) }
        } else {
            options["comps"] = components.value
        }
        options["architectures"] = (options["architectures"].map { $0.pythonString.parts(",") } ?? wanted.architectures).value
        if let disabled = options["disabled"] {
            options["disabled"] = .bool(disabled.isTrueAsSaltSees)
        } else if let enabled = options["enabled"] {
            options["disabled"] = .bool(!enabled.isTrueAsSaltSees)
        }
        return components
    }

    /// The first entry of that address, suite and type that has one of the components, or none, or other architectures.
    private static func match(_ entries: [AptEntry], _ wanted: AptLine, _ options: ValueMap, _ components: [String]) -> Int? {
        let (kind, dist) = (options["type"]?.stringValue, options["dist"]?.stringValue)
        return entries.firstIndex { entry in
            guard !entry.isInvalid, !entry.types.isEmpty else { return false }
            let isNamed = entry.types.contains(wanted.type) && entry.uris.contains { plain($0) == plain(wanted.uri) } && entry.suites.contains(wanted.suite)
            let isGiven = dist.map(entry.suites.contains) ?? false && kind.map(entry.types.contains) ?? false
            guard isNamed || isGiven else { return false }
            return entry.components.isEmpty || entry.components.contains { components.contains($0) }
                || options["architectures"] != entry.architectures.value
        }
    }

    private static func newEntry(_ repo: String, _ wanted: AptLine, _ options: ValueMap) -> AptEntry {
        let file = options["file"]?.stringValue ?? AptSources.main
        guard file.hasSuffix(".sources") else { return AptEntry(file: file, form: .line(AptLine(repo))) }
        var paragraph = AptParagraph("")
        paragraph["Types"] = wanted.type
        paragraph["URIs"] = wanted.uri
        paragraph["Suites"] = wanted.suite
        paragraph["Components"] = wanted.components.joined(separator: " ")
        let given = options["trusted"]
        if given == true || options["Trusted"] == true || given == nil && wanted.trusted == true { paragraph["Trusted"] = "yes" }
        return AptEntry(file: file, form: .paragraph(paragraph))
    }

    private static func apply(_ options: ValueMap, _ comments: String?, _ repo: String, _ wanted: AptLine, to entry: inout AptEntry) {
        if let comments { entry.setComment(comments) }
        if case .line(var line) = entry.form {
            line.line = repo
            entry.form = .line(line)
        }
        let known = entry.isParagraph ? AptEntry.paragraphSettings : AptEntry.settings
        for (key, value) in options where known.contains(key.pythonString) {
            if key == "architectures", !value.isTruthy, entry.architectures.isEmpty { continue }
            entry.set(key.pythonString, value)
        }
        if case .line(var line) = entry.form, line.uri != wanted.uri {
            line.uri = wanted.uri
            entry.form = .line(line)
        }
    }

    // MARK: - Removing

    private static func deleteRepository(_ call: CallContext, repo given: String, options: ValueMap) async throws -> String {
        let repo = try LaunchpadArchive.line(given, call.grains, login: options["ppa_auth"]?.stringValue)
        let isArchive = repo != given
        let wanted = AptLine(repo)
        var sources = try await AptSources.read(call.host)
        var files: [String] = []
        for index in sources.entries.indices {
            var entry = sources.entries[index]
            guard !entry.isInvalid, entry.suites.contains(wanted.suite), entry.uris.contains(where: { plain($0) == plain(wanted.uri) }) else { continue }
            let isNamed = entry.types.contains(wanted.type) && entry.architectures == wanted.architectures
            // Archives of Launchpad come with their sources.
            guard isNamed || isArchive && entry.types == ["deb-src"] else { continue }
            if Set(entry.components) == Set(wanted.components) {
                entry.removeSuite(wanted.suite)
            } else if entry.components.contains(where: { wanted.components.contains($0) }) {
                entry.set("comps", entry.components.filter { !wanted.components.contains($0) }.value)
            } else {
                continue
            }
            if !files.contains(entry.file) { files.append(entry.file) }
            sources.entries[index] = entry
        }
        guard !files.isEmpty else { throw ExecutionError("Repo \(repo) doesn't exist in the sources.list(s)") }
        sources.entries.removeAll { !$0.isInvalid && $0.suites.isEmpty }
        try await sources.save(call.host)
        var told = ""
        for file in files {
            let isEmpty = !sources.entries.contains { $0.file == file && !$0.isInvalid }
            if isEmpty, file.contains("sources.list.d/"), try await call.host.isFile(file) {
                try await call.host.remove(file)
                told += "File \(file) containing repo '\(repo)' has been removed."
            } else {
                // What no entry is in is not written with the others.
                if !sources.entries.isEmpty, !sources.entries.contains(where: { $0.file == file }) { try await call.host.write(file, [], FileAttributes()) }
                told += "Repo '\(repo)' has been removed from \(file).\n"
            }
        }
        _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, options: [:])
        return told
    }
}
