import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Processes.
package struct PsModule: ExecutionModule {
    package static let name = "ps"
    package static let summary = "Processes."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [Function] = [
        Function("get_pid_list", "Return the ids of all processes.", body: { (call: CallContext) async throws -> [Int] in try await ProcessTable.read(call.host).map(\.id) }),
        Function("proc_info", "Return what is known of a process.", .required("pid", "Its id."), .optional("attrs", nil as [String]?, "These facts alone."), body: info),
        Function("pgrep", "Return the ids of the processes that match.", .required("pattern", "A regular expression of the name."), .optional("user", nil as String?, "Only this user's."), .optional("full", false, "Look at the whole command line."), .optional("pattern_is_regex", false, "Without effect."), body: find),
        Function("psaux", "Return the processes whose command line matches.", .required("name", "A regular expression."), body: list),
        Function("top", "Return the processes that used the processor most in a while.", .optional("num_processes", 5, "How many."), .optional("interval", 3.0, "Seconds."), body: top),
        Function("kill_pid", "Send a signal to a process.", .required("pid", "Its id."), .optional("signal", 15, "The signal's number."), body: kill),
        Function("pkill", "Send a signal to the processes that match.", .required("pattern", "A regular expression of the name."), .optional("user", nil as String?, "Only this user's."), .optional("signal", 15, "The signal's number."), .optional("full", false, "Look at the whole command line."), body: killAll),
        Function("virtual_memory", "Return how memory is used, in bytes.", body: memory),
        Function("boot_time", "Return when the host was started, in seconds since 1970.", body: bootTime),
        Function("num_cpus", "Return the number of processors.", body: { (call: CallContext) async throws -> Int in PythonLines.split(await call.host.readTextIfPresent("/proc/cpuinfo") ?? "").count { $0.hasPrefix("processor") } }),
    ] + counterFunctions

    private static func owner(_ call: CallContext, _ id: Int) async throws -> String {
        guard let status = try await call.host.status("/proc/\(id)") else { return "" }
        return try await Ownership.userName(status.userID, call.host)
    }

    private static func info(_ call: CallContext, id: Int, wanted: [String]?) async throws -> ValueMap {
        guard let entry = await ProcessTable.entry(id, call.host) else { throw ExecutionError("no process found with pid \(id)") }
        let all: ValueMap = [
            "pid": .int(entry.id), "ppid": .int(entry.parent), "name": .string(entry.name), "cmdline": entry.commandLine.words().value,
            "status": .string(entry.state), "num_threads": .int(entry.threads), "username": .string(try await owner(call, id)),
            "memory_info": ["rss": .int(entry.residentPages * 4096), "vms": .int(entry.virtualBytes)],
        ]
        guard let wanted else { return all }
        return ValueMap(wanted.compactMap { key in all[key].map { (.string(key), $0) } })
    }

    private static func matching(_ call: CallContext, _ pattern: String, _ user: String?, _ full: Bool) async throws -> [ProcessEntry] {
        let regex = try PythonRegex.compile(pattern)
        var found: [ProcessEntry] = []
        for entry in try await ProcessTable.read(call.host) where try regex.matches(full ? entry.commandLine : entry.name) {
            if let user, try await owner(call, entry.id) != user { continue }
            found.append(entry)
        }
        return found
    }

    private static func find(_ call: CallContext, pattern: String, user: String?, full: Bool, ignored: Bool) async throws -> Value {
        let found = try await matching(call, pattern, user, full)
        return found.isEmpty ? .null : found.map(\.id).value
    }

    private static func list(_ call: CallContext, pattern: String) async throws -> [Value] {
        let regex = try PythonRegex.compile(pattern)
        let entries = try await ProcessTable.read(call.host).filter { try regex.matches($0.commandLine) }
        return [.string(pattern), .list(entries.map { .string("\($0.id) \($0.commandLine)") }), .string("\(entries.count) occurrence(s).")]
    }

    private static func top(_ call: CallContext, count: Int, interval: Double) async throws -> [Value] {
        let before = Dictionary(try await ProcessTable.read(call.host).map { ($0.id, $0.ticks) }) { first, _ in first }
        try await Task.sleep(for: .seconds(interval))
        let after = try await ProcessTable.read(call.host)
        let busiest = after.map { ($0, $0.ticks - (before[$0.id] ?? $0.ticks)) }.sorted { $0.1 > $1.1 }.prefix(max(0, count))
        var found: [Value] = []
        for (entry, ticks) in busiest {
            found.append([
                "cmd": .string(entry.commandLine), "user": .string(try await owner(call, entry.id)), "status": .string(entry.state),
                "pid": .int(entry.id), "cpu": .float(Double(ticks) / interval), "mem": ["rss": .int(entry.residentPages * 4096), "vms": .int(entry.virtualBytes)],
            ])
        }
        return found
    }

    private static func kill(_ call: CallContext, id: Int, signal: Int) async throws -> Bool {
        guard id > 1 else { throw ExecutionError("process \(id) is not to be killed") }
        return try await call.host.run("kill", "-\(signal)", String(id)).succeeded
    }

    private static func killAll(_ call: CallContext, pattern: String, user: String?, signal: Int, full: Bool) async throws -> Value {
        var killed: [Int] = []
        for entry in try await matching(call, pattern, user, full) where entry.id > 1 {
            if try await kill(call, id: entry.id, signal: signal) { killed.append(entry.id) }
        }
        return killed.isEmpty ? .null : ["killed": killed.value]
    }

    private static func memory(_ call: CallContext) async throws -> ValueMap {
        var kilobytes: [String: Int] = [:]
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/meminfo") ?? "") {
            let words = line.words()
            if words.count > 1 { kilobytes[String(words[0].dropLast())] = Int(words[1]) }
        }
        func bytes(_ key: String) -> Int { (kilobytes[key] ?? 0) * 1024 }
        let (total, available) = (bytes("MemTotal"), bytes("MemAvailable"))
        let percent = total == 0 ? 0 : (Double(total - available) / Double(total) * 1000).rounded() / 10
        return [
            "total": .int(total), "available": .int(available), "percent": .float(percent),
            "used": .int(total - bytes("MemFree") - bytes("Buffers") - bytes("Cached") - bytes("SReclaimable")), "free": .int(bytes("MemFree")),
            "active": .int(bytes("Active")), "inactive": .int(bytes("Inactive")), "buffers": .int(bytes("Buffers")),
            "cached": .int(bytes("Cached") + bytes("SReclaimable")), "shared": .int(bytes("Shmem")), "slab": .int(bytes("Slab")),
        ]
    }

    private static func bootTime(_ call: CallContext) async throws -> Int {
        let line = PythonLines.split(await call.host.readTextIfPresent("/proc/stat") ?? "").first { $0.hasPrefix("btime ") }
        return line?.words().last.flatMap { Int($0) } ?? 0
    }
}
