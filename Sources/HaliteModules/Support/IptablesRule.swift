import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The text of a rule for iptables, made of the arguments that states and functions take.
struct IptablesRule {
    private var rest: ValueMap
    private var words: [String] = []
    private let table: String?
    private let chain: String?

    /// What every state may have, and what is no part of a rule.
    private static let foreign: Set<String> = [
        "name", "state", "fun", "order", "onlyif", "unless", "creates", "check_cmd", "failhard", "reload_modules", "reload_grains",
        "reload_pillar",
        "runas", "runas_password", "fire_event", "saltenv", "use", "use_in", "retry", "umask", "parallel", "aggregate", "prereq",
        "prereq_in",
        "require", "require_any", "require_in", "watch", "watch_any", "watch_in", "onchanges", "onchanges_any", "onchanges_in", "onfail",
        "onfail_any", "onfail_all", "onfail_in", "onfail_stop", "listen", "listen_in", "names", "save", "rules",
    ]

    static func isForeign(_ key: String) -> Bool { key.hasPrefix("__") || foreign.contains(key) }

    init(table: String?, chain: String?, _ arguments: ValueMap) {
        (self.table, self.chain) = (table, chain)
        rest = ValueMap(
            arguments.filter { !Self.isForeign($0.key.pythonString) && $0.key != "chain" && $0.key != "table" }.map { ($0.key, $0.value) })
        if let target = rest.removeValue(forKey: "target") { rest["jump"] = target }
    }

    /// The words of the rule, or a complaint that begins with `Error:`.
    static func text(table: String?, chain: String?, _ arguments: ValueMap) -> String {
        var rule = IptablesRule(table: table, chain: chain, arguments)
        return rule.build() ?? rule.words.joined(separator: " ")
    }

    // MARK: - Negation

    private static func isNegated(_ text: String) -> Bool { text.hasPrefix("!") || text.hasPrefix("not") }

    /// Every `!` and `not` goes, as in Salt.
    private static func bare(_ text: String) -> String {
        (try? PythonRegex.compile(#"(!|not)\s?"#).substitute("", in: text)) ?? text
    }

    private static func negation(_ value: Value) -> (mark: String, text: String) {
        let text = value.pythonString
        return isNegated(text) ? ("! ", bare(text)) : ("", text)
    }

    private mutating func take(_ key: String, as flag: String) -> Bool {
        guard let value = rest.removeValue(forKey: key) else { return false }
        let (mark, text) = Self.negation(value)
        words.append("\(mark)\(flag) \(text)")
        return true
    }

    // MARK: - Building

    private mutating func build() -> String? {
        _ = take("if", as: "-i")
        _ = take("of", as: "-o")
        if rest["match"] != "policy", let proto = rest.removeValue(forKey: "proto") { rest["protocol"] = proto }
        let hasProtocol = take("protocol", as: "-p")
        addMatches()
        addSets()
        if rest["connstate"] != nil {
            if !words.contains("-m state") { words.append("-m state") }
            _ = take("connstate", as: "--state")
        }
        _ = take("dport", as: "--dport")
        _ = take("sport", as: "--sport")
        for key in ["dports", "sports"] {
            guard let value = rest.removeValue(forKey: key) else { continue }
            if !words.contains("-m multiport") {
                words.append("-m multiport")
                if !hasProtocol { return "Error: protocol must be specified" }
            }
            addPorts(key, value)
        }
        if let comment = rest.removeValue(forKey: "comment") {
            if !words.contains("-m comment") { words.append("-m comment") }
            words.append("--comment \"\(comment.pythonString)\"")
        }
        if rest["set"]?.isTruthy == true { _ = take("set", as: "--match-set") }
        let behind = afterJump()
        for (key, value) in rest {
            let name = key.pythonString
            let (mark, text) = Self.negation(value)
            let isEmpty = value.isNull || text.isEmpty
            words.append("\(mark)\(name.unicodeScalars.count == 1 ? "-" : "--")\(name)\(isEmpty ? "" : " " + text)")
        }
        words += behind
        return nil
    }

    private mutating func addMatches() {
        guard let match = rest.removeValue(forKey: "match") else { return }
        for name in match.listValue?.map(\.pythonString) ?? match.pythonString.parts(",") {
            words.append("-m \(name)")
            if ["pknock", "quota2", "recent"].contains(name.stripped()), let given = rest.removeValue(forKey: "name_") {
                words.append("--name \(given.pythonString)")
            }
        }
        if match == "policy" { _ = take("proto", as: "--proto") }
    }

    private mutating func addSets() {
        guard let sets = rest.removeValue(forKey: "match-set") else { return }
        for set in sets.listValue ?? [sets] {
            let (mark, text) = Self.negation(set)
            words.append("-m set \(mark)--match-set \(text)")
        }
    }

    private mutating func addPorts(_ key: String, _ value: Value) {
        let texts = value.listValue?.map(\.pythonString) ?? [value.pythonString]
        let isNegated = texts.contains(where: Self.isNegated)
        if isNegated { words.append("!") }
        words.append("--\(key) \((isNegated ? texts.map(Self.bare) : texts).joined(separator: ","))")
    }

    /// What belongs behind the target, in the order of this list.
    private mutating func afterJump() -> [String] {
        Self.targetOptions.compactMap { key in
            guard let value = rest.removeValue(forKey: key) else { return nil }
            let text = value.isNull ? "" : value.pythonString
            if text.isEmpty { return "--\(key)" }
            let hasBlank = text.utf8.contains { [9, 10, 11, 12, 13, 32].contains($0) }
            return hasBlank ? "--\(key) \"\(text)\"" : "--\(key) \(text)"
        }
    }

    private static let targetOptions = """
        j jump add-set and-mark and-tos checksum-fill clamp-mss-to-pmtu clustermac ctevents ctmask del-set \
        ecn-tcp-remove exist expevents gateway hash-init hashmode helper label local-node log-ip-options log-level \
        log-prefix log-tcp-options log-tcp-sequence log-uid map-set mask mss new nfmask nflog-group nflog-prefix \
        nflog-range nflog-threshold nodst notrack on-ip on-port or-mark or-tos persistent queue-balance queue-bypass \
        queue-num random random-fully rateest-ewmalog rateest-interval rateest-name reject-with restore restore-mark \
        sack-perm save-mark selctx set-class set-dscp set-dscp-class set-mark set-mss set-tos set-xmark strip-options \
        timeout timestamp to to-destination to-ports to-source total-nodes tproxy-mark ttl-dec ttl-inc ttl-set type \
        ulog-cprange ulog-nlgroup ulog-prefix ulog-qthreshold wscale xor-mark xor-tos zone zone-orig zone-reply \
        dst-pfx hl-dec hl-inc hl-set hmark-dport-mask hmark-dst-prefix hmark-mod hmark-offset hmark-proto-mask \
        hmark-rnd hmark-spi-mask hmark-sport-mask hmark-src-prefix hmark-tuple led-always-blink led-delay \
        led-trigger-id queue-cpu-fanout src-pfx to-port addr and-mask delude honeypot or-mask prefix reset reuse \
        set-mac shift static tarpit tname ttl
        """.words()
}

/// Rules as `iptables-save` writes them, as data.
enum IptablesListing {
    private static let long = [
        "A": "append", "D": "delete", "I": "insert", "R": "replace", "L": "list", "F": "flush", "Z": "zero", "N": "new-chain",
        "X": "delete-chain",
        "P": "policy", "E": "rename-chain", "p": "protocol", "s": "source", "d": "destination", "j": "jump", "g": "goto",
        "i": "in-interface",
        "o": "out-interface", "f": "fragment", "c": "set-counters", "m": "match",
    ]

    /// Options that Salt's listing has under another name.
    private static let renamed = [
        "sport": "source_port", "source-port": "source_port", "dport": "destination_port", "destination-port": "destination_port",
        "sports": "source-ports", "dports": "destination-ports", "src-cc": "source-country", "dst-cc": "destination-country",
    ]

    static func parse(_ text: String) throws -> ValueMap {
        var found = ValueMap()
        var table = ""
        for line in PythonLines.split(text) {
            if line.hasPrefix("*") {
                table = line.parts("*").joined()
                found[.string(table)] = [:]
            } else if line.hasPrefix(":") {
                let words = line.words()
                guard words.count > 2 else { continue }
                let counters = words[2].filter { $0 != "[" && $0 != "]" }.parts(":")
                change(&found, table, words[0].parts(":").joined()) { chain in
                    chain = [
                        "policy": .string(words[1]), "packet count": .string(counters[0]), "byte count": .string(counters.last ?? ""),
                        "rules": [],
                        "rules_comment": [:],
                    ]
                }
            } else if line.hasPrefix("-A") {
                try add(line, &found, table)
            }
        }
        return found
    }

    private static func change(_ found: inout ValueMap, _ table: String, _ chain: String, _ body: (inout ValueMap) -> Void) {
        var chains = found[table]?.mapValue ?? [:]
        var entry = chains[chain]?.mapValue ?? [:]
        body(&entry)
        chains[.string(chain)] = .map(entry)
        found[.string(table)] = .map(chains)
    }

    private static func add(_ line: String, _ found: inout ValueMap, _ table: String) throws {
        var words = try ShellWords.split(line)[...]
        var options = ValueMap()
        var isNegated = false
        while let word = words.popFirst() {
            if word == "!", words.first?.hasPrefix("-") == true {
                isNegated = true
                continue
            }
            guard word.hasPrefix("-") else { continue }
            var values: [String] = isNegated ? ["!"] : []
            isNegated = false
            if words.first == "!", words.dropFirst().first?.hasPrefix("-") == false, let mark = words.popFirst() { values.append(mark) }
            while let next = words.first, next != "!", !next.hasPrefix("-") {
                values.append(next)
                words.removeFirst()
            }
            let bare = String(word.drop { $0 == "-" })
            let name = word.hasPrefix("--") ? renamed[bare] ?? bare : long[bare] ?? bare
            options[.string(name)] = .list((options[name]?.listValue ?? []) + [.string(values.joined(separator: " "))])
        }
        guard let chain = options.removeValue(forKey: "append")?.listValue?.first?.stringValue else { return }
        let rule = options
        change(&found, table, chain) { entry in
            entry["rules"] = .list((entry["rules"]?.listValue ?? []) + [.map(rule)])
            guard let comment = rule["comment"]?.listValue?.first?.stringValue else { return }
            var comments = entry["rules_comment"]?.mapValue ?? [:]
            comments[.string(comment)] = .map(rule)
            entry["rules_comment"] = .map(comments)
        }
    }
}
