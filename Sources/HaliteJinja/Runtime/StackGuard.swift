import Glibc

// The C library has it; the module map of Glibc leaves GNU extensions out.
@_silgen_name("pthread_getattr_np")
private func pthread_getattr_np(_ thread: pthread_t, _ attributes: UnsafeMutablePointer<pthread_attr_t>) -> Int32

/// How much of the thread's stack is left: recursion ends with an error, on small stacks too.
enum StackGuard {
    /// What has to stay free for the work between two checks.
    private static let reserve: UInt = 192 << 10

    /// Holds the lowest address that may be used, for each thread.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    static var isExhausted: Bool {
        let limit: UInt
        if let known = pthread_getspecific(key) {
            limit = UInt(bitPattern: known)
        } else {
            // Asking the system is slow on the main thread, so it is done once.
            limit = lowestAddress()
            pthread_setspecific(key, UnsafeMutableRawPointer(bitPattern: limit))
        }
        var marker: UInt8 = 0
        return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) < limit }
    }

    private static func lowestAddress() -> UInt {
        var attributes = pthread_attr_t()
        guard pthread_getattr_np(pthread_self(), &attributes) == 0 else { return 1 }
        defer { pthread_attr_destroy(&attributes) }
        var start: UnsafeMutableRawPointer?
        var size = 0
        guard pthread_attr_getstack(&attributes, &start, &size) == 0, let start else { return 1 }
        return UInt(bitPattern: start) + reserve
    }
}
