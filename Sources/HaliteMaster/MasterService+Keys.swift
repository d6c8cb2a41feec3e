import HaliteCore
import HaliteModuleKit
import HaliteStore
import HaliteValue

extension MasterService {
    /// Lists keys or changes their state; the connections follow. Returns the folder names with the ids concerned.
    /// - Parameter states: where to look; nil takes what the action is for.
    package func keyAction(_ action: String, pattern: String, states names: [String]?) async throws -> ValueMap {
        let states = names.map { $0.compactMap(KeyRing.State.init(rawValue:)) }
        switch action {
        case "list":
            return ValueMap(KeyRing.State.listing.map { state in (.string(state.rawValue), keys.ids(state).value) })
        case "finger", "print":
            var result = ValueMap()
            for (id, state) in keys.matching(pattern, in: states ?? KeyRing.State.listing) {
                var group = result[state.rawValue]?.mapValue ?? [:]
                group[id] = .string((action == "finger" ? keys.fingerprint(of: id, state) : keys.key(of: id, state)) ?? "")
                result[state.rawValue] = .map(group)
            }
            if action == "finger" { result["local"] = ["master.pub": .string(fingerprint)] }
            return result
        case "accept": return try await move(pattern, from: states ?? [.pending], to: .accepted)
        case "reject": return try await move(pattern, from: states ?? [.pending], to: .rejected)
        case "delete":
            var result = ValueMap()
            for (id, state) in keys.matching(pattern, in: states ?? KeyRing.State.allCases) {
                try keys.delete(id, state)
                if state == .accepted {
                    try store.forget(minion: id)
                    await keyRevoked(id, act: "delete")
                }
                result[state.rawValue] = .list((result[state.rawValue]?.listValue ?? []) + [.string(id)])
            }
            return result
        default: throw ExecutionError("unknown key action '\(action)'")
        }
    }

    private func move(_ pattern: String, from: [KeyRing.State], to: KeyRing.State) async throws -> ValueMap {
        var moved: [String] = []
        for (id, state) in keys.matching(pattern, in: from) where state != to {
            try keys.move(id, from: state, to: to)
            moved.append(id)
            if to == .accepted { await keyAccepted(id) } else { await keyRevoked(id, act: "reject") }
        }
        return moved.isEmpty ? [:] : [.string(to.rawValue): moved.value]
    }
}

extension KeyRing.State {
    /// In the order of `salt-key -L`.
    package static let listing: [KeyRing.State] = [.accepted, .denied, .pending, .rejected]
}
