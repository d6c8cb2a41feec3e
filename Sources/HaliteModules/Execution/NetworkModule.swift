import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Interfaces, addresses and connections.
package struct NetworkModule: ExecutionModule {
    package static let name = "network"
    package static let summary = "Interfaces, addresses and connections."

    package static let functions: [Function] = addressFunctions + routeFunctions

    private static let addressFunctions: [Function] = [
        Function("interfaces", "Return all interfaces with their addresses.", body: interfaces),
        Function("interface", "Return the IPv4 addresses of one interface.", .required("iface", "The interface."), body: interface),
        Function(
            "interface_ip", "Return the first IPv4 address of one interface.", .required("iface", "The interface."), body: interfaceAddress),
        Function(
            "ip_addrs", "Return the IPv4 addresses.", AddressSettings.self, example: "halite '*' network.ip_addrs cidr=10.0.0.0/8",
            body: addresses4),
        Function("ipaddrs", "Return the IPv4 addresses.", AddressSettings.self, body: addresses4),
        Function("ip_addrs6", "Return the IPv6 addresses.", AddressSettings.self, body: addresses6),
        Function("ipaddrs6", "Return the IPv6 addresses.", AddressSettings.self, body: addresses6),
        Function("hw_addr", "Return the hardware address of an interface.", .required("iface", "The interface."), body: hardwareAddress),
        Function("hwaddr", "Return the hardware address of an interface.", .required("iface", "The interface."), body: hardwareAddress),
        Function(
            "subnets", "Return the IPv4 networks the host is in.",
            .optional("interfaces", nil as [String]?, "Interfaces to look at alone."), body: subnets4),
        Function("subnets6", "Return the IPv6 networks the host is in.", body: subnets6),
        Function("in_subnet", "Tell whether the host is in a network.", .required("cidr", "The network."), body: inSubnet),
        Function(
            "ip_in_subnet", "Tell whether an address is in a network.", .required("ip_addr", "The address."),
            .required("cidr", "The network."), body: addressInSubnet),
        Function(
            "calc_net", "Return the network of an address.", .required("ip_addr", "An address, perhaps with a prefix."),
            .optional("netmask", nil as String?, "The mask."), body: network),
        Function("convert_cidr", "Return network and mask of a network.", .required("cidr", "The network."), body: convert),
        Function(
            "is_loopback", "Tell whether an address is one of the host itself.", .required("ip_addr", "The address."), body: isLoopback),
        Function("is_private", "Tell whether an address is private.", .required("ip_addr", "The address."), body: isPrivate),
        Function("get_hostname", "Return the host's name.", body: hostName),
        Function("mod_hostname", "Set the host's name.", .required("hostname", "The name."), body: setHostName),
        Function("get_fqdn", "Return the host's full name.", body: fullName),
        Function(
            "ping", "Send four packets and return what ping says.", .required("host", "Name or address."),
            .optional("timeout", nil as Int?, "Seconds."), .optional("return_boolean", false, "Only tell whether it answered."), body: ping),
        Function(
            "connect", "Open a TCP connection and tell whether it succeeded.", .required("host", "Name or address."),
            .optional("port", nil as Int?, "The port."), .keywords("kwargs", "timeout, proto."), body: connect),
        Function("default_route", "Return the default routes.", .optional("family", nil as String?, "inet or inet6."), body: defaultRoutes),
        Function(
            "dns_check", "Tell whether a name has an address.", .required("addr", "The name."),
            .optional("port", nil as Int?, "Without effect."), body: resolve),
        Function("arp", "Return the neighbours' hardware addresses.", body: neighbours),
    ]

    // MARK: - Interfaces

    private static func interfaces(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for interface in try await call.host.interfaces() {
            var entry: ValueMap = ["up": .bool(interface.isUp)]
            if let address = interface.hardwareAddress { entry["hwaddr"] = .string(address) }
            if !interface.ipv4.isEmpty { entry["inet"] = .list(interface.ipv4.map { .map(describe($0)) }) }
            if !interface.ipv6.isEmpty {
                entry["inet6"] = .list(
                    interface.ipv6.map { address in
                        let isLocal = IPAddress(address.address)?.isLinkLocal ?? false
                        let scope = isLocal ? "link" : IPAddress(address.address)?.isLoopback == true ? "host" : "global"
                        return [
                            "address": .string(address.address), "prefixlen": .string(String(address.prefixLength)),
                            "scope": .string(scope),
                        ]
                    })
            }
            found[.string(interface.name)] = .map(entry)
        }
        return found
    }

    private static func describe(_ address: InterfaceAddress) -> ValueMap {
        let mask = IPAddress(address.address).map { IPNetwork(address: $0, prefix: address.prefixLength).mask } ?? ""
        return [
            "address": .string(address.address), "netmask": .string(mask), "broadcast": address.broadcast.value,
            "label": .string(address.label),
        ]
    }

    private static func named(_ call: CallContext, _ name: String) async throws -> NetworkInterface? {
        try await call.host.interfaces().first { $0.name == name }
    }

    private static func interface(_ call: CallContext, name: String) async throws -> Value {
        guard let found = try await named(call, name) else { return .string("Interface \"\(name)\" not in available interfaces") }
        return .list(found.ipv4.map { .map(describe($0)) })
    }

    private static func interfaceAddress(_ call: CallContext, name: String) async throws -> Value {
        guard let found = try await named(call, name) else { return .string("Interface \"\(name)\" not in available interfaces") }
        return .string(found.ipv4.first?.address ?? "")
    }

    private static func hardwareAddress(_ call: CallContext, name: String) async throws -> String {
        guard let found = try await named(call, name) else { return "Interface \(name) not in available interfaces" }
        return found.hardwareAddress ?? "Hardware address (\(name)) not found"
    }

    // MARK: - Addresses

    struct AddressSettings: ArgumentGroup {
        var interface: [String] = []
        var includeLoopback = false
        var cidr: [String] = []
        var type: String?

        static let fields: [ArgumentField<AddressSettings>] = [
            .field("interface", \.interface, "Interfaces to look at alone; patterns too."),
            .field("include_loopback", \.includeLoopback, "Also those of the host itself."),
            .field("cidr", \.cidr, "Only those in these networks."),
            .field("type", \.type, "private or public ones alone."),
        ]
    }

    private static func addresses4(_ call: CallContext, _ settings: AddressSettings) async throws -> [String] {
        try await addresses(call, settings) { $0.ipv4 }
    }

    private static func addresses6(_ call: CallContext, _ settings: AddressSettings) async throws -> [String] {
        try await addresses(call, settings) { $0.ipv6 }
    }

    private static func addresses(
        _ call: CallContext, _ settings: AddressSettings, _ pick: (NetworkInterface) -> [InterfaceAddress]
    ) async throws -> [String] {
        var found: [String] = []
        for interface in try await call.host.interfaces() {
            if !settings.interface.isEmpty, !settings.interface.contains(where: { Glob.matches($0, interface.name) }) { continue }
            for entry in pick(interface) {
                guard let address = IPAddress(entry.address), settings.includeLoopback || !address.isLoopback else { continue }
                found.append(entry.address)
            }
        }
        if !settings.cidr.isEmpty {
            let networks = try settings.cidr.map { text -> IPNetwork in
                guard let network = IPNetwork(text) else { throw ExecutionError("'\(text)' is no network") }
                return network
            }
            found = found.filter { text in IPAddress(text).map { address in networks.contains { $0.contains(address) } } ?? false }
        }
        if let type = settings.type {
            guard type == "private" || type == "public" else { throw ExecutionError("type is private or public, not '\(type)'") }
            found = found.filter { IPAddress($0)?.isPrivate == (type == "private") }
        }
        return IPAddress.sorted(found)
    }

    // MARK: - Networks

    private static func subnets4(_ call: CallContext, wanted: [String]?) async throws -> [String] {
        let chosen = try await call.host.interfaces().filter { wanted?.contains($0.name) ?? true }
        return subnets(chosen.flatMap(\.ipv4))
    }

    private static func subnets6(_ call: CallContext) async throws -> [String] { subnets(try await call.host.interfaces().flatMap(\.ipv6)) }

    private static func subnets(_ addresses: [InterfaceAddress]) -> [String] {
        let found = addresses.compactMap { entry -> IPNetwork? in
            guard let address = IPAddress(entry.address), !address.isLoopback else { return nil }
            return IPNetwork(address: address, prefix: entry.prefixLength)
        }
        return Array(Set(found.map(\.text))).sorted()
    }

    private static func inSubnet(_ call: CallContext, cidr: String) async throws -> Bool {
        guard let network = IPNetwork(cidr) else { throw ExecutionError("Invalid CIDR '\(cidr)'") }
        let all = try await call.host.interfaces().flatMap { $0.ipv4 + $0.ipv6 }
        return all.contains { IPAddress($0.address).map { network.contains($0) } ?? false }
    }

    private static func addressInSubnet(_ call: CallContext, address: String, cidr: String) async throws -> Bool {
        guard let network = IPNetwork(cidr), let address = IPAddress(address) else {
            throw ExecutionError("Invalid CIDR '\(cidr)' or address")
        }
        return network.contains(address)
    }

    private static func network(_ call: CallContext, address: String, mask: String?) async throws -> String {
        guard let network = IPNetwork(mask.map { "\(address)/\($0)" } ?? address) else {
            throw ExecutionError("'\(address)' is no address")
        }
        return network.text
    }

    private static func convert(_ call: CallContext, cidr: String) async throws -> ValueMap {
        guard let network = IPNetwork(cidr) else { return ["network": .null, "netmask": .null, "broadcast": .null] }
        let ones = zip(network.address.bytes, IPAddress(network.mask)?.bytes ?? []).map { $0 | ~$1 }
        return [
            "network": .string(network.address.text), "netmask": .string(network.mask), "broadcast": .string(IPAddress(bytes: ones).text),
        ]
    }

    private static func isLoopback(_ call: CallContext, address: String) async throws -> Bool { IPAddress(address)?.isLoopback ?? false }
    private static func isPrivate(_ call: CallContext, address: String) async throws -> Bool { IPAddress(address)?.isPrivate ?? false }

    // MARK: - Names and connections

    private static func hostName(_ call: CallContext) async throws -> String { try await call.host.identity().nodeName }

    private static func setHostName(_ call: CallContext, name: String) async throws -> Bool {
        if await call.host.which("hostnamectl") != nil, try await call.host.exists("/run/systemd/system") {
            return try await call.host.run("hostnamectl", "set-hostname", name).succeeded
        }
        guard try await call.host.run("hostname", name).succeeded else { return false }
        try await call.host.write("/etc/hostname", Array("\(name)\n".utf8), FileAttributes())
        return true
    }

    private static func fullName(_ call: CallContext) async throws -> Value { call.grains["fqdn"] ?? "" }

    private static func ping(_ call: CallContext, host: String, timeout: Int?, asBoolean: Bool) async throws -> Value {
        var words = ["ping"]
        if let timeout { words += ["-W", String(timeout)] }
        let result = try await call.host.run(Command(words + ["-c", "4", "--", host]))
        if asBoolean { return .bool(result.succeeded) }
        return .string(result.text)
    }

    private static func connect(_ call: CallContext, host: String, port: Int?, options: ValueMap) async throws -> ValueMap {
        guard let port else { throw ExecutionError("Required argument 'port' is missing.") }
        let timeout = options["timeout"]?.pythonString ?? "5"
        // Bash opens connections itself; the host and the port are its arguments, not its script.
        let script = "exec 3<>\"/dev/tcp/$0/$1\""
        let result = try await call.host.run(Command(["timeout", timeout, "bash", "-c", script, host, String(port)]))
        let comment =
            result.succeeded
            ? "Successfully connected to \(host) (\(host)) on tcp port \(port)"
            : "Unable to connect to \(host) (\(host)) on tcp port \(port)"
        return ["result": .bool(result.succeeded), "comment": .string(comment)]
    }

    private static func defaultRoutes(_ call: CallContext, family: String?) async throws -> [Value] {
        var routes: [Value] = []
        for (option, name) in [("-4", "inet"), ("-6", "inet6")] where family == nil || family == name {
            for line in try await call.host.run("ip", option, "route", "show", "default").lines where line.hasPrefix("default") {
                let words = line.words()
                func after(_ word: String) -> Value {
                    words.firstIndex(of: word).flatMap { $0 + 1 < words.count ? .string(words[$0 + 1]) : nil } ?? ""
                }
                routes.append([
                    "addr_family": .string(name), "destination": name == "inet" ? "0.0.0.0" : "::/0", "gateway": after("via"),
                    "netmask": name == "inet" ? "0.0.0.0" : "", "flags": "UG", "interface": after("dev"),
                ])
            }
        }
        return routes
    }

    private static func resolve(_ call: CallContext, name: String, port: Int?) async throws -> Value {
        let words = try await call.host.run("getent", "ahosts", name).text.words()
        return words.first.map { .string($0) } ?? false
    }

    private static func neighbours(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for line in PythonLines.split(await call.host.readTextIfPresent("/proc/net/arp") ?? "").dropFirst() {
            let words = line.words()
            if words.count > 3 { found[.string(words[3])] = .string(words[0]) }
        }
        return found
    }
}
