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
        for item in items {
            guard item.isContainer else { continue }
            let taken = items
            items = []
            drain(taken)
            return
        }
    }

    static func release(_ entries: inout [JinjaDict.Entry]) {
        for entry in entries {
            guard entry.value.isContainer else { continue }
            let taken = entries.map(\.value)
            entries = []
            drain(taken)
            return
        }
    }

    /// The first container to be freed frees all that become free on the way; these only queue their elements.
    private static func drain(_ values: consuming [JinjaValue]) {
        if let active = pthread_getspecific(key) {
            Unmanaged<Queue>.fromOpaque(active).takeUnretainedValue().values.append(contentsOf: values)
            return
        }
        let queue = Queue()
        queue.values = values
        values = []
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
