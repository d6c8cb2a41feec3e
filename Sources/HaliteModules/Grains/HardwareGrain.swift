// order: 3
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Processors, memory, disks and the maker of the machine.
package struct HardwareGrain: Grain {
    package static let name = "hardware"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        guard known["kernel"] == "Linux" else { return await others(host) }
        var grains = processors(await host.readTextIfPresent("/proc/cpuinfo") ?? "")
        for (key, value) in memory(await host.readTextIfPresent("/proc/meminfo") ?? "") { grains[key] = value }
        for (key, value) in await firmware(host) { grains[key] = value }
        for (key, value) in await disks(host) { grains[key] = value }
        grains["num_gpus"] = 0
        grains["gpus"] = []
        grains["fibre_channel_host"] = .bool((try? await host.isDirectory("/sys/class/fc_host")) ?? false)
        if let id = await machineID(host) { grains["machine_id"] = .string(id) }
        return grains
    }

    static func processors(_ text: String) -> ValueMap {
        var count = 0
        var grains: ValueMap = ["num_cpus": 0]
        for line in text.split(separator: "\n") {
            let pair = String(line).parts(":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let value = pair[1].stripped()
            switch pair[0].stripped() {
            case "processor": count += 1
            // Machines of IBM name the number in one line.
            case "# processors": count = Int(value) ?? count
            case "model name", "Processor", "cpu model": if !value.isEmpty { grains["cpu_model"] = .string(value) }
            case "Model": grains["model_name"] = .string(value)
            case "flags", "Features": grains["cpu_flags"] = value.words().value
            default: break
            }
        }
        grains["num_cpus"] = .int(max(1, count))
        if grains["cpu_model"] == nil { grains["cpu_model"] = "Unknown" }
        if grains["cpu_flags"] == nil { grains["cpu_flags"] = [] }
        return grains
    }

    static func memory(_ text: String) -> ValueMap {
        var grains: ValueMap = ["mem_total": 0, "swap_total": 0]
        for line in text.split(separator: "\n") {
            let words = String(line).words()
            guard words.count >= 2, let kilobytes = Int(words[1]) else { continue }
            if words[0] == "MemTotal:" { grains["mem_total"] = .int(kilobytes / 1024) }
            if words[0] == "SwapTotal:" { grains["swap_total"] = .int(kilobytes / 1024) }
        }
        return grains
    }

    private static func firmware(_ host: any Host) async -> ValueMap {
        let files = [
            ("biosversion", "bios_version"), ("biosvendor", "bios_vendor"), ("boardname", "board_name"), ("productname", "product_name"),
            ("manufacturer", "sys_vendor"), ("biosreleasedate", "bios_date"), ("uuid", "product_uuid"), ("serialnumber", "product_serial"),
        ]
        var grains = ValueMap()
        for (key, file) in files {
            guard let text = await host.readTextIfPresent("/sys/class/dmi/id/\(file)")?.stripped() else { continue }
            grains[.string(key)] = .string(key == "uuid" ? text.lowercased() : text)
        }
        return grains
    }

    private static func disks(_ host: any Host) async -> ValueMap {
        var disks: [String] = []
        var solid: [String] = []
        for name in (try? await host.list("/sys/block")) ?? [] {
            // Loop devices, RAM disks and their like are no disks.
            let path = (try? await host.readLink("/sys/block/\(name)")) ?? ""
            if path.contains("/virtual/") { continue }
            switch await host.readTextIfPresent("/sys/block/\(name)/queue/rotational")?.stripped() {
            case "0": solid.append(name)
            case "1": disks.append(name)
            default: break
            }
        }
        return ["disks": disks.value, "ssds": solid.value]
    }

    private static func machineID(_ host: any Host) async -> String? {
        for path in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
            if let id = await host.readTextIfPresent(path)?.stripped(), !id.isEmpty { return id }
        }
        return nil
    }

    /// Systems without /proc answer through sysctl.
    private static func others(_ host: any Host) async -> ValueMap {
        func value(_ name: String) async -> String { (try? await host.run("sysctl", "-n", name).text) ?? "" }
        var grains: ValueMap = ["num_cpus": .int(Int(await value("hw.ncpu")) ?? 1), "cpu_model": .string(await value("hw.model"))]
        grains["mem_total"] = .int((Int(await value("hw.physmem")) ?? 0) / 1024 / 1024)
        return grains
    }
}
