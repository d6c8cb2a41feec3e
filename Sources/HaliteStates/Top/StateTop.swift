import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The settings that say how top files are found and merged.
struct TopSettings {
    let saltenv: String?
    let path: String
    let topSaltenv: String?
    let order: [String]
    let strategy: TopFile.Strategy
    let defaultTop: String?

    init(_ options: ValueMap, saltenv: String?) {
        func text(_ key: String) -> String? { options[key].flatMap { $0.isTruthy ? $0.pythonString : nil } }
        self.saltenv = saltenv.flatMap { $0.isEmpty ? nil : $0 }
        path = Self.path(options)
        topSaltenv = text("state_top_saltenv")
        var seen: Set<String> = []
        order = (options["env_order"]?.listValue ?? []).map(\.pythonString).filter { seen.insert($0).inserted }
        // Salt falls back to `merge` for a name that it does not know.
        strategy = TopFile.Strategy(rawValue: options["top_file_merging_strategy"]?.pythonString ?? "merge") ?? .merge
        defaultTop = options["default_top"] == nil ? "base" : text("default_top")
    }

    /// The path of the top file below the roots, for states and pillar alike.
    static func path(_ options: ValueMap) -> String {
        let name = options["state_top"]?.stringValue ?? "top.sls"
        if name.hasPrefix("salt://") { return String(name.dropFirst(7)) }
        return name.hasPrefix("/") ? String(name.dropFirst()) : name
    }
}

/// The states that top files give a minion.
struct StateTop {
    let context: CallContext
    let settings: TopSettings

    func matches() async throws -> [(saltenv: String, sls: [String])] {
        let known = try await environments()
        var wanted = known
        if let saltenv = settings.saltenv {
            wanted = [saltenv]
        } else if let only = settings.topSaltenv {
            wanted = [only]
        }
        if settings.strategy == .same, settings.saltenv == nil, settings.defaultTop == nil {
            throw TopError("top_file_merging_strategy set to 'same', but no default_top configuration option was set")
        }
        let gatherer = TopGatherer(files: context.services.files, path: settings.path, expandsIncludes: true) { file, path, saltenv in
            var call = context
            call.saltenv = saltenv
            return try await context.services.templates.renderData(
                source: try await LocalText.read(file.localPath), name: "salt://\(path)", pipeline: nil, values: ["sls": "top"], in: call)
        }
        let (tops, failures) = try await gatherer.gather(wanted)
        if let error = failures.first?.error { throw error is TopError ? error : TopError("Rendering top file failed: \(error)") }
        let top = try TopFile(tops, settings.strategy, defaultTop: settings.defaultTop ?? "")
        let errors = top.verify()
        if !errors.isEmpty { throw StateRefusal(messages: errors, returnCode: 1) }
        let facts = MinionFacts(id: context.services.id, grains: context.grains, pillar: context.pillar)
        let matcher = MinionMatcher(facts, nodegroups: context.services.options["nodegroups"]?.mapValue ?? [:])
        do {
            return try top.matches(matcher, only: settings.saltenv, known: Set(known))
        } catch let error as TargetError {
            throw TopError("top file: \(error)")
        } catch let error as RegexError {
            throw TopError("top file: \(error)")
        }
    }

    /// `base` first, then the others; with `env_order` those that it names and that there are.
    private func environments() async throws -> [String] {
        let served = try await context.services.files.environments()
        if !settings.order.isEmpty { return served.isEmpty ? settings.order : settings.order.filter(served.contains) }
        return ["base"] + served.filter { $0 != "base" }
    }
}
