import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Brings pillar data from elsewhere; one for each entry of `ext_pillar`.
protocol ExternalPillar: Sendable {
    /// The name in the configuration.
    static var name: String { get }
    /// - Parameter arguments: what the configuration gives it: a value, a list or a dictionary.
    init(_ arguments: Value) throws
    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap
}

/// What an external pillar may know.
struct ExternalPillarRequest: Sendable {
    let compiler: PillarCompiler
    let minionID: String
    /// What is known of the pillar so far.
    let pillar: ValueMap
    let pillarenv: String?

    var context: CallContext { compiler.context }
    var options: ValueMap { compiler.settings.options }
}

/// Runs the external pillars of the configuration in their order.
struct ExternalPillars: Sendable {
    let compiler: PillarCompiler
    let pillarenv: String?
    let override: ValueMap
    /// One more, for this time alone.
    let onDemand: ValueMap?

    private static let available: [any ExternalPillar.Type] = [
        CommandYAMLPillar.self, CommandJSONPillar.self, FileTreePillar.self, GitPillar.self, HTTPJSONPillar.self,
        HTTPYAMLPillar.self,
        NodegroupsPillar.self, ProgramPillar.self, StackPillar.self,
    ]

    private var settings: PillarSettings { compiler.settings }
    private static let malformed = "The \"ext_pillar\" option is malformed"

    func compile(over base: ValueMap) async -> (pillar: ValueMap, errors: [String]) {
        var entries: [Value] = []
        switch settings.options["ext_pillar"] {
        case .list(let list)?: entries = list
        case nil, .null?: break
        default: return (base, [Self.malformed])
        }
        if let onDemand, isAllowed(onDemand) { entries.append(.map(onDemand)) }
        if entries.isEmpty { return (base, []) }
        var pillar = override.isEmpty ? base : settings.merge(base, override)
        var errors: [String] = []
        let excluded = settings.options["exclude_ext_pillar"]?.listValue?.map(\.pythonString) ?? []
        for entry in entries {
            guard case .map(let map) = entry, let first = map.keys.first else { return ([:], errors + [Self.malformed]) }
            if excluded.contains(first.pythonString) { continue }
            var data: ValueMap?
            for (name, arguments) in map {
                do {
                    data = try await run(name.pythonString, arguments, pillar)
                    // A pillar made of SLS files says what went wrong as ours does.
                    errors += data?.removeValue(forKey: "_errors")?.listValue?.map(\.pythonString) ?? []
                } catch {
                    errors.append("Failed to load ext_pillar \(name.pythonString): \(error)")
                }
            }
            if let data, !data.isEmpty { pillar = settings.merge(pillar, data) }
        }
        return (pillar, errors)
    }

    private func run(_ name: String, _ arguments: Value, _ pillar: ValueMap) async throws -> ValueMap {
        guard let type = Self.available.first(where: { $0.name == name }) else {
            let names = Self.available.map { $0.name }
            let hint = NearestName.hint(name, among: names)
            throw ExecutionError(
                "there is no external pillar of this name\(hint); a program can stand in for it: see 'program' in docs/files-and-pillar.md "
                    + "(available: \(names.joined(separator: ", ")))")
        }
        let request = ExternalPillarRequest(compiler: compiler, minionID: compiler.minionID, pillar: pillar, pillarenv: pillarenv)
        return try await type.init(arguments).compile(request)
    }

    /// `on_demand_ext_pillar` says what `pillar.ext` may ask for.
    private func isAllowed(_ external: ValueMap) -> Bool {
        let allowed = settings.options["on_demand_ext_pillar"]?.listValue?.map(\.pythonString) ?? ["libvirt", "virtkey"]
        let refused = external.keys.map(\.pythonString).filter { !allowed.contains($0) }
        if refused.isEmpty { return true }
        compiler.log(
            "The following ext_pillar modules are not allowed for on-demand pillar data: \(refused.sorted().joined(separator: ", ")). "
                + "Valid on-demand ext_pillar modules are: \(allowed.joined(separator: ", ")). The valid modules can be adjusted by setting "
                + "the 'on_demand_ext_pillar' config option.")
        return false
    }
}
