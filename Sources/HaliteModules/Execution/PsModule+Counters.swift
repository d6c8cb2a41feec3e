import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What the kernel counts: processors, disks, networks and memory, under the names of Python's `psutil`.
extension PsModule {
    static let counterFunctions: [Function] = [
        Function("cpu_times", "Return how long processors did what, in seconds.", .optional("per_cpu", false, "One by one."), body: { (call: CallContext, each: Bool) async throws -> Value in
            let times = try await processorTimes(call.host)
            return each ? .list(times.dropFirst().map { .map($0) }) : .map(times.first ?? [:])
        }),
        Function("cpu_percent", "Return how busy processors are.", .optional("interval", 0.1, "Seconds to look at them."), .optional("per_cpu", false, "One by one."), body: busy),
        Function("swap_memory", "Return how swap is used, in bytes.", body: swap),
        Function("total_physical_memory", "Return the size of the memory in bytes.", body: { (call: CallContext) async throws -> Int in await kilobytes(call.host)["MemTotal", default: 0] * 1024 }),
        Function("disk_partitions", "Return the file systems that are mounted.", .optional("all", false, "Those without a disk too."), body: { (call: CallContext, all: Bool) async throws -> [Value] in try await partitions(call, all).map { .map($0) } }),
        Function("disk_usage", "Return how a file system is used, in bytes.", .required("path", "A path in it."), body: { (call: CallContext, path: String) async throws -> ValueMap in try await usage(call, path) }),
        Function("disk_partition_usage", "Return the file systems and how they are used.", .optional("all", false, "Those without a disk too."), body: { (call: CallContext, all: Bool) async throws -> [Value] in
            var found: [Value] = []
            for var partition in try await partitions(call, all) {
                for (key, value) in try await usage(call, partition["mountpoint"]?.pythonString ?? "/") { partition[key] = value }
                found.append(.map(partition))
            }
            return found
        }),
        Function("disk_io_counters", "Return what disks read and wrote.", .optional("device", nil as String?, "One alone."), body: diskCounters),
        Function("network_io_counters", "Return what interfaces sent and received.", .optional("interface", nil as String?, "One alone."), body: networkCounters),
        Function("status", "Return the processes in a state.", .required("status", "Such as sleeping, running or zombie."), body: { (call: CallContext, state: String) async throws -> [Value] in
            guard !state.isEmpty else { throw ExecutionError("Filter is required for ps.status") }
            return try await ProcessTable.read(call.host).filter { $0.state == state }.map { ["pid": .int($0.id), "name": .string($0.name)] }
        }),
        sockets("netstat", ["netstat", "-nap"]), sockets("ss", ["ss", "-neap"]),
        Function("lsof", "Return the open files of the programs whose names begin with a word.", .required("name", "The word."), body: { (call: CallContext, name: String) async throws -> [String] in
            [name, try await call.host.run("lsof", "-c", name).text]
        }),
    ]

    private static func sockets(_ name: String, _ command: [String]) -> Function {
        Function(name, "Return the lines of \(command.joined(separator: " ")) with a word in them.", .required("name", "The word.")) { (call: CallContext, word: String) async throws -> [Value] in
            guard await call.host.which(command[0]) != nil else { throw ExecutionError("Command not found: \(command[0])") }
            let lines = PythonLines.split(try await call.host.run(Command(command)).text)
            return [.string(word), lines.filter { $0.firstRange(of: word) != nil }.value]
        }
    }

    // MARK: - Processors

    private static let timeNames = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"]

    /// Those of all processors together first; the kernel counts hundredths of a second.
    private static func processorTimes(_ host: any Host) async throws -> [ValueMap] {
        PythonLines.split(await host.readTextIfPresent("/proc/stat") ?? "").filter { $0.hasPrefix("cpu") }.map { line in
            let numbers = line.words().dropFirst().map { Double($0) ?? 0 }
            return ValueMap(zip(timeNames, numbers).map { (.string($0), .float($1 / 100)) })
        }
    }

    private static func busy(_ call: CallContext, interval: Double, each: Bool) async throws -> Value {
        let before = try await processorTimes(call.host)
        try await Task.sleep(for: .seconds(max(0, interval)))
        let after = try await processorTimes(call.host)
        let shares = zip(before, after).map { old, new -> Value in
            func difference(_ name: String) -> Double { max(0, number(new[name]) - number(old[name])) }
            // What guests did is in the user's time already.
            let all = timeNames.dropLast(2).reduce(0) { $0 + difference($1) }
            let idle = difference("idle") + difference("iowait")
            return .float(all == 0 ? 0 : ((all - idle) / all * 1000).rounded() / 10)
        }
        return each ? .list(Array(shares.dropFirst())) : shares.first ?? 0.0
    }

    private static func number(_ value: Value?) -> Double { if case .float(let number) = value { number } else { 0 } }

    // MARK: - Memory

    private static func kilobytes(_ host: any Host) async -> [String: Int] {
        var found: [String: Int] = [:]
        for line in PythonLines.split(await host.readTextIfPresent("/proc/meminfo") ?? "") {
            let words = line.words()
            if words.count > 1, words[0].hasSuffix(":") { found[String(words[0].dropLast())] = Int(words[1]) }
        }
        return found
    }

    private static func swap(_ call: CallContext) async throws -> ValueMap {
        let memory = await kilobytes(call.host)
        let (total, free) = (memory["SwapTotal", default: 0] * 1024, memory["SwapFree", default: 0] * 1024)
        var pages: [String: Int] = [:]
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/vmstat") ?? "") {
            let words = line.words()
            if words.count == 2 { pages[words[0]] = Int(words[1]) }
        }
        return [
            "total": .int(total), "used": .int(total - free), "free": .int(free), "percent": .float(percent(total - free, of: total)),
            "sin": .int(pages["pswpin", default: 0] * 4096), "sout": .int(pages["pswpout", default: 0] * 4096),
        ]
    }

    private static func percent(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : (Double(part) / Double(whole) * 1000).rounded() / 10
    }

    // MARK: - Disks

    private static func partitions(_ call: CallContext, _ all: Bool) async throws -> [ValueMap] {
        let kinds = PythonLines.split(await call.host.readTextIfPresent("/proc/filesystems") ?? "")
            .compactMap { $0.hasPrefix("nodev") && !$0.hasSuffix("zfs") ? nil : $0.words().last }
        return PythonLines.split(await call.host.readTextIfPresent("/proc/self/mounts") ?? "").compactMap { line in
            let words = line.parts(" ").map { $0.parts("\\040").joined(separator: " ") }
            guard words.count >= 4 else { return nil }
            let device = words[0] == "none" ? "" : words[0]
            guard all || (!device.isEmpty && kinds.contains(words[2])) else { return nil }
            return ["device": .string(device), "mountpoint": .string(words[1]), "fstype": .string(words[2]), "opts": .string(words[3])]
        }
    }

    private static func usage(_ call: CallContext, _ path: String) async throws -> ValueMap {
        let usage = try await call.host.fileSystemUsage(path)
        let (used, free) = ((usage.blocks - usage.freeBlocks) * usage.blockSize, usage.availableBlocks * usage.blockSize)
        return [
            "total": .int(usage.blocks * usage.blockSize), "used": .int(used), "free": .int(free),
            "percent": .float(percent(used, of: used + free)),
        ]
    }

    private static let diskNames: [(name: String, field: Int, unit: Int)] = [
        ("read_count", 3, 1), ("write_count", 7, 1), ("read_bytes", 5, 512), ("write_bytes", 9, 512), ("read_time", 6, 1), ("write_time", 10, 1),
        ("read_merged_count", 4, 1), ("write_merged_count", 8, 1), ("busy_time", 12, 1),
    ]

    private static func diskCounters(_ call: CallContext, device: String?) async throws -> Value {
        var sums = [Int](repeating: 0, count: diskNames.count)
        var isFound = false
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/diskstats") ?? "") {
            let words = line.words()
            guard words.count >= 14 else { continue }
            // Partitions are part of their disks.
            if let device, !device.isEmpty {
                guard words[2] == device else { continue }
            } else {
                guard try await call.host.exists("/sys/block/\(words[2])") else { continue }
            }
            isFound = true
            for (index, entry) in diskNames.enumerated() { sums[index] += (Int(words[entry.field]) ?? 0) * entry.unit }
        }
        guard isFound else { return false }
        return .map(ValueMap(zip(diskNames, sums).map { (.string($0.name), .int($1)) }))
    }

    private static let networkNames: [(name: String, field: Int)] = [
        ("bytes_sent", 8), ("bytes_recv", 0), ("packets_sent", 9), ("packets_recv", 1), ("errin", 2), ("errout", 10), ("dropin", 3), ("dropout", 11),
    ]

    private static func networkCounters(_ call: CallContext, interface: String?) async throws -> Value {
        var sums = [Int](repeating: 0, count: networkNames.count)
        var isFound = false
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/net/dev") ?? "") {
            let parts = line.parts(":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            if let interface, !interface.isEmpty, parts[0].stripped() != interface { continue }
            let numbers = parts[1].words().map { Int($0) ?? 0 }
            guard numbers.count >= 12 else { continue }
            isFound = true
            for (index, entry) in networkNames.enumerated() { sums[index] += numbers[entry.field] }
        }
        guard isFound else { return false }
        return .map(ValueMap(zip(networkNames, sums).map { (.string($0.name), .int($1)) }))
    }
}
