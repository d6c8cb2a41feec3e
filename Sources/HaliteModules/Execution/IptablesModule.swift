import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Rules of the kernel's packet filter, through iptables.
package struct IptablesModule: ExecutionModule {
    package static let name = "iptables"
    package static let summary = "Rules of the kernel's packet filter, through iptables."
    package static let requires: Requirement = .command("iptables")

    private static let table: Parameter<String> = .optional("table", "filter", "The table.")
    private static let chain: Parameter<String?> = .optional("chain", nil, "The chain.")
    private static let rule: Parameter<String?> = .optional("rule", nil, "The rule.")
    private static let family: Parameter<String> = .optional("family", "ipv4", "ipv4 or ipv6.")

    package static let functions: [Function] = [
        Function("version", "Return the program's version.", family, body: version),
        Function(
            "build_rule", "Return the text of a rule.", table, chain,
            .optional("command", nil as String?, "The command, such as A, for a full line."),
            .optional("position", "", "Where a rule is inserted."), .optional("full", nil as Value, "The whole command line."), family,
            .keywords("kwargs", "The parts of the rule: proto, dport, match, connstate, jump and all options of iptables."),
            example: "halite '*' iptables.build_rule match=state connstate=NEW dport=22 proto=tcp jump=ACCEPT", body: build),
        Function(
            "get_saved_rules", "Return the rules of a file.", .optional("conf_file", nil as String?, "The file."), family, body: savedRules),
        Function("get_rules", "Return the rules in force.", family, body: rules),
        Function(
            "get_saved_policy", "Return the policy of a chain in a file.", table, chain,
            .optional("conf_file", nil as String?, "The file."), family,
            body: savedPolicy),
        Function("get_policy", "Return the policy of a chain.", table, chain, family, body: policy),
        Function(
            "set_policy", "Set the policy of a chain; return the complaint.", table, chain,
            .optional("policy", nil as String?, "Such as DROP."),
            family, body: setPolicy),
        Function("save", "Write the rules into a file.", .optional("filename", nil as String?, "The file."), family, body: save),
        Function("check", "Tell whether there is a rule.", table, chain, rule, family, body: check),
        Function("check_chain", "Tell whether there is a chain.", table, chain, family, body: checkChain),
        Function("new_chain", "Make a chain.", table, chain, family, body: newChain),
        Function("delete_chain", "Remove a chain.", table, chain, family, body: deleteChain),
        Function("append", "Put a rule behind the others.", table, chain, rule, family, body: append),
        Function(
            "insert", "Put a rule among the others; return the complaint.", table, chain,
            .optional("position", nil as Int?, "Where; from the end when below zero."), rule, family, body: insert),
        Function(
            "delete", "Remove a rule; return the complaint.", .required("table", "The table."), chain,
            .optional("position", nil as String?, "The rule's number."), rule, family, body: delete),
        Function(
            "flush", "Remove all rules of a chain or table; return the complaint.", table, .optional("chain", "", "The chain."), family,
            body: flush),
    ]

    private static let noChain: Value = "Error: Chain needs to be specified"
    private static let noRule: Value = "Error: Rule needs to be specified"

    static func program(_ call: CallContext, _ family: String) async -> String {
        await call.host.which(family == "ipv6" ? "ip6tables" : "iptables") ?? "None"
    }

    private static func knows(_ call: CallContext, _ option: String, _ family: String) async throws -> Bool {
        let key = "iptables.help.\(family)"
        if call.memory[key] == nil { call.memory[key] = .string(try await call.host.run(program(call, family), "--help").text) }
        return call.memory[key]?.stringValue?.contains(option) ?? false
    }

    /// Runs iptables with its lock where it knows that, and returns what it complains of.
    private static func run(_ call: CallContext, _ family: String, _ table: String, _ words: [String]) async throws -> String {
        let wait = try await knows(call, "--wait", family) ? ["--wait"] : []
        return try await call.host.run(Command([program(call, family)] + wait + ["-t", table] + words)).errorText
    }

    private static func output(_ call: CallContext, _ family: String, _ words: [String] = []) async throws -> String {
        try await call.host.run(Command([program(call, family) + "-save"] + words)).text
    }

    private static func version(_ call: CallContext, family: String) async throws -> String {
        let words = try await call.host.run(program(call, family), "--version").text.words()
        return words.count > 1 ? words[1] : ""
    }

    // MARK: - Rules

    static func build(
        _ call: CallContext, table: String, chain: String?, command: String?, position: String, full: Value, family: String, parts: ValueMap
    ) async throws -> String {
        let text = IptablesRule.text(table: table, chain: chain, parts)
        if text.hasPrefix("Error:") || !full.isTruthy { return text }
        guard let chain, !chain.isEmpty else { return "Error: Chain needs to be specified" }
        guard let command, !command.isEmpty else { return "Error: Command needs to be specified" }
        let flag = "ACDIRLSFZNXPE".contains(command) ? "-" : "--"
        let wait = try await knows(call, "--wait", family) ? "--wait" : ""
        return "\(await program(call, family)) \(wait) -t \(table) \(flag)\(command) \(chain) \(position) \(text)"
    }

    private static func file(_ call: CallContext, _ family: String) throws -> String {
        let isSix = family == "ipv6"
        let os = call.grains["os"]?.stringValue ?? ""
        switch (call.grains["os_family"]?.stringValue ?? "", os) {
        case ("RedHat", _): return isSix ? "/etc/sysconfig/ip6tables" : "/etc/sysconfig/iptables"
        case ("Arch", _), ("Void", _): return isSix ? "/etc/iptables/ip6tables.rules" : "/etc/iptables/iptables.rules"
        case ("Debian", _): return isSix ? "/etc/iptables/rules.v6" : "/etc/iptables/rules.v4"
        case (_, "Gentoo"): return isSix ? "/var/lib/ip6tables/rules-save" : "/var/lib/iptables/rules-save"
        case ("Suse", _): return "/etc/sysconfig/scripts/SuSEfirewall2-custom"
        case (_, "Alpine"): return isSix ? "/etc/iptables/rules6-save" : "/etc/iptables/rules-save"
        case ("NILinuxRT", _): return isSix ? "/etc/natinst/share/ip6tables.conf" : "/etc/natinst/share/iptables.conf"
        default: throw ExecutionError("Saving iptables to file is not supported on \(os). Please file an issue with SaltStack")
        }
    }

    static func savedRules(_ call: CallContext, path: String?, family: String) async throws -> ValueMap {
        let path = try path.flatMap { $0.isEmpty ? nil : $0 } ?? file(call, family)
        return try IptablesListing.parse(try await call.host.readText(path))
    }

    static func rules(_ call: CallContext, family: String) async throws -> ValueMap {
        try IptablesListing.parse(try await output(call, family))
    }

    private static func savedPolicy(_ call: CallContext, table: String, chain: String?, path: String?, family: String) async throws -> Value
    {
        guard let chain, !chain.isEmpty else { return noChain }
        return try await savedRules(call, path: path, family: family)[table]?[chain]?["policy"] ?? .null
    }

    static func policy(_ call: CallContext, table: String, chain: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        return try await rules(call, family: family)[table]?[chain]?["policy"] ?? .null
    }

    static func setPolicy(_ call: CallContext, table: String, chain: String?, policy: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        guard let policy, !policy.isEmpty else { return "Error: Policy needs to be specified" }
        return .string(try await run(call, family, table, ["-P", chain, policy]))
    }

    static func save(_ call: CallContext, path: String?, family: String) async throws -> Value {
        let path = try path.flatMap { $0.isEmpty ? nil : $0 } ?? file(call, family)
        if let folder = Path.parent(path) { try await call.host.makeDirectories(folder) }
        var text = try await output(call, family)
        let filters = (try await call.call("config.option", "iptables.save_filters", [])).listValue?.map(\.pythonString) ?? []
        if !filters.isEmpty {
            let patterns = filters.compactMap { try? PythonRegex.compile($0) }
            text = try PythonLines.split(text, keepEnds: true).filter { line in try !patterns.contains { try $0.matches(line) } }.joined()
        }
        return try await call.call("file.write", .string(path), .string(text))
    }

    static func check(_ call: CallContext, table: String, chain: String?, rule: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        guard let rule, !rule.isEmpty else { return noRule }
        return .bool(
            try await call.host.run(Command([program(call, family), "-t", table, "-C", chain] + ShellWords.split(rule))).succeeded)
    }

    static func append(_ call: CallContext, table: String, chain: String?, rule: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        guard let rule, !rule.isEmpty else { return noRule }
        if try await check(call, table: table, chain: chain, rule: rule, family: family) == true { return false }
        return .bool(try await run(call, family, table, ["-A", chain] + ShellWords.split(rule)).isEmpty)
    }

    static func insert(_ call: CallContext, table: String, chain: String?, position: Int?, rule: String?, family: String) async throws
        -> Value
    {
        guard let chain, !chain.isEmpty else { return noChain }
        guard var position, position != 0 else { return "Error: Position needs to be specified or use append (-A)" }
        guard let rule, !rule.isEmpty else { return noRule }
        if position < 0 {
            let count = try await rules(call, family: family)[table]?[chain]?["rules"]?.listValue?.count ?? 0
            position = max(1, count + position + 1)
        }
        if try await check(call, table: table, chain: chain, rule: rule, family: family) == true { return false }
        return .string(try await run(call, family, table, ["-I", chain, String(position)] + ShellWords.split(rule)))
    }

    static func delete(_ call: CallContext, table: String, chain: String?, position: String?, rule: String?, family: String) async throws
        -> String
    {
        let position = position ?? ""
        if !position.isEmpty, !(rule ?? "").isEmpty { return "Error: Only specify a position or a rule, not both" }
        return try await run(
            call, family, table, ["-D", chain ?? "None"] + (position.isEmpty ? ShellWords.split(rule ?? "None") : [position]))
    }

    // MARK: - Chains

    static func checkChain(_ call: CallContext, table: String, chain: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        return .bool(try await output(call, family, ["-t", table]).contains(":\(chain) "))
    }

    private static func answer(_ complaint: String) -> Value { complaint.isEmpty ? true : .string(complaint) }

    static func newChain(_ call: CallContext, table: String, chain: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        return answer(try await run(call, family, table, ["-N", chain]))
    }

    static func deleteChain(_ call: CallContext, table: String, chain: String?, family: String) async throws -> Value {
        guard let chain, !chain.isEmpty else { return noChain }
        return answer(try await run(call, family, table, ["-X", chain]))
    }

    static func flush(_ call: CallContext, table: String, chain: String, family: String) async throws -> String {
        try await run(call, family, table, ["-F"] + (chain.isEmpty ? [] : [chain]))
    }
}
