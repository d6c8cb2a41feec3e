import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgApt {
    static let repositories: [Function] = [
        Function("list_repos", "Return the repositories that are configured.", .keywords("kwargs", "Ignored."), body: listRepositories),
        Function("get_repo", "Return one repository.", .required("repo", "Its line."), .keywords("kwargs", "Ignored."), body: getRepository),
    ]

    private static func listRepositories(_ call: CallContext, ignored: ValueMap) async throws -> ValueMap {
        var found = ValueMap()
        for entry in try await AptSources.read(call.host) {
            for uri in entry.uris {
                for suite in entry.suites {
                    found[.string(uri)] = .list((found[uri]?.listValue ?? []) + [.map(entry.description(uri: uri, suite: suite))])
                }
            }
        }
        return found
    }

    private static func getRepository(_ call: CallContext, repo: String, ignored: ValueMap) async throws -> ValueMap {
        guard let wanted = AptSources.line(repo, file: "") else {
            throw ExecutionError("Error: repo '\(repo)' is not a well formatted definition")
        }
        func plain(_ uri: String) -> String { uri.hasSuffix("/") ? plain(String(uri.dropLast())) : uri }
        for (uri, entries) in try await listRepositories(call, ignored: [:]) where plain(uri.pythonString) == plain(wanted.uris[0]) {
            for entry in entries.listValue ?? [] where entry["type"] == .string(wanted.types[0]) && entry["dist"] == .string(wanted.suites[0]) {
                let components = (entry["comps"]?.listValue ?? []).map(\.pythonString)
                if wanted.components.isEmpty || wanted.components.contains(where: { components.contains($0) }) { return entry.mapValue ?? [:] }
            }
        }
        return [:]
    }
}
