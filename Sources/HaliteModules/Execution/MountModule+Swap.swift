import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Swap space.
extension MountModule {
    static let swapping: [Function] = [
        Function("swaps", "Return the swap space in use.", body: swaps),
        Function(
            "swapon", "Use swap space.", .required("name", "Device or file."), .optional("priority", nil as Int?, "Its priority."),
            body: swapOn),
        Function("swapoff", "Stop using swap space; nothing where it is not in use.", .required("name", "Device or file."), body: swapOff),
    ]

    static func swaps(_ call: CallContext) async throws -> ValueMap {
        if call.grains["os"] == "OpenBSD" || call.grains["kernel"] == "FreeBSD" { return try await counted(call) }
        var found = ValueMap()
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/swaps") ?? "") where !line.hasPrefix("Filename") {
            let words = line.words()
            guard words.count > 4 else { continue }
            found[.string(words[0])] = [
                "type": .string(words[1]), "size": .string(words[2]), "used": .string(words[3]), "priority": .string(words[4]),
            ]
        }
        return found
    }

    private static func counted(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for line in try await call.host.run("swapctl", "-kl").lines where !line.hasPrefix("Device") && !line.hasPrefix("Total") {
            let words = line.words()
            guard words.count > 2 else { continue }
            found[.string(words[0])] = [
                "type": words[0].hasPrefix("/dev/") ? "partition" : "file", "size": .string(words[1]), "used": .string(words[2]),
                "priority": .string(words.count > 5 ? words[5] : "-"),
            ]
        }
        return found
    }

    static func swapOn(_ call: CallContext, name: String, priority: Int?) async throws -> ValueMap {
        if let stats = try await swaps(call)[name] { return ["stats": stats, "new": false] }
        var words = ["swapon", name]
        if let priority, priority != 0 { words += ["-p", String(priority)] }
        _ = try await call.host.run(Command(words))
        guard let stats = try await swaps(call)[name] else { return [:] }
        return ["stats": stats, "new": true]
    }

    private static func swapOff(_ call: CallContext, name: String) async throws -> Value {
        guard try await swaps(call)[name] != nil else { return .null }
        let words = call.grains["os"] == "OpenBSD" ? ["swapctl", "-d", name] : ["swapoff", name]
        _ = try await call.host.run(Command(words))
        return .bool(try await swaps(call)[name] == nil)
    }
}
