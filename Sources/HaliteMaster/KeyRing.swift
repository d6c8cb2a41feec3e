import FoundationEssentials
import Glibc
import HaliteCore
import HaliteHost
import HaliteTransport
import HaliteValue

/// Which minions are known by which key: Salt's folders, one file a minion with its public key.
///
/// A change of state is a rename, so a killed process leaves a key in one state or the other.
package struct KeyRing: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case accepted = "minions", denied = "minions_denied", pending = "minions_pre", rejected = "minions_rejected"

        /// As `halite key -L` heads the list.
        package var heading: String {
            switch self {
            case .accepted: "Accepted Keys"
            case .denied: "Denied Keys"
            case .pending: "Unaccepted Keys"
            case .rejected: "Rejected Keys"
            }
        }
    }

    package let directory: String

    package init(directory: String) throws {
        self.directory = directory
        for state in State.allCases {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(state.rawValue)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    private func path(_ id: String, _ state: State) -> String { "\(directory)/\(state.rawValue)/\(id)" }

    package func ids(_ state: State) -> [String] {
        // A folder that vanished holds no keys.
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(state.rawValue)")) ?? [])
            .filter { MinionOptions.isValid(id: $0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func key(of id: String, _ state: State) -> String? {
        guard MinionOptions.isValid(id: id), let data = try? Data(contentsOf: URL(filePath: path(id, state))) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    package func fingerprint(of id: String, _ state: State) -> String? {
        key(of: id, state).flatMap(Identity.fingerprint(ofPEM:))
    }

    /// What a minion that greets is: looked up by id, decided by key. A known id with another key is denied, and its key
    /// kept for the administrator to see.
    package func admit(id: String, publicKey: String, fingerprint: String, autoAccept: Bool) throws -> State {
        if let known = self.fingerprint(of: id, .accepted) {
            if known == fingerprint { return .accepted }
            try write(id, .denied, publicKey)
            return .denied
        }
        if self.fingerprint(of: id, .rejected) != nil { return .rejected }
        if let known = self.fingerprint(of: id, .pending) {
            guard known == fingerprint else {
                try write(id, .denied, publicKey)
                return .denied
            }
            guard autoAccept else { return .pending }
            try move(id, from: .pending, to: .accepted)
            return .accepted
        }
        let state: State = autoAccept ? .accepted : .pending
        try write(id, state, publicKey)
        return state
    }

    private func write(_ id: String, _ state: State, _ publicKey: String) throws {
        let target = path(id, state)
        // The name begins with a dot, which no id does.
        let temporary = "\(directory)/\(state.rawValue)/.\(id).\(UInt32.random(in: 0...UInt32.max))"
        try Data(publicKey.utf8).write(to: URL(filePath: temporary))
        guard rename(temporary, target) == 0 else {
            unlink(temporary)
            throw HostError(.other, "cannot write \(target): \(String(cString: strerror(errno)))")
        }
    }

    package func move(_ id: String, from: State, to: State) throws {
        guard rename(path(id, from), path(id, to)) == 0 else {
            throw HostError(
                .other, "cannot move the key of \(id) from \(from.rawValue) to \(to.rawValue): \(String(cString: strerror(errno)))")
        }
    }

    package func delete(_ id: String, _ state: State) throws {
        guard unlink(path(id, state)) == 0 || errno == ENOENT else {
            throw HostError(.other, "cannot delete the key of \(id): \(String(cString: strerror(errno)))")
        }
    }

    /// The ids in the given states that match a pattern.
    package func matching(_ pattern: String, in states: [State]) -> [(id: String, state: State)] {
        let glob = GlobPattern(pattern)
        return states.flatMap { state in ids(state).filter(glob.matches).map { ($0, state) } }
    }
}
