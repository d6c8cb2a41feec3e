// order: 3
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Names, addresses and gateways. Only what the host itself knows: no name server is asked.
package struct NetworkGrain: Grain {
    package static let name = "network"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        var grains = ValueMap()
        let node = known["nodename"]?.stringValue ?? "localhost"
        let hosts = HostsFile.parse(await host.readTextIfPresent("/etc/hosts") ?? "")
        let name = hosts.first { $0.names.contains(node) }?.names.first ?? node
        let parts = name.parts(".", maxSplits: 1)
        grains["fqdn"] = .string(name)
        grains["host"] = .string(parts[0])
        grains["domain"] = .string(parts.count > 1 ? parts[1] : "")
        let addresses = hosts.filter { $0.names.contains(name) }.map(\.address)
        grains["fqdn_ip4"] = addresses.filter { IPAddress($0)?.isIPv4 == true }.value
        grains["fqdn_ip6"] = addresses.filter { IPAddress($0)?.isIPv4 == false }.value
        grains["fqdns"] = []
        addInterfaces(&grains, (try? await host.interfaces()) ?? [])
        await addGateways(&grains, host)
        if let resolver = await resolver(host) { grains["dns"] = .map(resolver) }
        return grains
    }

    private static func addInterfaces(_ grains: inout ValueMap, _ interfaces: [NetworkInterface]) {
        var all = ValueMap()
        var four = ValueMap()
        var six = ValueMap()
        var hardware = ValueMap()
        for interface in interfaces {
            let name = Value.string(interface.name)
            let ipv4 = interface.ipv4.map(\.address)
            let ipv6 = interface.ipv6.map(\.address)
            (four[name], six[name], all[name]) = (ipv4.value, ipv6.value, (ipv4 + ipv6).value)
            if let address = interface.hardwareAddress { hardware[name] = .string(address) }
        }
        (grains["ip_interfaces"], grains["ip4_interfaces"], grains["ip6_interfaces"]) = (.map(all), .map(four), .map(six))
        grains["hwaddr_interfaces"] = .map(hardware)
        let up = interfaces.filter(\.isUp)
        grains["ipv4"] = IPAddress.sorted(up.flatMap(\.ipv4).map(\.address)).value
        grains["ipv6"] = IPAddress.sorted(up.flatMap(\.ipv6).map(\.address)).value
    }

    private static func addGateways(_ grains: inout ValueMap, _ host: any Host) async {
        var four: Value = false
        for line in (await host.readTextIfPresent("/proc/net/route") ?? "").split(separator: "\n").dropFirst() {
            let fields = String(line).words()
            guard fields.count > 7, fields[1] == "00000000", fields[7] == "00000000", let gateway = UInt32(fields[2], radix: 16) else { continue }
            let bytes = withUnsafeBytes(of: gateway.littleEndian) { Array($0) }
            four = gateway == 0 ? true : .string(bytes.map { String($0) }.joined(separator: "."))
            break
        }
        var six: Value = false
        for line in (await host.readTextIfPresent("/proc/net/ipv6_route") ?? "").split(separator: "\n") {
            let fields = String(line).words()
            guard fields.count > 9, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }), fields[9] != "lo",
                let flags = UInt32(fields[8], radix: 16), flags & 0x200 == 0
            else { continue }
            let gateway = IPAddress(hexadecimal: fields[4])
            six = gateway.map { $0.isZero ? true : .string($0.text) } ?? true
            break
        }
        grains["ip_gw"] = .bool(four.isTruthy || six.isTruthy)
        grains["ip4_gw"] = four
        grains["ip6_gw"] = six
    }

    private static func resolver(_ host: any Host) async -> ValueMap? {
        var text = await host.readTextIfPresent("/run/systemd/resolve/resolv.conf")
        if text == nil { text = await host.readTextIfPresent("/etc/resolv.conf") }
        guard let text else { return nil }
        var servers: [String] = []
        var search: [String] = []
        var options: [String] = []
        var sorted: [String] = []
        var domain = ""
        for line in PythonLines.split(text) {
            let words = line.stripped().words()
            guard let first = words.first, words.count > 1, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            let rest = Array(words.dropFirst())
            switch first {
            case "nameserver": servers.append(rest[0])
            case "domain": domain = rest[0]
            case "search": search = rest
            case "sortlist": sorted = rest
            case "options": options += rest.filter { !options.contains($0) }
            default: break
            }
        }
        return [
            "nameservers": servers.value, "ip4_nameservers": servers.filter { IPAddress($0)?.isIPv4 == true }.value,
            "ip6_nameservers": servers.filter { IPAddress($0)?.isIPv4 == false }.value, "sortlist": sorted.value,
            "domain": .string(domain), "search": search.value, "options": options.value,
        ]
    }
}
