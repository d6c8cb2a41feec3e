// order: 4
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Whether the host is a machine, a virtual one or a container.
package struct VirtualGrain: Grain {
    package static let name = "virtual"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        guard known["kernel"] == "Linux" else { return ["virtual": "physical"] }
        var grains: ValueMap = ["virtual": "physical"]
        for (key, value) in await container(host) ?? machine(known) { grains[key] = value }
        await refine(&grains, host)
        return grains
    }

    private static func container(_ host: any Host) async -> ValueMap? {
        let kind = await host.readTextIfPresent("/run/systemd/container")?.stripped() ?? ""
        let environment = await host.readTextIfPresent("/proc/1/environ") ?? ""
        func isThere(_ path: String) async -> Bool { (try? await host.exists(path)) ?? false }
        if kind.hasPrefix("lxc") || environment.contains("container=lxc") { return ["virtual": "container", "virtual_subtype": "LXC"] }
        if kind == "podman" || environment.contains("container=podman") { return ["virtual": "container", "virtual_subtype": "Podman"] }
        if await isThere("/run/.containerenv") { return ["virtual": "container", "virtual_subtype": "Podman"] }
        if await isThere("/.dockerenv") { return ["virtual": "container", "virtual_subtype": "Docker"] }
        if kind == "docker" || environment.contains("container=docker") { return ["virtual": "container", "virtual_subtype": "Docker"] }
        if kind == "systemd-nspawn" || environment.contains("container=systemd-nspawn") { return ["virtual": "systemd-nspawn"] }
        return nil
    }

    /// By what the firmware says of itself.
    private static func machine(_ known: ValueMap) -> ValueMap {
        let texts = ["productname", "manufacturer", "biosvendor", "boardname", "biosversion"].compactMap { known[$0]?.stringValue }
        func says(_ word: String) -> Bool { texts.contains { $0.contains(word) } }
        if says("VMware") { return ["virtual": "VMware"] }
        if says("VirtualBox") || says("innotek") { return ["virtual": "VirtualBox"] }
        if says("Amazon EC2") { return says("Xen") || says("amazon 4") ? ["virtual": "xen", "virtual_subtype": "Xen HVM DomU"] : ["virtual": "Nitro", "virtual_subtype": "Amazon EC2"] }
        if says("Google") { return ["virtual": "gce"] }
        if says("RHEV Hypervisor") { return ["virtual": "kvm", "virtual_subtype": "rhev"] }
        if says("oVirt") { return ["virtual": "kvm", "virtual_subtype": "ovirt"] }
        if says("BHYVE") { return ["virtual": "bhyve"] }
        if says("Microsoft Corporation"), says("Virtual Machine") { return ["virtual": "VirtualPC"] }
        if says("Parallels") { return ["virtual": "Parallels"] }
        if says("HVM domU") { return ["virtual": "xen", "virtual_subtype": "Xen HVM DomU"] }
        if says("QEMU") || says("Bochs") || says("KVM") || says("OpenStack") || says("SeaBIOS") { return ["virtual": "kvm"] }
        // Without firmware tables the processor still tells that somebody watches it.
        if known["cpu_flags"]?.listValue?.contains("hypervisor") == true { return ["virtual": "kvm"] }
        return [:]
    }

    private static func refine(_ grains: inout ValueMap, _ host: any Host) async {
        if let root = try? await host.status("/"), let first = try? await host.status("/proc/1/root/."), root.inode != first.inode {
            grains["virtual_subtype"] = "chroot"
        }
        let groups = await host.readTextIfPresent("/proc/1/cgroup") ?? ""
        if groups.contains(":/lxc/") {
            grains["virtual"] = "container"
            grains["virtual_subtype"] = "LXC"
        } else if groups.contains(":/kubepods/") {
            grains["virtual_subtype"] = "kubernetes"
        } else if groups.contains(":/libpod_parent/") {
            grains["virtual_subtype"] = "libpod"
        } else if [":/system.slice/docker", ":/docker/", ":/docker-ce/"].contains(where: { groups.contains($0) }) {
            grains["virtual"] = "container"
            grains["virtual_subtype"] = "Docker"
        }
    }
}
