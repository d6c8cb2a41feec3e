import HaliteHost
import HaliteValue

/// All users and groups of the local files.
enum AccountFiles {
    static func users(_ host: any Host) async -> [UserEntry] {
        PythonLines.split(await host.readTextIfPresent("/etc/passwd") ?? "").compactMap { line in
            let fields = line.parts(":")
            guard fields.count >= 7, let user = Int(fields[2]), let group = Int(fields[3]) else { return nil }
            return UserEntry(name: fields[0], userID: user, groupID: group, fullName: fields[4], home: fields[5], shell: fields[6])
        }
    }

    static func groups(_ host: any Host) async -> [GroupEntry] {
        PythonLines.split(await host.readTextIfPresent("/etc/group") ?? "").compactMap { line in
            let fields = line.parts(":")
            guard fields.count >= 4, let id = Int(fields[2]) else { return nil }
            return GroupEntry(name: fields[0], groupID: id, members: fields[3].split(separator: ",").map(String.init))
        }
    }
}
