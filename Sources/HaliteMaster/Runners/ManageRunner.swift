import HaliteCore
import HaliteModuleKit
import HaliteStore
import HaliteValue

/// Which minions are up: the master knows who is connected, so that every question has the one true answer at once.
struct ManageRunner: ExecutionModule {
    static let name = "manage"
    static let summary = "Tells which minions are up."

    private static let target = Parameter<String>.optional("tgt", "*", "Which minions.")
    private static let kind = Parameter<String>.optional("tgt_type", "glob", "The kind of the target.")

    static let functions: [Function] = [
        Function("status", "Lists the minions that are up and those that are down.", target, kind) { context, target, kind in
            let (up, down) = try split(context, target, kind)
            return ["up": up.value, "down": down.value] as ValueMap
        },
        Function("up", "Lists the minions that are connected.", target, kind) { try split($0, $1, $2).up },
        Function("down", "Lists the accepted minions that are not connected.", target, kind) { try split($0, $1, $2).down },
        Function("present", "Lists the minions that are connected.") { try split($0, "*", "glob").up },
        Function("alived", "Lists the minions that are connected.") { try split($0, "*", "glob").up },
        Function("joined", "Lists the minions that are connected.") { try split($0, "*", "glob").up },
        Function("not_present", "Lists the accepted minions that are not connected.") { try split($0, "*", "glob").down },
        Function("not_alived", "Lists the accepted minions that are not connected.") { try split($0, "*", "glob").down },
        Function("versions", "Groups the connected minions by their version of Halite.") { context in
            let master = try context.requireMaster()
            var groups = ValueMap()
            for id in master.sessions.ids {
                let version = master.sessions.session(id)?.grains["saltversion"]?.pythonString ?? "unknown"
                groups[version] = .list((groups[version]?.listValue ?? []) + [.string(id)])
            }
            return groups
        },
    ]

    private static func split(_ context: CallContext, _ target: String, _ kind: String) throws -> (up: [String], down: [String]) {
        let master = try context.requireMaster()
        guard let kind = Target.Kind(name: kind) else { throw ExecutionError("unknown target type '\(kind)'") }
        let ids = try master.minions(matching: Target(.string(target), kind: kind))
        let connected = Set(master.sessions.ids)
        return (ids.filter(connected.contains), ids.filter { !connected.contains($0) })
    }
}
