import HaliteCore
import HaliteModuleKit
import HaliteValue

/// `nodegroups`: the names of the nodegroups that the minion is in.
struct NodegroupsPillar: ExternalPillar {
    static let name = "nodegroups"
    private let key: String

    init(_ arguments: Value) throws {
        let name = arguments["pillar_name"] ?? arguments.listValue?.first ?? arguments
        key = name.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "nodegroups"
    }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        [.string(key): .list(try Self.groups(of: request).map { .string($0) })]
    }

    /// In the order of the configuration.
    static func groups(of request: ExternalPillarRequest) throws -> [String] {
        let own = request.compiler.nodegroups
        let groups = own.isEmpty ? request.options["nodegroups"]?.mapValue ?? [:] : own
        let facts = MinionFacts(id: request.minionID, grains: request.context.grains, pillar: request.pillar)
        let matcher = MinionMatcher(facts, nodegroups: groups)
        return try groups.filter { try matcher.matches($0.value, .compound) }.map(\.key.pythonString)
    }
}
