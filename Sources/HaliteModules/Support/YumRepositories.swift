import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The repositories that dnf and yum are told of: sections of files below `/etc/yum.repos.d`.
enum YumRepositories {
    static let functions: [Function] = [
        Function("list_repos", "Return the repositories that are configured.", .optional("basedir", nil as Value?, "Folders of their files."), .keywords("kwargs", "Ignored.")) { (call: CallContext, folders: Value?, _: ValueMap) async throws -> ValueMap in
            try await list(call, basedir: folders ?? .null)
        },
        Function("get_repo", "Return one repository.", .required("repo", "Its name."), .optional("basedir", nil as Value?, "Folders of their files."), .keywords("kwargs", "Ignored.")) { (call: CallContext, repo: String, folders: Value?, _: ValueMap) async throws -> ValueMap in
            var found = try await list(call, basedir: folders ?? .null)[copr(repo)]?.mapValue ?? [:]
            found["file"] = nil
            return found
        },
        Function("mod_repo", "Configure a repository.", .required("repo", "Its name."), .optional("basedir", nil as Value?, "Folders of their files."), .keywords("kwargs", "Settings; an empty one is deleted."), body: modify),
        Function("del_repo", "Remove a repository.", .required("repo", "Its name."), .optional("basedir", nil as Value?, "Folders of their files."), .keywords("kwargs", "Ignored."), body: delete),
    ]

    private static func copr(_ repo: String) -> String {
        guard repo.hasPrefix("copr:") else { return repo }
        let parts = String(repo.dropFirst(5)).parts("/", maxSplits: 1)
        return "copr:copr.fedorainfracloud.org:\(parts[0]):\(parts.count > 1 ? parts[1] : "")"
    }

    // MARK: - Reading

    private static func folders(_ call: CallContext, _ given: Value) async throws -> [String] {
        if let list = given.listValue, !list.isEmpty { return list.map(\.pythonString) }
        if let text = given.stringValue, !text.isEmpty { return text.parts(",").map { $0.stripped() } }
        let paths = ["/etc/yum/yum.conf", "/etc/yum.conf", "/etc/dnf/dnf.conf", "/etc/tdnf/tdnf.conf"]
        for path in paths {
            guard let text = await call.host.readTextIfPresent(path) else { continue }
            let main = parse(text).sections.first { $0.name == "main" }?.values ?? [:]
            return main["reposdir"].map { $0.pythonString.parts(",").map { $0.stripped() } } ?? ["/etc/yum/repos.d", "/etc/yum.repos.d"]
        }
        throw ExecutionError("No suitable yum config file found in: \(Value.list(paths.map { .string($0) }).pythonString)")
    }

    /// By name, each with its settings and the file that has it.
    static func list(_ call: CallContext, basedir: Value) async throws -> ValueMap {
        var found = ValueMap()
        for folder in try await folders(call, basedir) {
            for file in (try? await call.host.list(folder)) ?? [] where file.hasSuffix(".repo") {
                let path = "\(folder)/\(file)"
                for section in parse(await call.host.readTextIfPresent(path) ?? "").sections {
                    var values = section.values
                    values["file"] = .string(path)
                    found[.string(section.name)] = .map(values)
                }
            }
        }
        return found
    }

    private typealias Section = (name: String, values: ValueMap)

    /// As Python's `configparser` reads, with comments kept by section.
    private static func parse(_ text: String) -> (header: String, sections: [Section]) {
        var header = ""
        var sections: [Section] = []
        var key: Value?
        for raw in PythonLines.split(text) {
            let line = raw.stripped()
            if line.hasPrefix("#") || line.hasPrefix(";") {
                if sections.isEmpty {
                    if line.hasPrefix("#") { header += line + "\n" }
                } else if line.hasPrefix("#") {
                    let comments = sections[sections.count - 1].values["comments"]?.listValue ?? []
                    sections[sections.count - 1].values["comments"] = .list(comments + [.string(String(line.dropFirst()).stripped())])
                }
            } else if line.hasPrefix("["), line.hasSuffix("]") {
                sections.append((String(line.dropFirst().dropLast()), [:]))
                key = nil
            } else if raw.first?.isWhitespace == true, !line.isEmpty, let key, !sections.isEmpty {
                let old = sections[sections.count - 1].values[key]?.pythonString ?? ""
                sections[sections.count - 1].values[key] = .string(old.isEmpty ? line : old + "\n" + line)
            } else if let end = line.firstIndex(where: { $0 == "=" || $0 == ":" }), !sections.isEmpty {
                key = .string(String(line[..<end]).stripped().lowercased())
                if let key { sections[sections.count - 1].values[key] = .string(String(line[line.index(after: end)...]).stripped()) }
            }
        }
        return (header, sections)
    }

    // MARK: - Changing

    private static func comments(_ value: Value?) -> String {
        guard let value else { return "" }
        return (value.listValue ?? [value]).map { "# \(String($0.pythonString.drop { $0 == "#" }).stripped())\n" }.joined()
    }

    private static func text(_ value: Value) -> String {
        if let flag = value.boolValue { return flag ? "1" : "0" }
        return value.pythonString.parts("\n").joined(separator: "\n ")
    }

    private static func modify(_ call: CallContext, repo: String, basedir: Value?, options: ValueMap) async throws -> ValueMap {
        let links = ["baseurl", "mirrorlist", "metalink"]
        let options = ValueMap(options.filter { $0.key != "saltenv" && !$0.key.pythonString.hasPrefix("__") }.map { ($0.key, $0.value) })
        if links.filter({ options[$0] != nil }).count > 1 { throw ExecutionError("One and only one of \(links.joined(separator: ", ")) can be used") }
        let repo = copr(repo)
        // Numbers and False are settings; nothing and empty texts delete one.
        let isKept: (Value) -> Bool = { $0.isTruthy || $0 == 0 || $0 == false }
        let kept = ValueMap(options.filter { isKept($0.value) }.map { ($0.key, $0.value) })
        var deleted = options.filter { !isKept($0.value) }.map { $0.key.pythonString }
        if let link = links.first(where: { kept[$0] != nil }) { deleted += links.filter { $0 != link } }
        if deleted.contains("name") { throw ExecutionError("The repo name cannot be deleted") }
        let known = try await list(call, basedir: basedir ?? .null)
        var path = known[repo]?["file"]?.stringValue ?? ""
        var (header, sections) = ("", [Section]())
        if path.isEmpty {
            let all = try await folders(call, basedir ?? .null)
            var folder: String?
            for candidate in all where folder == nil { if try await call.host.exists(candidate) { folder = candidate } }
            guard let folder else {
                throw ExecutionError("The repo does not exist and needs to be created, but none of the following basedir directories exist: \(Value.list(all.map { .string($0) }).pythonString)")
            }
            if kept["name"] == nil { throw ExecutionError("The repo does not exist and needs to be created, but a name was not given") }
            if links.allSatisfy({ kept[$0] == nil }) {
                throw ExecutionError("The repo does not exist and needs to be created, but none of \(links.joined(separator: ", ")) was given")
            }
            path = "\(folder)/\(repo).repo"
            sections = [(repo, [:])]
        } else {
            (header, sections) = parse(await call.host.readTextIfPresent(path) ?? "")
        }
        guard let place = sections.firstIndex(where: { $0.name == repo }) else { throw ExecutionError("the repository \(repo) is not in \(path)") }
        for key in deleted { sections[place].values[.string(key)] = nil }
        for (key, value) in kept { sections[place].values[key] = value }
        var content = header
        var told = ValueMap()
        for section in sections {
            var values = section.values
            let remarks = comments(values["comments"])
            values["comments"] = nil
            content += "[\(section.name)]\n" + values.map { "\($0.key.pythonString)=\(text($0.value))\n" }.joined() + remarks + "\n"
            told[.string(section.name)] = .map(values)
        }
        try await call.host.write(path, Array(content.utf8), FileAttributes())
        return [.string(path): .map(told)]
    }

    private static func delete(_ call: CallContext, repo: String, basedir: Value?, options: ValueMap) async throws -> String {
        let repo = copr(repo)
        let known = try await list(call, basedir: basedir ?? .null)
        guard let path = known[repo]?["file"]?.stringValue else {
            let all = try await folders(call, basedir ?? .null).map { Value.string($0) }
            return "Error: the \(repo) repo does not exist in \(Value.list(all).pythonString)"
        }
        if !known.contains(where: { $0.key != .string(repo) && $0.value["file"] == .string(path) }) {
            try await call.host.remove(path)
            return "File \(path) containing repo \(repo) has been removed"
        }
        let (header, sections) = parse(await call.host.readTextIfPresent(path) ?? "")
        var content = header
        for section in sections where section.name != repo {
            var values = section.values
            let remarks = comments(values["comments"])
            values["comments"] = nil
            content += "\n[\(section.name)]" + values.map { "\n\($0.key.pythonString)=\(text($0.value))" }.joined() + "\n\(remarks)\n"
        }
        try await call.host.write(path, Array(content.utf8), FileAttributes())
        return "Repo \(repo) has been removed from \(path)"
    }
}
