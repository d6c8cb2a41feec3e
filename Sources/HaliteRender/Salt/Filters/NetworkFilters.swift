import HaliteJinja
import HaliteValue

/// Addresses and networks.
enum NetworkFilters {
    static let table: [String: JinjaFunction] = [
        "is_ip": SaltFilter.define("is_ip_filter", "ip_addr, options=") { arguments, _ in
            .bool(try isAddress(arguments, 4) || isAddress(arguments, 6))
        },
        "is_ipv4": SaltFilter.define("is_ipv4_filter", "ip_addr, options=") { arguments, _ in .bool(try isAddress(arguments, 4)) },
        "is_ipv6": SaltFilter.define("is_ipv6_filter", "ip_addr, options=") { arguments, _ in .bool(try isAddress(arguments, 6)) },
        "ipv4": SaltFilter.define("ipv4", "value, options=") { arguments, context in
            try filtered(arguments.value(0), 4, arguments.value(1), context)
        },
        "ipv6": SaltFilter.define("ipv6", "value, options=") { arguments, context in
            try filtered(arguments.value(0), 6, arguments.value(1), context)
        },
        "ipaddr": SaltFilter.define("ipaddr", "value, options=") { arguments, context in
            try addresses(arguments.value(0), arguments.value(1), context)
        },
        "ip_host": each("ip_host") { .string($0.description) },
        "network_hosts": each("network_hosts") { network in
            let hosts = network.hosts
            guard hosts.upperBound - hosts.lowerBound < 1 << 20 else {
                throw JinjaError(.memory, "the network \(network.description) has too many addresses to list them")
            }
            var list: [JinjaValue] = []
            var value = hosts.lowerBound
            while value <= hosts.upperBound {
                // The one address of a network without others keeps its scope.
                let scope = network.sizeExponent == 0 ? network.scope : nil
                list.append(.string(IPAddress(version: network.version, value: value, scope: scope).description))
                if value == .max { break }
                value += 1
            }
            return .list(of: list)
        },
        "network_size": each("network_size") { JinjaValue(normalizing: BigInteger(1).shiftedLeft($0.sizeExponent)) },
        "filter_by_networks": SaltFilter.define("filter_by_networks", "values, networks", filterByNetworks),
        "ipwrap": SaltFilter.define("ipwrap", "data") { arguments, context in
            switch arguments.value(0) {
            case .list(let list): return .list(of: try list.items.map(wrapped))
            case .tuple(let tuple): return .list(of: try tuple.items.map(wrapped))
            case let other: return try wrapped(other)
            }
        },
        "mac_str_to_bytes": SaltFilter.define("mac_str_to_bytes", "mac_str", macBytes),
        "gen_mac": SaltFilter.define("gen_mac", "prefix=") { arguments, _ in
            let prefix = arguments[0] == nil ? "AC:DE:48" : try arguments.value(0).str()
            let bytes = (0..<3).map { _ in
                let hex = String(UInt8.random(in: .min ... .max), radix: 16, uppercase: true)
                return hex.utf8.count == 1 ? "0" + hex : hex
            }
            return .string(([prefix] + bytes).joined(separator: ":"))
        },
        "dns_check": SaltFilter.define("dns_check", "addr, port, safe=, ipv6=") { arguments, _ in
            try NameCheck.run(arguments)
        },
    ]

    // MARK: One address

    /// The address, with its prefix if it has one; nil for what is no address of that version.
    private static func read(_ value: JinjaValue) throws -> IPAddress? {
        switch value {
        case .int, .bool:
            guard let number = value.integer, number >= 0 else { return nil }
            return number < 1 << 32 ? IPAddress(version: 4, value: UInt128(number)) : IPAddress(version: 6, value: UInt128(number))
        case .big(let number):
            guard !number.isNegative, number.magnitude.count <= 4 else { return nil }
            return IPAddress(version: 6, value: number.magnitude.reversed().reduce(0) { $0 << 32 | UInt128($1) })
        case .bytes(let bytes): return IPAddress(packed: bytes)
        default:
            let text = try value.str()
            return IPAddress(address: text) ?? IPAddress(interface: text)
        }
    }

    private static func isAddress(_ arguments: [JinjaValue?], _ version: Int) throws -> Bool {
        try address(arguments.value(0), version, arguments.value(1)) != nil
    }

    /// The text of an address of that version and of the kinds that the options name; nil otherwise.
    private static func address(_ value: JinjaValue, _ version: Int, _ options: JinjaValue) throws -> String? {
        guard let address = try read(value), address.version == version else { return nil }
        guard try options.isTrue() else { return address.description }
        guard let text = options.text else { throw SaltFilter.noAttribute(options, "split") }
        for option in PythonSplit.parts(text, ",", limit: -1) {
            let word = PythonSplit.strip(option, left: true, right: true, characters: nil)
            guard let isKind = kinds[word] else { continue }
            guard isKind(address) else { return nil }
        }
        return address.description
    }

    private static let kinds: [String: @Sendable (IPAddress) -> Bool] = [
        "global": { !$0.isPrivate }, "public": { !$0.isPrivate }, "private": { $0.isPrivate },
        "link-local": { $0.isLinkLocal }, "linklocal": { $0.isLinkLocal }, "ll": { $0.isLinkLocal }, "link_local": { $0.isLinkLocal },
        "loopback": { $0.isLoopback }, "lo": { $0.isLoopback }, "multicast": { $0.isMulticast }, "reserved": { $0.isReserved },
        "site-local": { $0.isSiteLocal }, "sl": { $0.isSiteLocal }, "site_local": { $0.isSiteLocal },
        "unspecified": { $0.isUnspecified },
    ]

    // MARK: Lists of addresses

    /// The elements of a list, tuple or generator; nil for anything else.
    private static func elements(_ value: JinjaValue, _ context: TemplateContext) throws -> [JinjaValue]? {
        switch value {
        case .list, .tuple: return try value.elements(context)
        case .object(let object) where object.typeName == "generator": return try value.elements(context)
        default: return nil
        }
    }

    private static func filtered(
        _ value: JinjaValue, _ version: Int, _ options: JinjaValue, _ context: TemplateContext
    ) throws -> JinjaValue {
        switch value {
        case .string, .markup, .bytes: return try address(value, version, options).map { .string($0) } ?? .null
        default:
            guard let items = try elements(value, context) else { return .null }
            return .list(of: try items.compactMap { try address($0, version, options).map { .string($0) } })
        }
    }

    private static func addresses(_ value: JinjaValue, _ options: JinjaValue, _ context: TemplateContext) throws -> JinjaValue {
        let four = try filtered(value, 4, options, context)
        let six = try filtered(value, 6, options, context)
        guard case .list(let first) = four, case .list(let second) = six else { return try four.isTrue() ? four : six }
        return .list(of: first.items + second.items)
    }

    /// A filter over the networks of one address or of a list of them.
    private static func each(_ name: String, _ body: @escaping @Sendable (IPAddress) throws -> JinjaValue) -> JinjaFunction {
        SaltFilter.define(name, "value, options=, version=") { arguments, context in
            let version = arguments.value(2)
            let found: JinjaValue
            if try version.isTrue() {
                switch version.integer {
                case 4: found = try filtered(arguments.value(0), 4, arguments.value(1), context)
                case 6: found = try filtered(arguments.value(0), 6, arguments.value(1), context)
                default: return .null
                }
            } else {
                found = try addresses(arguments.value(0), arguments.value(1), context)
            }
            guard try found.isTrue() else { return .null }
            func apply(_ value: JinjaValue) throws -> JinjaValue {
                guard let network = IPAddress(interface: try value.str()) else { return .null }
                return try body(network)
            }
            guard case .list(let list) = found else { return try apply(found) }
            switch arguments.value(0) {
            case .list, .tuple: return .list(of: try list.items.map(apply))
            case .object(let object) where object.typeName == "generator": return .list(of: try list.items.map(apply))
            default: return try apply(list.items[0])
            }
        }
    }

    private static func filterByNetworks(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        if arguments.value(1).isNull { return arguments.value(0) }
        let networks = try arguments.value(1).elements(context).map { value -> IPAddress in
            let text = try value.str()
            guard let network = IPAddress(interface: text) else {
                throw JinjaError(.value, "\(try value.repr()) does not appear to be an IPv4 or IPv6 network")
            }
            guard !network.hasHostBits else { throw JinjaError(.value, "\(text) has host bits set") }
            return network
        }
        func filter(_ values: JinjaValue) throws -> JinjaValue {
            var kept: [JinjaValue] = []
            for value in try values.elements(context) {
                for network in networks {
                    guard let address = IPAddress(address: try value.str()) else {
                        throw JinjaError(.value, "\(try value.repr()) does not appear to be an IPv4 or IPv6 address")
                    }
                    if network.contains(address) { kept.append(value) }
                }
            }
            return .list(of: kept)
        }
        switch arguments.value(0) {
        case .dict(let dict):
            let result = JinjaDict()
            for entry in dict.entries { try result.set(entry.key, filter(entry.value)) }
            return .dict(result)
        case .list, .tuple, .string, .markup, .bytes: return try filter(arguments.value(0))
        default: throw JinjaError(.value, "Do not know how to filter a \(arguments.value(0).pythonClass)")
        }
    }

    /// An address of IPv6 in brackets; anything else stays what it is.
    private static func wrapped(_ value: JinjaValue) throws -> JinjaValue {
        guard try address(value, 6, .null) != nil else { return value }
        let text = PythonSplit.strip(
            PythonSplit.strip(try value.str(), left: true, right: false, characters: "["), left: false, right: true, characters: "]")
        guard let address = IPAddress(address: text) else {
            throw JinjaError(.value, "\(text.quoted) does not appear to be an IPv4 or IPv6 address")
        }
        return .string("[\(address.description)]")
    }

    private static func macBytes(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        guard var text = arguments.value(0).text else {
            if case .undefined(let undefined) = arguments.value(0) { throw undefined.error() }
            guard try arguments.value(0).length() != nil else {
                throw JinjaError(.type, "object of type \(arguments.value(0).typeName.quoted) has no len()")
            }
            throw JinjaError(.value, "Invalid MAC address")
        }
        var scalars = Array(text.unicodeScalars)
        if scalars.count == 17 {
            let separator = scalars[2]
            scalars.removeAll { $0 == separator }
        } else if scalars.count != 12 {
            throw JinjaError(.value, "Invalid MAC address")
        }
        text = String(String.UnicodeScalarView(scalars))
        let bytes = try stride(from: 0, to: 12, by: 2).map { place -> UInt8 in
            let part = String(String.UnicodeScalarView(scalars.dropFirst(place).prefix(2)))
            guard case .int(let number)? = PythonText.integer(part, base: 16) else {
                throw JinjaError(.value, "invalid literal for int() with base 16: \(part.quoted)")
            }
            guard let byte = UInt8(exactly: number) else { throw JinjaError(.value, "bytes must be in range(0, 256)") }
            return byte
        }
        return .bytes(bytes)
    }
}
