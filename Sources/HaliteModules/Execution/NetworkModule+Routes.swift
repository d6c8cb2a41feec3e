import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Networks, routes and neighbours.
extension NetworkModule {
    private static let interface: Parameter<[String]> = .optional("interface", [], "Interfaces to look at alone.")
    private static let loopback: Parameter<Bool> = .optional("include_loopback", false, "Also those of the host itself.")
    private static let verbose: Parameter<Bool> = .optional("verbose", false, "With masks and sizes.")

    static let routeFunctions: [Function] = [
        Function("reverse_ip", "Return the name under which DNS keeps an address.", .required("ip_addr", "The address."), body: reversed),
        Function("ip_networks", "Return the IPv4 networks the host is in.", interface, loopback, verbose, body: networks4),
        Function("ip_networks6", "Return the IPv6 networks the host is in.", interface, loopback, verbose, body: networks6),
        Function(
            "ifacestartswith", "Return the interfaces whose address begins with a text.", .required("cidr", "The text."), body: beginning),
        Function("iphexval", "Return an address in hexadecimal digits.", .required("ip", "The address."), body: hexadecimal),
        Function("ip_neighs", "Return the neighbours' IPv4 addresses by hardware address.", body: neighbours4),
        Function("ip_neighs6", "Return the neighbours' IPv6 addresses by hardware address.", body: neighbours6),
        Function("get_route", "Return the way to an address.", .required("ip", "The address."), body: route),
        Function("routes", "Return all routes.", .optional("family", nil as String?, "inet or inet6."), body: routes),
        Function("dig", "Return what dig says of a name.", .required("host", "The name."), body: dig),
    ]

    private static func reversed(_ call: CallContext, text: String) async throws -> String {
        guard let address = IPAddress(text) else { throw ExecutionError("'\(text)' does not appear to be an IPv4 or IPv6 address") }
        if address.isIPv4 { return address.bytes.reversed().map { String($0) }.joined(separator: ".") + ".in-addr.arpa" }
        let digits = address.bytes.flatMap { [$0 >> 4, $0 & 15] }.reversed()
        return digits.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
    }

    private static func networks(
        _ call: CallContext, _ names: [String], _ withLoopback: Bool, _ isVerbose: Bool, _ pick: (NetworkInterface) -> [InterfaceAddress]
    ) async throws -> Value {
        let entries = try await call.host.interfaces().filter { names.isEmpty || names.contains($0.name) }.flatMap(pick)
        var found: [IPNetwork] = []
        for entry in entries {
            guard let address = IPAddress(entry.address), withLoopback || !address.isLoopback else { continue }
            let network = IPNetwork(address: address, prefix: entry.prefixLength)
            if !found.contains(network) { found.append(network) }
        }
        found.sort { $0.address == $1.address ? $0.prefix < $1.prefix : $0.address < $1.address }
        if !isVerbose { return found.map(\.text).value }
        return .map(
            ValueMap(
                found.map { network in
                    let bits = network.address.bytes.count * 8 - network.prefix
                    let count = bits < 62 ? Value.int(1 << bits) : .float(Double(sign: .plus, exponent: bits, significand: 1))
                    return (
                        .string(network.text),
                        [
                            "address": .string(network.address.text), "netmask": .string(network.mask), "num_addresses": count,
                            "prefixlen": .int(network.prefix),
                        ]
                    )
                }))
    }

    private static func networks4(_ call: CallContext, names: [String], withLoopback: Bool, isVerbose: Bool) async throws -> Value {
        try await networks(call, names, withLoopback, isVerbose) { $0.ipv4 }
    }

    private static func networks6(_ call: CallContext, names: [String], withLoopback: Bool, isVerbose: Bool) async throws -> Value {
        try await networks(call, names, withLoopback, isVerbose) { $0.ipv6 }
    }

    private static func beginning(_ call: CallContext, text: String) async throws -> [String] {
        try await call.host.interfaces().flatMap { interface in
            interface.ipv4.filter { $0.address.hasPrefix(text) }.map { $0.label.isEmpty ? interface.name : $0.label }
        }
    }

    private static func hexadecimal(_ call: CallContext, address: String) async throws -> String {
        try address.parts(".").map { part in
            guard let number = Int(part), number >= 0 else { throw ExecutionError("invalid literal for int() with base 10: '\(part)'") }
            let digits = String(number, radix: 16, uppercase: true)
            return digits.utf8.count < 2 ? "0" + digits : digits
        }.joined()
    }

    private static func neighbours(_ call: CallContext, _ mark: String) async throws -> ValueMap {
        ValueMap(
            try await call.host.run("ip", "neigh", "show").lines.compactMap { line in
                let words = line.words()
                return words.count > 4 && words[0].contains(mark) ? (.string(words[4]), .string(words[0])) : nil
            })
    }

    private static func neighbours4(_ call: CallContext) async throws -> ValueMap { try await neighbours(call, ".") }
    private static func neighbours6(_ call: CallContext) async throws -> ValueMap { try await neighbours(call, ":") }

    // MARK: - Routes

    private static func after(_ word: String, _ words: [String]) -> String? {
        words.firstIndex(of: word).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
    }

    private static func route(_ call: CallContext, address: String) async throws -> ValueMap {
        let words = try await call.host.run("ip", "route", "get", address).lines.first?.words() ?? []
        guard let interface = after("dev", words), let source = after("src", words) else {
            throw ExecutionError("there is no route to \(address)")
        }
        return [
            "destination": .string(address), "gateway": after("via", words).value, "interface": .string(interface),
            "source": .string(source),
        ]
    }

    private static func routes(_ call: CallContext, family: String?) async throws -> [Value] {
        if let family, family != "inet", family != "inet6" { throw ExecutionError("Invalid address family \(family)") }
        var found: [Value] = []
        func add(_ family: String, _ destination: String, _ gateway: String, _ mask: String, _ flags: String, _ words: [String]) {
            found.append([
                "addr_family": .string(family), "destination": .string(destination), "gateway": .string(gateway), "netmask": .string(mask),
                "flags": .string(flags), "interface": .string(after("dev", words) ?? ""),
            ])
        }
        if family != "inet6" {
            for words in try await call.host.run("ip", "-4", "route", "show", "table", "main").lines.map({ $0.words() }) {
                guard let first = words.first, first != "unreachable" else { continue }
                if first == "default" {
                    add("inet", "0.0.0.0", after("via", words) ?? "0.0.0.0", "0.0.0.0", "UG", words)
                } else {
                    let network = IPNetwork(first)
                    add("inet", network?.address.text ?? first, after("via", words) ?? "0.0.0.0", network?.mask ?? "", "U", words)
                }
            }
        }
        if family != "inet" {
            let other: Set<String> = [
                "unicast", "broadcast", "throw", "unreachable", "prohibit", "blackhole", "nat", "anycast", "multicast",
            ]
            for words in try await call.host.run("ip", "-6", "route", "show", "table", "all").lines.map({ $0.words() }) {
                guard let first = words.first, !other.contains(first) else { continue }
                switch first {
                case "default": add("inet6", "::/0", after("via", words) ?? "::", "", "UG", words)
                case "local": add("inet6", (words.dropFirst().first ?? "") + "/128", "::", "", "U", words)
                default: add("inet6", first, "::", "", "U", words)
                }
            }
        }
        return found
    }

    private static func dig(_ call: CallContext, host: String) async throws -> String {
        try await call.host.run("dig", try DnsutilModule.checked(host)).text
    }
}
