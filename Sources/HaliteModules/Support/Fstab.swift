import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The text of a table of file systems (fstab, vfstab) and the changes that Salt makes to it, line by line.
struct Fstab: Sendable {
    /// What the columns mean, and how a new line is laid out.
    enum Layout: Sendable {
        case linux
        case solaris

        var keys: [String] {
            switch self {
            case .linux: ["device", "name", "fstype", "opts", "dump", "pass_num"]
            case .solaris: ["device", "device_fsck", "name", "fstype", "pass_fsck", "mount_at_boot", "opts"]
            }
        }

        /// Types without a device of their own, whose lines are found by the mount point.
        var withoutDevice: Set<String> {
            switch self {
            case .linux:
                [
                    "none", "tmpfs", "sysfs", "proc", "fusectl", "debugfs", "securityfs", "devtmpfs", "cgroup", "nfs", "nfs4", "glusterfs",
                    "btrfs", "ceph",
                ]
            case .solaris: ["devfs", "proc", "ctfs", "objfs", "sharefs", "fs", "tmpfs"]
            }
        }

        /// The columns of a line; nil for remarks and for what is no entry.
        func entry(_ line: String) -> [String: String]? {
            if line.hasPrefix("#") { return nil }
            var words = line.words()
            switch self {
            case .linux: guard (4...6).contains(words.count) else { return nil }
            case .solaris: guard words.count == 7 else { return nil }
            }
            while words.count < keys.count { words.append("0") }
            return Dictionary(uniqueKeysWithValues: zip(keys, words))
        }

        func line(_ entry: [String: String]) -> String {
            func column(_ key: String, _ width: Int = 0) -> String {
                let text = entry[key] ?? ""
                return text + String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
            }
            switch self {
            case .linux:
                return
                    "\(column("device"))\t\t\(column("name"))\t\(column("fstype"))\t\(column("opts"))\t\(column("dump")) \(column("pass_num"))\n"
            case .solaris:
                let widths = [11, 3, 19, 8, 3, 6, 0]
                return zip(keys, widths).map { column($0, $1) }.joined(separator: " ") + "\n"
            }
        }
    }

    enum Outcome: String, Sendable { case present, new, change }

    let layout: Layout
    private(set) var lines: [String]

    init(_ text: String, _ layout: Layout = .linux) {
        self.layout = layout
        lines = TextContent.lines(Array(text.utf8))
    }

    var text: String { lines.joined() }

    /// By mount point; a further one of the same name gets an underscore.
    var value: ValueMap {
        var found = ValueMap()
        for line in lines {
            guard let entry = layout.entry(line), var name = entry["name"] else { continue }
            while found[name] != nil { name += "_" }
            var map = ValueMap()
            for key in layout.keys where key != "name" {
                let shown = key == "pass_num" ? "pass" : key
                map[.string(shown)] = key == "opts" ? (entry[key] ?? "").parts(",").value : .string(entry[key] ?? "")
            }
            found[.string(name)] = .map(map)
        }
        return found
    }

    private func matches(_ line: [String: String], _ wanted: [String: String]) -> Bool {
        wanted.allSatisfy { key, value in
            if key == "opts" { return (line[key] ?? "").parts(",").sorted() == value.parts(",").sorted() }
            return line[key] == value
        }
    }

    /// Puts an entry in the place of the lines that are found by the keys of `match`, or behind all.
    mutating func set(_ entry: [String: String], match: [String], keep: Bool) -> Outcome {
        let criteria = entry.filter { match.contains($0.key) }
        var outcome: Outcome?
        for (index, line) in lines.enumerated() {
            guard let found = layout.entry(line), matches(found, criteria) else { continue }
            outcome = .present
            if keep || matches(found, entry) { continue }
            outcome = .change
            lines[index] = layout.line(entry)
        }
        if let outcome { return outcome }
        // Behind a last line without an end Salt would go on in that line.
        if let last = lines.last, !last.hasSuffix("\n") { lines[lines.count - 1] += "\n" }
        lines.append(layout.line(entry))
        return .new
    }

    mutating func remove(_ criteria: [String: String]) {
        lines = lines.filter { line in layout.entry(line).map { !matches($0, criteria) } ?? true }
    }
}
