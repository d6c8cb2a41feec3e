import Glibc

/// Frees nested containers without recursion beyond a bound: freeing them inside of each other would exhaust the stack when
/// a template nests them very deeply.
enum Teardown {
    private static let depthLimit = 40

    /// What a thread is freeing.
    private final class State {
        @exclusivity(unchecked) var depth = 0
        /// What is nested too deeply, to be freed one after the other.
        @exclusivity(unchecked) var waiting: [JinjaValue] = []
        @exclusivity(unchecked) var isDraining = false
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { state in
            if let state { Unmanaged<State>.fromOpaque(state).release() }
        }
        return key
    }()

    private static var state: Unmanaged<State> {
        if let known = pthread_getspecific(key) { return Unmanaged.fromOpaque(known) }
        let made = Unmanaged.passRetained(State())
        pthread_setspecific(key, made.toOpaque())
        return made
    }

    static func release(_ items: inout [JinjaValue]) {
        guard hasContainer(items) else { return }
        state._withUnsafeGuaranteedRef { state in
            if state.depth < depthLimit {
                state.depth += 1
                items.removeAll()
                state.depth -= 1
            } else {
                state.waiting.append(contentsOf: items)
                items.removeAll()
                drain(state)
            }
        }
    }

    /// The entries stay, with nothing in them that nests.
    static func release(_ entries: EntryStorage) {
        var position = 0
        while position < entries.count, !entries[position].value.isContainer { position += 1 }
        if position == entries.count { return }
        state._withUnsafeGuaranteedRef { state in
            if state.depth < depthLimit {
                state.depth += 1
                while position < entries.count {
                    entries[position].value = .null
                    position += 1
                }
                state.depth -= 1
            } else {
                while position < entries.count {
                    state.waiting.append(entries[position].value)
                    entries[position].value = .null
                    position += 1
                }
                drain(state)
            }
        }
    }

    // A function of its own: an iterator would hold the elements until its function ends.
    private static func hasContainer(_ items: [JinjaValue]) -> Bool {
        for item in items where item.isContainer { return true }
        return false
    }

    /// The first to come here frees all that becomes free on the way; the others only add to it.
    private static func drain(_ state: State) {
        if state.isDraining { return }
        state.isDraining = true
        while state.waiting.popLast() != nil {}
        state.isDraining = false
    }
}

extension JinjaValue {
    fileprivate var isContainer: Bool {
        switch self {
        case .list, .tuple, .dict: true
        default: false
        }
    }
}
