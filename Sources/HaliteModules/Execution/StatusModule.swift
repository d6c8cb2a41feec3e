import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// How the host fares: load, memory, processes.
package struct StatusModule: ExecutionModule {
    package static let name = "status"
    package static let summary = "How the host fares: load, memory, processes."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [Function] = [
        Function("loadavg", "Return the load of the last 1, 5 and 15 minutes.", body: load),
        Function("uptime", "Return how long the host is up.", body: uptime),
        Function("meminfo", "Return the kernel's figures of memory.", body: memory),
        Function("cpuinfo", "Return the kernel's figures of the processor.", body: processor),
        Function("cpustats", "Return the kernel's counters of processor time.", body: processorCounters),
        Function("nproc", "Return the number of processors.", body: processors),
        Function("diskusage", "Return how full the file systems of paths are.", .rest("args", "Paths; none means all file systems on disks."), body: diskUsage),
        Function("procs", "Return the processes.", body: processes),
        Function("pid", "Return the ids of the processes whose command line holds a text.", .required("sig", "The text."), body: find),
        Function("netdev", "Return the counters of the network interfaces.", body: interfaces),
        Function("version", "Return the kernel's release as it writes it.", body: version),
        Function(
            "time", "Return the time of the host.", .optional("format", "%A, %d. %B %Y %I:%M%p", "As for strftime."),
            example: "halite '*' status.time '%s'", body: time),
        Function("w", "Return who is logged in.", body: users),
        Function("all_status", "Return load, memory, uptime and more at once.", body: all),
        Function("ping_master", "Tell whether the minion has a master.", .keywords("kwargs", "Ignored."), body: { (call: CallContext, _: ValueMap) async throws -> Bool in call.services.master != nil }),
    ]

    private static func file(_ call: CallContext, _ path: String) async -> [String] { PythonLines.split(await call.host.readTextIfPresent(path) ?? "") }

    private static func load(_ call: CallContext) async throws -> ValueMap {
        let words = (await file(call, "/proc/loadavg").first ?? "").words()
        return ValueMap(zip(["1-min", "5-min", "15-min"], words).map { (.string($0), .float(Double($1) ?? 0)) })
    }

    private static func time(_ call: CallContext, format: String) async throws -> String {
        let output = try await call.host.run("env", "LC_ALL=C", "date", "+" + format).standardOutput
        return String(decoding: output.dropLast(), as: UTF8.self)
    }

    private static func uptime(_ call: CallContext) async throws -> ValueMap {
        let seconds = Int(Double((await file(call, "/proc/uptime").first ?? "").words().first ?? "") ?? 0)
        let boot = await file(call, "/proc/stat").first { $0.hasPrefix("btime ") }?.words().last.flatMap { Int($0) } ?? 0
        let iso = try await call.host.run("date", "-u", "-d", "@\(boot)", "+%Y-%m-%dT%H:%M:%S").text
        let minutes = seconds / 60 % 60
        return [
            "seconds": .int(seconds), "since_iso": .string(iso), "since_t": .int(boot), "days": .int(seconds / 86400),
            "time": .string("\(seconds / 3600 % 24):\(minutes < 10 ? "0" : "")\(minutes)"), "users": .int(try await logins(call).count),
        ]
    }

    private static func memory(_ call: CallContext) async throws -> ValueMap {
        ValueMap(await file(call, "/proc/meminfo").compactMap { line in
            let words = line.words()
            guard words.count > 1 else { return nil }
            var entry: ValueMap = ["value": .string(words[1])]
            if words.count > 2 { entry["unit"] = .string(words[2]) }
            return (.string(String(words[0].dropLast())), .map(entry))
        })
    }

    private static func processor(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for line in await file(call, "/proc/cpuinfo") {
            let pair = line.parts(":", maxSplits: 1).map { $0.stripped() }
            guard pair.count == 2 else { continue }
            found[.string(pair[0])] = pair[0] == "flags" || pair[0] == "Features" ? pair[1].words().value : .string(pair[1])
        }
        return found
    }

    private static func processorCounters(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        for line in await file(call, "/proc/stat") {
            let words = line.words()
            guard let first = words.first, words.count > 1 else { continue }
            if first.hasPrefix("cpu") {
                found[.string(first)] = .map(ValueMap(zip(names, words.dropFirst()).map { (.string($0), .int(Int($1) ?? 0)) }))
            } else if first == "intr" || first == "softirq" {
                found[.string(first)] = ["total": .int(Int(words[1]) ?? 0)]
            } else {
                found[.string(first)] = .int(Int(words[1]) ?? 0)
            }
        }
        return found
    }

    private static func processors(_ call: CallContext) async throws -> Int {
        await file(call, "/proc/cpuinfo").count { $0.hasPrefix("processor") }
    }

    private static func diskUsage(_ call: CallContext, paths: [Value]) async throws -> ValueMap {
        var wanted = paths.map(\.pythonString)
        if wanted.isEmpty { wanted = await DiskModule.mounts(call.host).filter { $0.device.hasPrefix("/") }.map(\.path) }
        var found = ValueMap()
        for path in wanted {
            let usage = try await call.host.fileSystemUsage(path)
            found[.string(path)] = ["available": .int(usage.availableBlocks * usage.blockSize), "total": .int(usage.blocks * usage.blockSize)]
        }
        return found
    }

    private static func processes(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for entry in try await ProcessTable.read(call.host) {
            let owner = try await call.host.status("/proc/\(entry.id)")?.userID ?? 0
            found[.string(String(entry.id))] = ["cmd": .string(entry.commandLine), "user": .string(try await Ownership.userName(owner, call.host))]
        }
        return found
    }

    private static func find(_ call: CallContext, text: String) async throws -> String {
        try await ProcessTable.read(call.host).filter { $0.commandLine.contains(text) }.map { String($0.id) }.joined(separator: "\n")
    }

    private static func interfaces(_ call: CallContext) async throws -> ValueMap {
        let names = [
            "rx_bytes", "rx_packets", "rx_errs", "rx_drop", "rx_fifo", "rx_frame", "rx_compressed", "rx_multicast", "tx_bytes", "tx_packets",
            "tx_errs", "tx_drop", "tx_fifo", "tx_colls", "tx_carrier", "tx_compressed",
        ]
        var found = ValueMap()
        for line in await file(call, "/proc/net/dev").dropFirst(2) {
            let pair = line.parts(":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let counters = zip(names, pair[1].words()).map { (Value.string($0), Value.int(Int($1) ?? 0)) }
            found[.string(pair[0].stripped())] = .map(ValueMap(counters))
        }
        return found
    }

    private static func version(_ call: CallContext) async throws -> String { await file(call, "/proc/version").first ?? "" }

    private static func logins(_ call: CallContext) async throws -> [[String]] {
        guard await call.host.which("who") != nil else { return [] }
        return try await call.host.run("who").lines.map { $0.words() }.filter { $0.count > 1 }
    }

    private static func users(_ call: CallContext) async throws -> [Value] {
        try await logins(call).map { ["user": .string($0[0]), "tty": .string($0[1]), "login": .string($0.dropFirst(2).joined(separator: " "))] }
    }

    private static func all(_ call: CallContext) async throws -> ValueMap {
        [
            "cpuinfo": .map(try await processor(call)), "cpustats": .map(try await processorCounters(call)),
            "diskusage": .map(try await diskUsage(call, paths: [])), "loadavg": .map(try await load(call)),
            "meminfo": .map(try await memory(call)), "netdev": .map(try await interfaces(call)), "uptime": .map(try await uptime(call)),
            "w": .list(try await users(call)),
        ]
    }
}
