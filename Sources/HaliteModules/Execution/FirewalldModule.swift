import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Zones and services of firewalld.
package struct FirewalldModule: ExecutionModule {
    package static let name = "firewalld"
    package static let summary = "Zones and services of firewalld."
    package static let requires: Requirement = .command("firewall-cmd")

    private static let zone: Parameter<String> = .required("zone", "The zone.")
    private static let anyZone: Parameter<String?> = .optional("zone", nil, "The zone; the default one without it.")
    private static let permanent: Parameter<Bool> = .optional("permanent", true, "In the configuration, not in force.")
    private static let restart: Parameter<Bool> = .optional("restart", true, "Bring it into force.")
    private static let force: Parameter<Bool> = .optional("force_masquerade", false, "Let the zone masquerade too.")

    package static let functions: [Function] = general + services + zones + forwarding

    private static let general: [Function] = [
        Function(
            "version", "Return the version.", body: { (call: CallContext) async throws -> String in try await run(call, ["--version"]) }),
        Function(
            "reload_rules", "Bring the configuration into force.",
            body: { (call: CallContext) async throws -> String in try await run(call, ["--reload"]) }),
        Function(
            "make_permanent", "Keep what is in force.",
            body: { (call: CallContext) async throws -> String in try await run(call, ["--runtime-to-permanent"]) }),
        Function(
            "default_zone", "Return the default zone.",
            body: { (call: CallContext) async throws -> String in try await run(call, ["--get-default-zone"]) }),
        Function(
            "set_default_zone", "Set the default zone.", zone,
            body: { (call: CallContext, zone: String) async throws -> String in try await run(call, ["--set-default-zone=\(zone)"]) }),
        listing("get_zones", "Return the names of all zones.", "--get-zones"),
        listing("get_services", "Return the names of all services.", "--get-services"),
        listing("get_icmp_types", "Return the names of all ICMP types.", "--get-icmptypes"),
        managing("new_zone", "Make a zone.", "--new-zone", argument: "zone"),
        managing("delete_zone", "Remove a zone.", "--delete-zone", argument: "zone"),
        managing("new_service", "Make a service.", "--new-service", argument: "name"),
        managing("delete_service", "Remove a service.", "--delete-service", argument: "name"),
        Function("list_zones", "Return all zones with their settings.", permanent, body: allZones),
        Function("list_all", "Return the settings of a zone.", anyZone, permanent, body: all),
    ]

    private static let services: [Function] = [
        Function(
            "list_services", "Return the services of a zone.", anyZone, permanent,
            body: { (call: CallContext, zone: String?, permanent: Bool) async throws -> [String] in
                try await run(call, on(zone, "--list-services", permanent)).words()
            }),
        Function(
            "add_service", "Let a service into a zone.", .required("service", "The service."), anyZone, permanent,
            body: { (call: CallContext, service: String, zone: String?, permanent: Bool) async throws -> String in
                try await run(call, on(zone, "--add-service=\(service)", permanent))
            }),
        Function(
            "remove_service", "Take a service out of a zone.", .required("service", "The service."), anyZone, permanent,
            body: { (call: CallContext, service: String, zone: String?, permanent: Bool) async throws -> String in
                try await run(call, on(zone, "--remove-service=\(service)", permanent))
            }),
        ofService("get_service_ports", "Return the ports of a service.", "--get-ports"),
        ofService("get_service_protocols", "Return the protocols of a service.", "--get-protocols"),
        changingService("add_service_port", "Give a service a port.", "--add-port", argument: "port", mustExist: true),
        changingService("remove_service_port", "Take a port from a service.", "--remove-port", argument: "port", mustExist: true),
        changingService("add_service_protocol", "Give a service a protocol.", "--add-protocol", argument: "protocol"),
        changingService("remove_service_protocol", "Take a protocol from a service.", "--remove-protocol", argument: "protocol"),
    ]

    private static let zones: [Function] = [
        ofZone("list_ports", "Return the ports of a zone.", "--list-ports"),
        ofZone("list_icmp_block", "Return the ICMP types that a zone blocks.", "--list-icmp-blocks"),
        ofZone("get_interfaces", "Return the interfaces of a zone.", "--list-interfaces"),
        ofZone("get_sources", "Return the sources of a zone.", "--list-sources"),
        Function(
            "get_rich_rules", "Return the rich rules of a zone.", zone, permanent,
            body: { (call: CallContext, zone: String, permanent: Bool) async throws -> [String] in
                PythonLines.split(try await run(call, on(zone, "--list-rich-rules", permanent)))
            }),
        Function("add_port", "Open a port in a zone.", zone, .required("port", "Such as 80/tcp."), permanent, force, body: addPort),
        changingZone("remove_port", "Close a port in a zone.", "--remove-port", argument: "port"),
        changingZone("add_interface", "Put an interface into a zone.", "--add-interface", argument: "interface"),
        changingZone("remove_interface", "Take an interface out of a zone.", "--remove-interface", argument: "interface"),
        changingZone("add_source", "Put a source into a zone.", "--add-source", argument: "source"),
        changingZone("remove_source", "Take a source out of a zone.", "--remove-source", argument: "source"),
        changingZone("add_rich_rule", "Add a rich rule to a zone.", "--add-rich-rule", argument: "rule"),
        changingZone("remove_rich_rule", "Remove a rich rule from a zone.", "--remove-rich-rule", argument: "rule"),
        Function("block_icmp", "Block an ICMP type in a zone.", zone, .required("icmp", "The type."), permanent, body: block),
        Function("allow_icmp", "Allow an ICMP type in a zone.", zone, .required("icmp", "The type."), permanent, body: allow),
        Function("get_masquerade", "Tell whether a zone masquerades.", anyZone, permanent, body: masquerades),
        Function(
            "add_masquerade", "Let a zone masquerade.", anyZone, permanent,
            body: { (call: CallContext, zone: String?, permanent: Bool) async throws -> String in
                try await run(call, on(zone, "--add-masquerade", permanent))
            }),
        Function(
            "remove_masquerade", "Do not let a zone masquerade.", anyZone, permanent,
            body: { (call: CallContext, zone: String?, permanent: Bool) async throws -> String in
                try await run(call, on(zone, "--remove-masquerade", permanent))
            }),
    ]

    // MARK: - Running

    static func run(_ call: CallContext, _ words: [String]) async throws -> String {
        let result = try await call.host.run(Command([await call.host.which("firewall-cmd") ?? "firewall-cmd"] + words))
        if result.succeeded { return result.text }
        throw ExecutionError("firewall-cmd failed: \(result.errorText.isEmpty ? result.text : result.errorText)")
    }

    static func on(_ zone: String?, _ word: String, _ permanent: Bool) -> [String] {
        (zone.map { $0.isEmpty ? [] : ["--zone=\($0)"] } ?? []) + [word] + (permanent ? ["--permanent"] : [])
    }

    private static func listing(_ name: String, _ summary: String, _ word: String) -> Function {
        Function(
            name, summary, permanent,
            body: { (call: CallContext, permanent: Bool) async throws -> [String] in try await run(call, on(nil, word, permanent)).words() }
        )
    }

    private static func managing(_ name: String, _ summary: String, _ word: String, argument: String) -> Function {
        Function(
            name, summary, .required(argument, "Its name."), restart,
            body: { (call: CallContext, given: String, restart: Bool) async throws -> String in
                let answer = try await run(call, ["\(word)=\(given)", "--permanent"])
                return restart && answer == "success" ? try await run(call, ["--reload"]) : answer
            })
    }

    private static func ofService(_ name: String, _ summary: String, _ word: String) -> Function {
        Function(
            name, summary, .required("service", "The service."),
            body: { (call: CallContext, service: String) async throws -> [String] in
                try await run(call, ["--permanent", "--service=\(service)", word]).words()
            })
    }

    private static func changingService(_ name: String, _ summary: String, _ word: String, argument: String, mustExist: Bool = false)
        -> Function
    {
        Function(
            name, summary, .required("service", "The service."), .required(argument, "The \(argument)."),
            body: { (call: CallContext, service: String, given: String) async throws -> String in
                if mustExist, try await !run(call, ["--get-services", "--permanent"]).words().contains(service) {
                    throw ExecutionError("The service does not exist.")
                }
                return try await run(call, ["--permanent", "--service=\(service)", "\(word)=\(given)"])
            })
    }

    private static func ofZone(_ name: String, _ summary: String, _ word: String) -> Function {
        Function(
            name, summary, zone, permanent,
            body: { (call: CallContext, zone: String, permanent: Bool) async throws -> [String] in
                try await run(call, on(zone, word, permanent)).words()
            })
    }

    private static func changingZone(_ name: String, _ summary: String, _ word: String, argument: String) -> Function {
        Function(
            name, summary, zone, .required(argument, "The \(argument)."), permanent,
            body: { (call: CallContext, zone: String, given: String, permanent: Bool) async throws -> String in
                try await run(call, on(zone, "\(word)=\(given)", permanent))
            })
    }

    // MARK: - Zones

    private static func parsed(_ text: String) -> ValueMap {
        var found = ValueMap()
        var (zone, key) = ("", "")
        for line in PythonLines.split(text) where !line.stripped().isEmpty {
            if let first = line.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first.properties.numericType != nil {
                zone = line.rightStripped()
                continue
            }
            var settings = found[zone]?.mapValue ?? [:]
            if line.hasPrefix("\t") {
                settings[.string(key)] = .list((settings[key]?.listValue ?? []) + [.string(line.stripped())])
            } else {
                let pair = line.parts(":", maxSplits: 1)
                key = pair[0].stripped()
                settings[.string(key)] = [.string((pair.count > 1 ? pair[1] : "").stripped())]
            }
            found[.string(zone)] = .map(settings)
        }
        return found
    }

    private static func allZones(_ call: CallContext, permanent: Bool) async throws -> ValueMap {
        parsed(try await run(call, on(nil, "--list-all-zones", permanent)))
    }

    private static func all(_ call: CallContext, zone: String?, permanent: Bool) async throws -> ValueMap {
        parsed(try await run(call, on(zone, "--list-all", permanent)))
    }

    static func masquerades(_ call: CallContext, zone: String?, permanent: Bool) async throws -> Bool {
        try await !all(call, zone: zone, permanent: permanent).contains { $0.value["masquerade"]?.listValue?.first == "no" }
    }

    private static func masquerade(_ call: CallContext, _ zone: String) async throws {
        if try await !masquerades(call, zone: zone, permanent: true) { _ = try await run(call, on(zone, "--add-masquerade", true)) }
    }

    private static func addPort(_ call: CallContext, zone: String, port: String, permanent: Bool, force: Bool) async throws -> String {
        if force { try await masquerade(call, zone) }
        return try await run(call, on(zone, "--add-port=\(port)", permanent))
    }

    private static func icmp(
        _ call: CallContext, _ zone: String, _ type: String, _ permanent: Bool, adds: Bool
    ) async throws -> Value {
        guard try await run(call, on(nil, "--get-icmptypes", permanent)).words().contains(type) else { return false }
        let isBlocked = try await run(call, on(zone, "--list-icmp-blocks", permanent)).words().contains(type)
        if isBlocked == adds { return "success" }
        return .string(try await run(call, on(zone, "--\(adds ? "add" : "remove")-icmp-block=\(type)", permanent)))
    }

    private static func block(_ call: CallContext, zone: String, type: String, permanent: Bool) async throws -> Value {
        try await icmp(call, zone, type, permanent, adds: true)
    }

    private static func allow(_ call: CallContext, zone: String, type: String, permanent: Bool) async throws -> Value {
        try await icmp(call, zone, type, permanent, adds: false)
    }

    // MARK: - Forwarding

    private static let forwarding: [Function] = [
        Function("list_port_fwd", "Return the forwarded ports of a zone.", zone, permanent, body: forwards),
        Function(
            "add_port_fwd", "Forward a port.", zone, .required("src", "The port."), .required("dest", "Where to."),
            .optional("proto", "tcp", "tcp or udp."),
            .optional("dstaddr", "", "To this address."), permanent, force, body: addForward),
        Function(
            "remove_port_fwd", "Do not forward a port.", zone, .required("src", "The port."), .required("dest", "Where to."),
            .optional("proto", "tcp", "tcp or udp."), .optional("dstaddr", "", "To this address."), permanent, body: removeForward),
    ]

    static func forwards(_ call: CallContext, zone: String, permanent: Bool) async throws -> [Value] {
        PythonLines.split(try await run(call, on(zone, "--list-forward-ports", permanent))).compactMap { line in
            let values = line.parts(":", maxSplits: 3).map { $0.parts("=", maxSplits: 1).last ?? "" }
            guard values.count == 4 else { return nil }
            return [
                "Source port": .string(values[0]), "Protocol": .string(values[1]), "Destination port": .string(values[2]),
                "Destination address": .string(values[3]),
            ]
        }
    }

    private static func addForward(
        _ call: CallContext, zone: String, source: String, target: String, proto: String, address: String, permanent: Bool, force: Bool
    ) async throws -> String {
        if force { try await masquerade(call, zone) }
        let word = "--add-forward-port=port=\(source):proto=\(proto):toport=\(target):toaddr=\(address)"
        return try await run(call, on(zone, word, permanent))
    }

    private static func removeForward(
        _ call: CallContext, zone: String, source: String, target: String, proto: String, address: String, permanent: Bool
    ) async throws -> String {
        try await run(call, on(zone, "--remove-forward-port=port=\(source):proto=\(proto):toport=\(target):toaddr=\(address)", permanent))
    }
}
