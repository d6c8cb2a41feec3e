import HaliteHost
import HaliteValue

/// One running program as `/proc` shows it.
struct ProcessEntry: Sendable {
    let id: Int
    let parent: Int
    /// At most 15 bytes, as the kernel keeps it.
    let name: String
    /// The arguments joined with blanks; the name in brackets for threads of the kernel.
    let commandLine: String
    let state: String
    /// Clock ticks spent in user and kernel mode.
    let ticks: Int
    let threads: Int
    /// Clock ticks from boot to its start.
    let startTicks: Int
    /// Pages in memory.
    let residentPages: Int
    let virtualBytes: Int
}

/// The processes of a Linux host, from `/proc`.
enum ProcessTable {
    static func read(_ host: any Host) async throws -> [ProcessEntry] {
        var found: [ProcessEntry] = []
        for name in try await host.list("/proc") {
            guard let id = Int(name), let entry = await entry(id, host) else { continue }
            found.append(entry)
        }
        return found.sorted { $0.id < $1.id }
    }

    static func entry(_ id: Int, _ host: any Host) async -> ProcessEntry? {
        guard let stat = await host.readTextIfPresent("/proc/\(id)/stat"), let open = stat.firstIndex(of: "("),
            let close = stat.lastIndex(of: ")")
        else { return nil }
        let name = String(stat[stat.index(after: open)..<close])
        let fields = String(stat[stat.index(after: close)...]).words()
        guard fields.count > 21 else { return nil }
        func number(_ index: Int) -> Int { Int(fields[index]) ?? 0 }
        let raw = (try? await host.read("/proc/\(id)/cmdline")) ?? []
        let line = raw.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        return ProcessEntry(
            id: id, parent: number(1), name: name, commandLine: line.isEmpty ? "[\(name)]" : line, state: fields[0],
            ticks: number(11) + number(12), threads: number(17), startTicks: number(19), residentPages: number(21),
            virtualBytes: number(20))
    }
}
