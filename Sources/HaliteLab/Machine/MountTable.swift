/// What is mounted in the mount namespace of this process.
enum MountTable {
    /// Refuses to go on while something is mounted below a folder that is about to be removed.
    ///
    /// The hosts' mounts are in namespaces of their own, so this finds only what somebody else has mounted there.
    static func checkIsFree(below directory: String) throws {
        let mounts = points(TextFile.read("/proc/self/mountinfo") ?? "").filter { $0 == directory || $0.hasPrefix(directory + "/") }
        guard mounts.isEmpty else {
            throw LabError(.failed, "something is mounted below the lab's folder: \(mounts.joined(separator: ", "))")
        }
    }

    /// The fifth field of each line; spaces and the like are written as octal numbers there.
    static func points(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 4 else { return nil }
            return decoded(fields[4])
        }
    }

    private static func decoded(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let number = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(number)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
