import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What is mounted, as the kernel and `mount -l` tell it.
enum MountTable {
    /// By mount point, with blanks as `\040`, as the kernel writes them.
    static func active(_ call: CallContext, extended: Bool = false) async throws -> ValueMap {
        switch call.grains["os"]?.stringValue {
        case "FreeBSD": return try await freeBSD(call)
        default: break
        }
        let sources = try await listed(call)
        if extended, let text = await call.host.readTextIfPresent("/proc/self/mountinfo") {
            return try await details(call, PythonLines.split(text), sources)
        }
        guard let text = await call.host.readTextIfPresent("/proc/self/mounts") else {
            throw ExecutionError("File not readable /proc/self/mounts")
        }
        var found = ValueMap()
        for words in PythonLines.split(text).map({ $0.words() }) where words.count > 3 {
            found[.string(words[1])] = [
                "device": .string(words[0]), "alt_device": sources[words[1]].value, "fstype": .string(words[2]),
                "opts": try await options(call, words[3]).value,
            ]
        }
        return found
    }

    /// Also for a name with blanks, which Salt does not find.
    static func isMounted(_ call: CallContext, _ name: String) async throws -> Bool {
        let active = try await active(call)
        return active[name] != nil || active[name.parts(" ").joined(separator: "\\040")] != nil
    }

    /// The device of each mount point as `mount -l` names it, which for a loop device is the file behind it.
    private static func listed(_ call: CallContext) async throws -> [String: String] {
        var found: [String: String] = [:]
        guard let result = try? await call.host.run("mount", "-l") else { return found }
        for words in result.lines.map({ $0.words() }) where words.count > 2 { found[words[2]] = words[0] }
        return found
    }

    private static func details(_ call: CallContext, _ lines: [String], _ sources: [String: String]) async throws -> ValueMap {
        let known: Value
        if let kept = call.memory["disk.blkid"] {
            known = kept
        } else {
            known = (try? await call.call("disk.blkid")) ?? [:]
            call.memory["disk.blkid"] = known
        }
        var found = ValueMap()
        for words in lines.map({ $0.words() }) {
            guard let dash = words.firstIndex(of: "-"), dash > 5, words.count > dash + 3 else { continue }
            let number = words[2].parts(":")
            let device = words[dash + 2]
            found[.string(words[4])] = [
                "mountid": .string(words[0]), "parentid": .string(words[1]), "major": .string(number[0]),
                "minor": .string(number.last ?? ""), "root": .string(words[3]), "opts": try await options(call, words[5]).value,
                "fstype": .string(words[dash + 1]), "device": .string(escaped(device)), "alt_device": sources[words[4]].value,
                "superopts": try await options(call, words[dash + 3]).value,
                "device_uuid": (known[device]?["UUID"]?.stringValue?.lowercased()).value,
                "device_label": (known[device]?["LABEL"]?.stringValue).value,
            ]
        }
        return found
    }

    private static func freeBSD(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for words in try await call.host.run("mount", "-p").lines.map({ $0.words() }) where words.count > 3 {
            found[.string(words[1])] = [
                "device": .string(words[0]), "fstype": .string(words[2]), "opts": try await options(call, words[3]).value,
            ]
        }
        return found
    }

    private static func escaped(_ text: String) -> String { text.parts("\\040").joined(separator: "\\ ") }

    private static func options(_ call: CallContext, _ text: String) async throws -> [String] {
        var found: [String] = []
        for option in text.parts(",") { found.append(escaped(try await withID(call, option))) }
        return found
    }

    /// `uid=` and `gid=` with the number of the account in the place of its name.
    static func withID(_ call: CallContext, _ option: String) async throws -> String {
        let pair = option.parts("=")
        guard pair.count > 1, pair[0] == "uid" || pair[0] == "gid" else { return option }
        if pair[1].utf8.first.map({ (0x30...0x39).contains($0) }) == true, Int(pair[1]) != nil { return "\(pair[0])=\(pair[1])" }
        let id = pair[0] == "uid" ? try await call.host.user(named: pair[1])?.userID : try await call.host.group(named: pair[1])?.groupID
        return "\(pair[0])=" + (id.map { String($0) } ?? pair[1])
    }

    /// The mount point that a path stands below.
    static func mountPoint(of path: String, _ call: CallContext) async throws -> String {
        var path = try await call.host.resolved(path)
        var known: Set<String> = []
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/self/mounts") ?? "") {
            let words = line.words()
            if words.count > 1 { known.insert(words[1].parts("\\040").joined(separator: " ")) }
        }
        while path != "/", !known.contains(path) { path = Path.parent(path) ?? "/" }
        return path
    }
}
