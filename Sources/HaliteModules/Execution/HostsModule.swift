import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The names and addresses in `/etc/hosts`.
package struct HostsModule: ExecutionModule {
    package static let name = "hosts"
    package static let summary = "The names and addresses in /etc/hosts."

    private static let ip: Parameter<String> = .required("ip", "The address.")
    private static let alias: Parameter<String> = .required("alias", "The name.")

    package static let functions: [Function] = [
        Function("list_hosts", "Return all addresses with their names.", body: list),
        Function("get_ip", "Return the address of a name, or an empty text.", .required("host", "The name."), body: address),
        Function("get_alias", "Return the names of an address.", ip, body: names),
        Function("has_pair", "Tell whether an address has a name, or all of several.", ip, .required("alias", "The name."), body: hasPair),
        Function("add_host", "Give an address a name.", ip, alias, body: add),
        Function("rm_host", "Take a name from an address.", ip, alias, body: remove),
        Function("set_host", "Give an address these names alone.", ip, .required("alias", "Names."), .optional("comment", nil as String?, "A remark."), body: set),
        Function("set_comment", "Give the line of an address a remark.", ip, .required("comment", "The remark."), body: setComment),
    ]

    /// The file, elsewhere when the minion is configured so.
    private static func path(_ call: CallContext) -> String { call.services.options["hosts.file"]?.stringValue ?? "/etc/hosts" }

    private static func text(_ call: CallContext) async -> String { await call.host.readTextIfPresent(path(call)) ?? "" }
    private static func table(_ call: CallContext) async -> HostsTable { HostsTable(await text(call)) }

    private static func write(_ call: CallContext, _ text: String) async throws {
        try await call.host.write(path(call), Array(text.utf8), FileAttributes())
    }

    static func list(_ call: CallContext) async throws -> ValueMap { await table(call).value }

    private static func address(_ call: CallContext, name: String) async throws -> String {
        await table(call).entries.first { $0.names.contains(name) }?.address ?? ""
    }

    private static func names(_ call: CallContext, address: String) async throws -> [String] { await table(call)[address]?.names ?? [] }

    static func hasPair(_ call: CallContext, address: String, names: [String]) async throws -> Bool {
        guard let known = await table(call)[address]?.names else { return false }
        return names.allSatisfy { known.contains($0) }
    }

    static func add(_ call: CallContext, address: String, name: String) async throws -> Bool {
        if try await hasPair(call, address: address, names: [name]) { return true }
        var table = await table(call)
        table.add(address, name)
        try await write(call, table.text)
        return true
    }

    static func setComment(_ call: CallContext, address: String, comment: String) async throws -> Bool {
        var table = await table(call)
        guard let entry = table[address] else { return false }
        if entry.comment == comment { return true }
        table.setComment(address, comment)
        try await write(call, table.text)
        return true
    }

    static func remove(_ call: CallContext, address: String, name: String) async throws -> Bool {
        guard try await hasPair(call, address: address, names: [name]) else { return true }
        try await edit(call, address) { line in
            let parts = line.parts("#", maxSplits: 1)
            let left = parts[0].words().dropFirst().filter { $0 != name }
            if left.isEmpty { return nil }
            // Salt leaves a space behind the last name.
            return "\(address)\t\t" + left.map { $0 + " " }.joined() + (parts.count > 1 ? "# \(parts[1].stripped())" : "")
        }
        return true
    }

    static func set(_ call: CallContext, address: String, names: String, comment: String?) async throws -> Bool {
        let line = names.stripped().isEmpty ? nil : "\(address)\t\t\(names)" + (comment.map { "\t\t# \($0)" } ?? "")
        var isDone = false
        try await edit(call, address) { _ in
            defer { isDone = true }
            return isDone ? nil : line
        }
        if let line, !isDone { try await write(call, await text(call) + line + "\n") }
        return true
    }

    /// Puts other lines in place of those of an address; the rest stays as it is.
    private static func edit(_ call: CallContext, _ address: String, _ change: (String) -> String?) async throws {
        let lines = PythonLines.split(await text(call)).compactMap { line -> String? in
            line.words().first == address ? change(line) : line
        }
        try await write(call, lines.map { $0 + "\n" }.joined())
    }
}
