import HaliteCore
import HaliteModuleKit
import HaliteValue

/// What can be done with keys by the files alone: what a running master does, and `halite key` without one.
package struct OfflineKeys: Sendable {
    package let ring: KeyRing
    /// Of the master itself.
    package let fingerprint: String

    package init(ring: KeyRing, fingerprint: String) {
        self.ring = ring
        self.fingerprint = fingerprint
    }

    /// Lists keys or changes their state. Returns folder names with the ids concerned.
    /// - Parameter states: where to look; nil takes what the action is for.
    package func perform(_ action: String, pattern: String, states names: [String]?) throws -> ValueMap {
        let states = names.map { $0.compactMap(KeyRing.State.init(rawValue:)) }
        switch action {
        case "list":
            return ValueMap(KeyRing.State.listing.map { (.string($0.rawValue), ring.ids($0).value) })
        case "finger", "print":
            var result = ValueMap()
            for (id, state) in ring.matching(pattern, in: states ?? KeyRing.State.listing) {
                var group = result[state.rawValue]?.mapValue ?? [:]
                group[id] = .string((action == "finger" ? ring.fingerprint(of: id, state) : ring.key(of: id, state)) ?? "")
                result[state.rawValue] = .map(group)
            }
            if action == "finger" { result["local"] = ["master.pub": .string(fingerprint)] }
            return result
        case "accept": return try move(pattern, from: states ?? [.pending], to: .accepted)
        case "reject": return try move(pattern, from: states ?? [.pending], to: .rejected)
        case "delete":
            var result = ValueMap()
            for (id, state) in ring.matching(pattern, in: states ?? KeyRing.State.allCases) {
                try ring.delete(id, state)
                result[state.rawValue] = .list((result[state.rawValue]?.listValue ?? []) + [.string(id)])
            }
            return result
        default: throw ExecutionError("unknown key action '\(action)'")
        }
    }

    private func move(_ pattern: String, from: [KeyRing.State], to: KeyRing.State) throws -> ValueMap {
        var moved: [String] = []
        for (id, state) in ring.matching(pattern, in: from) where state != to {
            try ring.move(id, from: state, to: to)
            moved.append(id)
        }
        return moved.isEmpty ? [:] : [.string(to.rawValue): moved.value]
    }
}

extension KeyRing.State {
    /// In the order of `salt-key -L`.
    package static let listing: [KeyRing.State] = [.accepted, .denied, .pending, .rejected]
}
