import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Zones and services of firewalld.
package struct FirewalldState: StateModule {
    package static let name = "firewalld"
    package static let summary = "Zones and services of firewalld."
    package static let requires: Requirement = .command("firewall-cmd")

    package static let functions: [StateFunction] = [
        StateFunction("present", "There is a zone with these settings.", Settings.self, body: present),
        StateFunction(
            "service", "There is a service with these ports and protocols alone.", .required("name", "The service."),
            .optional("ports", [String](), "Such as 80/tcp."), .optional("protocols", [String](), "Such as igmp."), body: service),
    ]

    struct Settings: ArgumentGroup {
        var icmp: [String] = []
        var prunesIcmp = false
        var isDefault = false
        var masquerade: Bool?
        var ports: [String] = []
        var prunesPorts = false
        var forwards: [String] = []
        var prunesForwards = false
        var services: [String] = []
        var prunesServices = false
        var interfaces: [String] = []
        var prunesInterfaces = false
        var sources: [String] = []
        var prunesSources = false
        var rules: [String] = []
        var prunesRules = false

        static let fields: [ArgumentField<Settings>] = [
            .field("block_icmp", \.icmp, "ICMP types to block."),
            .field("prune_block_icmp", \.prunesIcmp, "Allow all others."),
            .field("default", \.isDefault, "It is the default zone."),
            .field("masquerade", \.masquerade, "Whether it masquerades."),
            .field("ports", \.ports, "Ports to open, such as 80/tcp."),
            .field("prune_ports", \.prunesPorts, "Close all others."),
            .field("port_fwd", \.forwards, "Ports to forward: source:target:protocol, perhaps with an address."),
            .field("prune_port_fwd", \.prunesForwards, "Forward no others."),
            .field("services", \.services, "Services to let in."),
            .field("prune_services", \.prunesServices, "Let no others in."),
            .field("interfaces", \.interfaces, "Interfaces of the zone."),
            .field("prune_interfaces", \.prunesInterfaces, "And no others."),
            .field("sources", \.sources, "Sources of the zone."),
            .field("prune_sources", \.prunesSources, "And no others."),
            .field("rich_rules", \.rules, "Rich rules."),
            .field("prune_rich_rules", \.prunesRules, "And no others."),
        ]
    }

    /// What differs in a zone, and the commands that make it so.
    private struct Plan {
        var changes: ValueMap = [:]
        var commands: [[String]] = []

        /// Compares a list of the zone. What is new is added, and with `prunes` what is not wanted removed.
        mutating func compare(
            _ key: String, _ wanted: [String], _ current: [String], prunes: Bool, add: (String) -> [String], remove: (String) -> [String]
        ) {
            let new = wanted.filter { !current.contains($0) }
            let old = prunes ? current.filter { !wanted.contains($0) } : []
            if new.isEmpty, old.isEmpty { return }
            commands += new.map(add) + old.map(remove)
            changes[.string(key)] = ["old": current.value, "new": (prunes ? wanted : current + new).value]
        }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        let plan: Plan
        do { plan = try await makePlan(state, settings) } catch let error as ExecutionError { return state.failed("Error: \(error)") }
        if plan.changes.isEmpty { return state.unchanged("'\(name)' is already in the desired state.") }
        return try await state.either(
            would: {
                let comment = "Configuration for '\(name)' will change:\n" + IndentedData.text(.map(plan.changes))
                return StateResult(name: name, result: nil, comment: comment)
            },
            do: {
                do {
                    for command in plan.commands { _ = try await FirewalldModule.run(state.call, command) }
                    _ = try await FirewalldModule.run(state.call, ["--reload"])
                } catch let error as ExecutionError {
                    return state.failed("Error: \(error)")
                }
                return StateResult(name: name, result: true, comment: "'\(name)' was configured.", changes: plan.changes)
            })
    }

    private static func makePlan(_ state: StateContext, _ settings: Settings) async throws -> Plan {
        let (call, zone) = (state.call, state.name)
        var plan = Plan()
        let zones = try await FirewalldModule.run(call, ["--get-zones", "--permanent"]).words()
        let isNew = !zones.contains(zone)
        if isNew {
            plan.changes[.string(zone)] = ["old": zones.value, "new": .string(zone)]
            plan.commands += [["--new-zone=\(zone)", "--permanent"], ["--reload"]]
        }
        func on(_ word: String) -> [String] { FirewalldModule.on(zone, word, true) }
        func current(_ word: String) async throws -> String { isNew ? "" : try await FirewalldModule.run(call, on(word)) }
        func lists(_ key: String, _ wanted: [String], _ prunes: Bool, _ list: String, _ option: String, byLine: Bool = false) async throws {
            if wanted.isEmpty, !prunes { return }
            let text = try await current(list)
            plan.compare(
                key, wanted, byLine ? PythonLines.split(text) : text.words(), prunes: prunes, add: { on("--add-\(option)=\($0)") },
                remove: { on("--remove-\(option)=\($0)") })
        }
        if !settings.icmp.isEmpty || settings.prunesIcmp {
            let known = try await FirewalldModule.run(call, ["--get-icmptypes", "--permanent"]).words()
            try await lists("icmp_types", settings.icmp.filter(known.contains), settings.prunesIcmp, "--list-icmp-blocks", "icmp-block")
        }
        if settings.isDefault {
            let old = try await FirewalldModule.run(call, ["--get-default-zone"])
            if old != zone {
                plan.commands.append(["--set-default-zone=\(zone)"])
                plan.changes["default"] = ["old": .string(old), "new": .string(zone)]
            }
        }
        let masquerades = isNew ? false : try await FirewalldModule.masquerades(call, zone: zone, permanent: true)
        if let wanted = settings.masquerade, wanted != masquerades {
            plan.commands.append(on(wanted ? "--add-masquerade" : "--remove-masquerade"))
            let new = "Masquerading successfully \(wanted ? "set" : "disabled")."
            plan.changes["masquerade"] = ["old": .bool(masquerades), "new": .string(new)]
        }
        try await lists("ports", settings.ports, settings.prunesPorts, "--list-ports", "port")
        if !settings.forwards.isEmpty || settings.prunesForwards {
            try addForwards(settings, isNew ? [] : try await FirewalldModule.forwards(call, zone: zone, permanent: true), on, &plan)
        }
        try await lists("services", settings.services, settings.prunesServices, "--list-services", "service")
        try await lists("interfaces", settings.interfaces, settings.prunesInterfaces, "--list-interfaces", "interface")
        try await lists("sources", settings.sources, settings.prunesSources, "--list-sources", "source")
        try await lists("rich_rules", settings.rules.map(normalised), settings.prunesRules, "--list-rich-rules", "rich-rule", byLine: true)
        return plan
    }

    private static func addForwards(_ settings: Settings, _ current: [Value], _ on: (String) -> [String], _ plan: inout Plan) throws {
        let keys = ["Source port", "Destination port", "Protocol", "Destination address"]
        let wanted = try settings.forwards.map { text -> Value in
            let parts = text.parts(":")
            guard (3...4).contains(parts.count) else { throw ExecutionError("'\(text)' is no source:target:protocol") }
            return .map(ValueMap(zip(keys, parts.count == 3 ? parts + [""] : parts).map { (.string($0), .string($1)) }))
        }
        func word(_ forward: Value) -> String {
            let parts = keys.map { forward[$0]?.pythonString ?? "" }
            return "port=\(parts[0]):proto=\(parts[2]):toport=\(parts[1]):toaddr=\(parts[3])"
        }
        let new = wanted.filter { !current.contains($0) }
        let old = settings.prunesForwards ? current.filter { !wanted.contains($0) } : []
        if new.isEmpty, old.isEmpty { return }
        plan.commands += new.map { on("--add-forward-port=\(word($0))") } + old.map { on("--remove-forward-port=\(word($0))") }
        plan.changes["port_fwd"] = ["old": .list(current), "new": .list(settings.prunesForwards ? wanted : current + new)]
    }

    /// With double quotes around values, as firewalld writes rules.
    private static func normalised(_ rule: String) -> String {
        rule.parts(" ").map { word in
            var pair = word.parts("=", maxSplits: 1)
            guard pair.count == 2, !pair[1].hasPrefix("\""), !pair[1].hasSuffix("\"") else { return word }
            if pair[1].hasPrefix("'"), pair[1].hasSuffix("'") { pair[1] = String(pair[1].dropFirst().dropLast()) }
            return "\(pair[0])=\"\(pair[1])\""
        }.joined(separator: " ")
    }

    // MARK: - Services

    private static func service(_ state: StateContext, name: String, ports: [String], protocols: [String]) async throws -> StateResult {
        let call = state.call
        var plan = Plan()
        do {
            let isNew = try await !FirewalldModule.run(call, ["--get-services", "--permanent"]).words().contains(name)
            func current(_ word: String) async throws -> [String] {
                isNew ? [] : try await FirewalldModule.run(call, ["--permanent", "--service=\(name)", word]).words()
            }
            func on(_ word: String) -> [String] { ["--permanent", "--service=\(name)", word] }
            if isNew { plan.commands.append(["--new-service=\(name)", "--permanent"]) }
            for (key, option, wanted, list) in [
                ("ports", "port", ports, "--get-ports"), ("protocols", "protocol", protocols, "--get-protocols"),
            ] {
                plan.compare(
                    key, wanted, try await current(list), prunes: true, add: { on("--add-\(option)=\($0)") },
                    remove: { on("--remove-\(option)=\($0)") })
            }
        } catch let error as ExecutionError {
            return state.failed("Error: \(error)")
        }
        if plan.commands.isEmpty { return state.unchanged("'\(name)' is already in the desired state.") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Configuration for '\(name)' will change.", changes: plan.changes)
            },
            do: {
                do {
                    for command in plan.commands { _ = try await FirewalldModule.run(call, command) }
                    if !plan.changes.isEmpty { _ = try await FirewalldModule.run(call, ["--reload"]) }
                } catch let error as ExecutionError {
                    return state.failed("Error: \(error)")
                }
                if plan.changes.isEmpty { return state.unchanged("'\(name)' is already in the desired state.") }
                return StateResult(name: name, result: true, comment: "'\(name)' was configured.", changes: plan.changes)
            })
    }
}
