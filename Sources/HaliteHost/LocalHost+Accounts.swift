import Glibc
import Synchronization

extension LocalHost {
    private static let users = AccountCache<UserEntry>("/etc/passwd")
    private static let groups = AccountCache<GroupEntry>("/etc/group")

    package func user(named name: String) async throws -> UserEntry? {
        Self.users.entry("n:" + name) { lookUp { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) } }
    }

    package func user(id: Int) async throws -> UserEntry? {
        guard let number = uid_t(exactly: id) else { return nil }
        return Self.users.entry("i:\(id)") { lookUp { entry, buffer, size, result in getpwuid_r(number, entry, buffer, size, result) } }
    }

    package func group(named name: String) async throws -> GroupEntry? {
        Self.groups.entry("n:" + name) { lookUpGroup { entry, buffer, size, result in getgrnam_r(name, entry, buffer, size, result) } }
    }

    package func group(id: Int) async throws -> GroupEntry? {
        guard let number = gid_t(exactly: id) else { return nil }
        return Self.groups.entry("i:\(id)") {
            lookUpGroup { entry, buffer, size, result in getgrgid_r(number, entry, buffer, size, result) }
        }
    }

    private func lookUp(
        _ find: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> UserEntry? {
        withBuffer(passwd()) { entry, buffer, size, result in
            find(entry, buffer, size, result)
        } make: { entry in
            UserEntry(
                name: String(cString: entry.pw_name), userID: Int(entry.pw_uid), groupID: Int(entry.pw_gid),
                fullName: String(cString: entry.pw_gecos), home: String(cString: entry.pw_dir),
                shell: String(cString: entry.pw_shell))
        }
    }

    private func lookUpGroup(
        _ find: (
            UnsafeMutablePointer<Glibc.group>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Glibc.group>?>
        ) -> Int32
    ) -> GroupEntry? {
        withBuffer(Glibc.group()) { entry, buffer, size, result in
            find(entry, buffer, size, result)
        } make: { entry in
            var members: [String] = []
            var next = entry.gr_mem
            while let member = next?.pointee {
                members.append(String(cString: member))
                next = next?.advanced(by: 1)
            }
            return GroupEntry(name: String(cString: entry.gr_name), groupID: Int(entry.gr_gid), members: members)
        }
    }

    /// Calls a look-up of the C library with a buffer that grows until the entry fits.
    private func withBuffer<Entry, Result>(
        _ empty: Entry,
        _ find: (
            UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
        ) -> Int32,
        make: (Entry) -> Result
    ) -> Result? {
        var size = 4096
        while size <= 1 << 22 {
            var entry = empty
            var found: UnsafeMutablePointer<Entry>?
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            if find(&entry, buffer, size, &found) != ERANGE { return found == nil ? nil : make(entry) }
            size *= 4
        }
        return nil
    }
}

/// Remembers accounts that were found, as long as the system's file of them stays as it is.
///
/// A look-up reads the whole file; a run of a thousand files makes four thousand. What was not found is looked up again:
/// a state may have made it. Accounts from elsewhere, such as LDAP, are remembered for a few seconds.
private final class AccountCache<Entry: Sendable>: Sendable {
    private struct State {
        var entries: [String: Entry] = [:]
        var stamp = stat()
        var since = 0
    }

    private static var lifetime: Int { 5 }
    private let file: String
    private let state = Mutex(State())

    init(_ file: String) { self.file = file }

    func entry(_ key: String, find: () -> Entry?) -> Entry? {
        var stamp = stat()
        guard stat(file, &stamp) == 0 else { return find() }
        let known = state.withLock { state -> Entry? in
            let now = time(nil)
            let isSame =
                state.stamp.st_ino == stamp.st_ino && state.stamp.st_size == stamp.st_size
                && state.stamp.st_mtim.tv_sec == stamp.st_mtim.tv_sec && state.stamp.st_mtim.tv_nsec == stamp.st_mtim.tv_nsec
            if !isSame || now - state.since > Self.lifetime || now < state.since {
                state.entries = [:]
                (state.stamp, state.since) = (stamp, now)
            }
            return state.entries[key]
        }
        if let known { return known }
        guard let found = find() else { return nil }
        state.withLock { $0.entries[key] = found }
        return found
    }
}
