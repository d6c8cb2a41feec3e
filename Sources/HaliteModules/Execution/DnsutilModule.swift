import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What DNS says, and files about names.
package struct DnsutilModule: ExecutionModule {
    package static let name = "dnsutil"
    package static let summary = "What DNS says, and files about names."

    private static let host: Parameter<String> = .required("host", "The name.")
    private static let domain: Parameter<String> = .required("domain", "The domain.")
    private static let server: Parameter<String?> = .optional("nameserver", nil, "The server to ask.")

    package static let functions: [Function] = [
        Function(
            "A", "Return the IPv4 addresses of a name.", host, server, example: "halite '*' dnsutil.A www.example.net", body: addresses4),
        Function("AAAA", "Return the IPv6 addresses of a name.", host, server, body: addresses6),
        Function(
            "NS", "Return the name servers of a domain.", domain, .optional("resolve", true, "Their addresses."), server, body: servers),
        Function("SPF", "Return who may send mail for a domain.", domain, .optional("record", "SPF", "SPF or TXT."), server, body: senders),
        Function(
            "MX", "Return the mail servers of a domain.", domain, .optional("resolve", false, "Their addresses."), server, body: mailServers
        ),
        Function("check_ip", "Tell whether a text is an address.", .required("ip_addr", "The text."), body: check),
        Function(
            "parse_hosts", "Return a hosts file as data.", .optional("hostsfile", "/etc/hosts", "The file."),
            .optional("hosts", nil as String?, "Its text."), body: parseHosts),
        Function(
            "hosts_append", "Add a line to a hosts file.", .optional("hostsfile", "/etc/hosts", "The file."),
            .optional("ip_addr", nil as String?, "The address."), .optional("entries", "", "Names with commas."), body: appendHosts),
        Function(
            "hosts_remove", "Take names from a hosts file.", .optional("hostsfile", "/etc/hosts", "The file."),
            .optional("entries", "", "Names with commas."), body: removeHosts),
        Function(
            "parse_zone", "Return the data of a zone.", .optional("zonefile", nil as String?, "The file."),
            .optional("zone", nil as String?, "Its text."),
            body: parseZone),
        Function(
            "serial", "Return a serial number for a zone of today.", .optional("zone", "", "The zone."),
            .optional("update", false, "The next one."),
            body: serial),
    ]

    // MARK: - Asking

    /// A name that begins with a dash would be an option, one that begins with an at sign another server.
    static func checked(_ name: String) throws -> String {
        if name.hasPrefix("-") || name.hasPrefix("@") || name.hasPrefix("+") { throw ExecutionError("'\(name)' is no name") }
        return name
    }

    private static let noProgram: Value = "This function requires dig, which is not currently available"

    /// The lines of a short answer; nil when dig fails.
    private static func ask(_ call: CallContext, _ name: String, _ kind: String, _ server: String?) async throws -> [String]? {
        let words = ["dig", "+short", try checked(name), kind] + (server.map { ["@" + $0] } ?? [])
        let result = try await call.host.run(Command(words))
        return result.succeeded ? result.text.parts("\n") : nil
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.parts("/", maxSplits: 1)
        guard let address = IPAddress(parts[0]) else { return false }
        return parts.count == 1 || Int(parts[1]).map { (0...(address.isIPv4 ? 32 : 128)).contains($0) } ?? false
    }

    private static func addresses(_ call: CallContext, _ name: String, _ kind: String, _ server: String?) async throws -> Value {
        if await call.host.which("dig") != nil { return (try await ask(call, name, kind, server) ?? []).filter(isAddress).value }
        guard server == nil else { return noProgram }
        let result = try await call.host.run("getent", kind == "A" ? "ahostsv4" : "ahostsv6", try checked(name))
        guard result.succeeded else { return .string("Unable to resolve \(name)") }
        return result.lines.map { $0.words() }.filter { $0.count > 1 && $0[1] == "RAW" }.map { $0[0] }.value
    }

    private static func addresses4(_ call: CallContext, name: String, server: String?) async throws -> Value {
        try await addresses(call, name, "A", server)
    }

    private static func addresses6(_ call: CallContext, name: String, server: String?) async throws -> Value {
        try await addresses(call, name, "AAAA", server)
    }

    private static func servers(_ call: CallContext, domain: String, resolve: Bool, server: String?) async throws -> Value {
        guard await call.host.which("dig") != nil else { return noProgram }
        let names = try await ask(call, domain, "NS", server) ?? []
        if !resolve { return names.value }
        var found: [Value] = []
        for name in names where !name.isEmpty { found += try await addresses(call, name, "A", server).listValue ?? [] }
        return .list(found)
    }

    private static func mailServers(_ call: CallContext, domain: String, resolve: Bool, server: String?) async throws -> Value {
        guard await call.host.which("dig") != nil else { return noProgram }
        var found: [Value] = []
        for words in (try await ask(call, domain, "MX", server) ?? []).map({ $0.words() }) {
            guard resolve, words.count > 1 else {
                found.append(words.value)
                continue
            }
            found.append([.string(words[0]), try await addresses(call, words[1], "A", server).listValue?.first ?? ""])
        }
        return .list(found)
    }

    private static func senders(_ call: CallContext, domain: String, record: String, server: String?) async throws -> Value {
        guard await call.host.which("dig") != nil else { return noProgram }
        return (try await permitted(call, domain, record, server, depth: 0)).value
    }

    /// What a domain includes is asked for as well, ten times at most, as the standard says.
    private static func permitted(_ call: CallContext, _ domain: String, _ record: String, _ server: String?, depth: Int) async throws
        -> [String]
    {
        guard depth < 10, let lines = try await ask(call, domain, record, server) else { return [] }
        let text = lines.joined(separator: "\n")
        if text.isEmpty, record == "SPF" { return try await permitted(call, domain, "TXT", server, depth: depth + 1) }
        let sections = text.parts("\"").joined().words()
        guard sections.count > 1, sections[0] == "v=spf1" else { return [] }
        if sections[1].hasPrefix("redirect=") {
            return try await permitted(call, String(sections[1].dropFirst(9)), "SPF", server, depth: depth + 1)
        }
        var found: [String] = []
        for section in sections.dropFirst() {
            let pair = (section.hasPrefix("+") || section.hasPrefix("~") ? String(section.dropFirst()) : section).parts(":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            if pair[0] == "include" {
                found += try await permitted(call, pair[1], "SPF", server, depth: depth + 1)
            } else if pair[0] == "ip4" || pair[0] == "ip6", isAddress(pair[1]) {
                found.append(pair[1])
            }
        }
        return found
    }

    private static func check(_ call: CallContext, text: String) async throws -> Value {
        await call.host.which("dig") == nil ? noProgram : .bool(isAddress(text))
    }

    // MARK: - Hosts files

    private static func hosts(_ text: String) -> ValueMap {
        var found = ValueMap()
        for line in PythonLines.split(text) where !line.isEmpty && !line.hasPrefix("#") {
            let words = line.words()
            guard let address = words.first else { continue }
            found[.string(address)] = .list((found[address]?.listValue ?? []) + words.dropFirst().map { .string($0) })
        }
        return found
    }

    private static func parseHosts(_ call: CallContext, file: String, text: String?) async throws -> Value {
        if let text, !text.isEmpty { return .map(hosts(text)) }
        guard let text = await call.host.readTextIfPresent(file), !text.isEmpty else { return "Error: hosts data was not found" }
        return .map(hosts(text))
    }

    private static func appendHosts(_ call: CallContext, file: String, address: String?, entries: String) async throws -> String {
        let old = try await call.host.readText(file)
        let known = hosts(old)[address ?? "None"]?.listValue?.map(\.pythonString) ?? []
        let new = entries.parts(",").filter { !known.contains($0) }
        if new.isEmpty { return "No additional hosts were added to \(file)" }
        let line = "\n\(address ?? "None") \(new.joined(separator: " "))"
        try await FileEdit(old: old, new: old + line).write(file, .inside, call.host)
        return "The following line was added to \(file):\(line)"
    }

    private static func removeHosts(_ call: CallContext, file: String, entries: String) async throws -> Value {
        let old = try await call.host.readText(file)
        let unwanted = entries.parts(",")
        let lines = PythonLines.split(old).compactMap { line -> String? in
            if line.isEmpty || line.stripped().hasPrefix("#") { return line }
            let words = line.words()
            let kept = words.prefix(1) + words.dropFirst().filter { !unwanted.contains($0) }
            return kept.count > 1 ? kept.joined(separator: " ") : nil
        }
        try await FileEdit(old: old, new: lines.map { $0 + "\n" }.joined()).write(file, .inside, call.host)
        return .null
    }

    private static func serial(_ call: CallContext, zone: String, update: Bool) async throws -> String {
        let key = zone.isEmpty ? "dnsserial" : "dnsserial_\(zone)"
        let stored = try await call.call("grains.get", .string(key))
        let today = try await call.host.run("date", "+%Y%m%d01").text
        if !update { return stored.isTruthy ? stored.pythonString : today }
        let old = Int(stored.pythonString) ?? 0
        let next = old >= Int(today) ?? 0 ? String(old + 1) : today
        _ = try await call.call("grains.setval", keywords: ["key": .string(key), "val": .string(next)])
        return next
    }

    // MARK: - Zones

    private static func seconds(_ text: String) -> Int {
        let upper = text.uppercased()
        let week = 604_800
        func number(without unit: String) -> Int { Int(upper.parts(unit).joined()) ?? week }
        if upper.contains("H") { return min(number(without: "H").multipliedReportingOverflow(by: 3600).partialValue, week) }
        if upper.contains("D") { return min(number(without: "D").multipliedReportingOverflow(by: 86400).partialValue, week) }
        return min(upper.contains("W") ? week : Int(upper) ?? week, week)
    }

    private static func parseZone(_ call: CallContext, file: String?, text: String?) async throws -> Value {
        var given = text
        if let file, let read = await call.host.readTextIfPresent(file) { given = read }
        guard let zone = given, !zone.isEmpty else { return "Error: Zone data was not found" }
        var found = ValueMap()
        var open: String?
        for raw in PythonLines.split(zone) {
            var line = raw.parts(";", maxSplits: 1)[0].stripped()
            if line.isEmpty { continue }
            if line.hasPrefix("$") {
                let words = line.words()
                if words.count > 1 { found[.string(words[0].parts("$").joined())] = .string(words[1]) }
                continue
            }
            if line.contains("("), !line.contains(")") { open = "" }
            if let before = open {
                open = before + " " + line
                guard line.contains(")") else { continue }
                line = (open ?? "").filter { $0 != "(" && $0 != ")" }
                open = nil
            }
            try addRecord(line, &found)
        }
        return .map(found)
    }

    private static func addRecord(_ line: String, _ found: inout ValueMap) throws {
        let origin = found["ORIGIN"]?.stringValue
        var words = (origin.map { line.parts("@").joined(separator: $0) } ?? line).words()
        func need(_ count: Int) throws {
            if words.count < count { throw ExecutionError("a record of the zone is too short: \(line.stripped())") }
        }
        try need(2)
        if line.contains("SOA") {
            if words[1] != "IN" { words.remove(at: 1) }
            try need(10)
            let contact = words[4].parts(".", maxSplits: 1).joined(separator: "@")
            for (key, value) in zip(
                ["ORIGIN", "NETWORK", "SOURCE", "CONTACT", "SERIAL"], [words[0], words[1], words[3], contact, words[5]])
            {
                found[.string(key)] = .string(value)
            }
            for (key, value) in zip(["REFRESH", "RETRY", "EXPIRE", "MINTTL"], words[6...]) { found[.string(key)] = .int(seconds(value)) }
            return
        }
        if words[0] == "IN" { words.insert(origin ?? "", at: 0) }
        if !words[0].hasSuffix("."), !line.contains("NS") { words[0] += ".\(origin ?? "")" }
        try need(4)
        func put(_ kind: String, _ value: Value) {
            var map = found[kind]?.mapValue ?? [:]
            map[.string(words[0])] = value
            found[.string(kind)] = .map(map)
        }
        if words[2] == "NS" {
            found["NS"] = .list((found["NS"]?.listValue ?? []) + [.string(words[3])])
        } else if words[2] == "MX" {
            try need(5)
            if found["MX"] == nil { found["MX"] = [["priority": .string(words[3]), "host": .string(words[4])]] }
        } else if words[3] == "A" || words[3] == "AAAA" {
            try need(5)
            put(words[3], ["TARGET": .string(words[4]), "TTL": .string(words[1])])
        } else {
            put(words[2], .string(words[3]))
        }
    }
}
