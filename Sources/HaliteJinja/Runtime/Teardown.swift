import Glibc

/// Frees nested containers one after the other: freeing them inside of each other would exhaust the stack when a
/// template nests them very deeply.
enum Teardown {
    /// What the thread has yet to free.
    private final class Queue {
        var values: [JinjaValue] = []
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    static func release(_ items: inout [JinjaValue]) {
        guard hasContainer(items) else { return }
        drain { queue in
            queue.append(contentsOf: items)
            items.removeAll()
        }
    }

    /// The entries stay, with nothing in them that nests.
    static func release(_ entries: EntryStorage) {
        for position in 0..<entries.count where entries[position].value.isContainer {
            drain { queue in
                for rest in position..<entries.count {
                    queue.append(entries[rest].value)
                    entries[rest].value = .null
                }
            }
            return
        }
    }

    // The loops are functions of their own: an iterator would hold the elements until its function ends.
    private static func hasContainer(_ items: [JinjaValue]) -> Bool {
        for item in items where item.isContainer { return true }
        return false
    }

    /// The first container to be freed frees all that become free on the way; these only queue their elements.
    private static func drain(_ move: (inout [JinjaValue]) -> Void) {
        if let active = pthread_getspecific(key) {
            move(&Unmanaged<Queue>.fromOpaque(active).takeUnretainedValue().values)
            return
        }
        let queue = Queue()
        move(&queue.values)
        pthread_setspecific(key, Unmanaged.passUnretained(queue).toOpaque())
        while queue.values.popLast() != nil {}
        pthread_setspecific(key, nil)
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
