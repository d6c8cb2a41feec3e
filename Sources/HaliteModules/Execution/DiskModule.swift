import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// File systems and how full they are.
package struct DiskModule: ExecutionModule {
    package static let name = "disk"
    package static let summary = "File systems and how full they are."

    package static let functions: [Function] = usageFunctions + deviceFunctions

    private static let usageFunctions: [Function] = [
        Function(
            "usage", "Return how full the file systems are, in blocks of 1,024 bytes.",
            .optional("args", nil as String?, "Options of df, without effect."), example: "halite '*' disk.usage", body: usage),
        Function(
            "percent", "Return how full the file systems are, in percent.", .optional("args", nil as String?, "One path alone."),
            body: percent),
        Function(
            "inodeusage", "Return how many files the file systems have room for.", .optional("args", nil as String?, "Without effect."),
            body: inodes),
        Function(
            "blkid", "Return the devices with their labels and kinds.", .optional("device", nil as String?, "One device alone."),
            .optional("token", nil as String?, "Such as TYPE=ext4."), body: devices),
    ]

    /// What is mounted; what stands below another mount of the same path is hidden by it.
    static func mounts(_ host: any Host) async -> [(device: String, path: String, kind: String)] {
        let quiet: Set<String> = [
            "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "debugfs", "tracefs", "securityfs", "pstore", "bpf", "configfs",
            "fusectl",
            "hugetlbfs", "autofs", "binfmt_misc", "rpc_pipefs", "nsfs", "efivarfs", "fuse.gvfsd-fuse",
        ]
        var found: [(device: String, path: String, kind: String)] = []
        for line in PythonLines.split(await host.readTextIfPresent("/proc/self/mounts") ?? "") {
            let words = line.words()
            guard words.count > 2, !quiet.contains(words[2]) else { continue }
            let path = words[1].split(separator: "\\040", omittingEmptySubsequences: false).joined(separator: " ")
            found.removeAll { $0.path == path }
            found.append((words[0], path, words[2]))
        }
        return found
    }

    private static func filled(_ usage: FileSystemUsage) -> Int {
        let used = usage.blocks - usage.freeBlocks
        let total = used + usage.availableBlocks
        return total == 0 ? 0 : (used * 100 + total - 1) / total
    }

    private static func usage(_ call: CallContext, options: String?) async throws -> ValueMap {
        var found = ValueMap()
        for mount in await mounts(call.host) {
            guard let usage = try? await call.host.fileSystemUsage(mount.path), usage.blocks > 0 else { continue }
            let size = usage.blockSize
            found[.string(mount.path)] = [
                "filesystem": .string(mount.device), "1K-blocks": .string(String(usage.blocks * size / 1024)),
                "used": .string(String((usage.blocks - usage.freeBlocks) * size / 1024)),
                "available": .string(String(usage.availableBlocks * size / 1024)), "capacity": .string("\(filled(usage))%"),
            ]
        }
        return found
    }

    private static func percent(_ call: CallContext, path: String?) async throws -> Value {
        var found = ValueMap()
        for mount in await mounts(call.host) {
            guard let usage = try? await call.host.fileSystemUsage(mount.path), usage.blocks > 0 else { continue }
            found[.string(mount.path)] = .string("\(filled(usage))%")
        }
        guard let path else { return .map(found) }
        return found[path] ?? "The specified path does not exist"
    }

    private static func inodes(_ call: CallContext, options: String?) async throws -> ValueMap {
        var found = ValueMap()
        for mount in await mounts(call.host) {
            guard let usage = try? await call.host.fileSystemUsage(mount.path), usage.inodes > 0 else { continue }
            let used = usage.inodes - usage.freeInodes
            found[.string(mount.path)] = [
                "inodes": .string(String(usage.inodes)), "used": .string(String(used)), "free": .string(String(usage.freeInodes)),
                "use": .string("\((used * 100 + usage.inodes - 1) / usage.inodes)%"), "filesystem": .string(mount.device),
            ]
        }
        return found
    }

    private static func devices(_ call: CallContext, device: String?, token: String?) async throws -> ValueMap {
        var words = ["blkid"]
        if let device { words.append(device) } else if let token { words += ["-t", token] }
        var found = ValueMap()
        for line in try await call.host.run(Command(words)).lines {
            let pair = line.parts(": ", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let fields = try ShellWords.split(pair[1]).compactMap { word -> (Value, Value)? in
                let parts = word.parts("=", maxSplits: 1)
                return parts.count == 2 ? (.string(parts[0]), .string(parts[1])) : nil
            }
            found[.string(pair[0])] = .map(ValueMap(fields))
        }
        return found
    }
}
