import Glibc

extension LocalHost {
    package func user(named name: String) async throws -> UserEntry? {
        lookUp { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) }
    }

    package func user(id: Int) async throws -> UserEntry? {
        guard let id = uid_t(exactly: id) else { return nil }
        return lookUp { entry, buffer, size, result in getpwuid_r(id, entry, buffer, size, result) }
    }

    package func group(named name: String) async throws -> GroupEntry? {
        lookUpGroup { entry, buffer, size, result in getgrnam_r(name, entry, buffer, size, result) }
    }

    package func group(id: Int) async throws -> GroupEntry? {
        guard let id = gid_t(exactly: id) else { return nil }
        return lookUpGroup { entry, buffer, size, result in getgrgid_r(id, entry, buffer, size, result) }
    }

    private func lookUp(
        _ find: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> UserEntry? {
        withBuffer(passwd()) { entry, buffer, size, result in find(entry, buffer, size, result) } make: { entry in
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
        withBuffer(Glibc.group()) { entry, buffer, size, result in find(entry, buffer, size, result) } make: { entry in
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
