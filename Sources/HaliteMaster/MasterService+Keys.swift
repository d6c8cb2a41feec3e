import HaliteCore
import HaliteStore
import HaliteValue

extension MasterService {
    /// Lists keys or changes their state; the connections follow.
    package func keyAction(_ action: String, pattern: String, states: [String]?) async throws -> ValueMap {
        let result = try OfflineKeys(ring: keys, fingerprint: fingerprint).perform(action, pattern: pattern, states: states)
        for (state, ids) in result {
            for id in (ids.listValue ?? []).map(\.pythonString) {
                switch action {
                case "accept": await keyAccepted(id)
                case "reject": await keyRevoked(id, act: "reject")
                case "delete" where state.pythonString == KeyRing.State.accepted.rawValue:
                    try store.forget(minion: id)
                    await keyRevoked(id, act: "delete")
                default: continue
                }
            }
        }
        return result
    }
}
