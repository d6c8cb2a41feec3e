import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The names and addresses in `/etc/hosts`.
package struct HostsModule: ExecutionModule {
    package static let name = "hosts"
    package static let summary = "The names and addresses in /etc/hosts."

    package static let functions: [Function] = [
        Function("list_hosts", "Return all addresses with their names.", body: list),
        Function("get_ip", "Return the address of a name, or an empty text.", .required("host", "The name."), body: address),
        Function("get_alias", "Return the names of an address.", .required("ip", "The address."), body: names),
        Function("has_pair", "Tell whether an address has a name.", .required("ip", "The address."), .required("alias", "The name."), body: hasPair),
        Function("add_host", "Give an address a name.", .required("ip", "The address."), .required("alias", "The name."), body: add),
        Function("rm_host", "Take a name from an address.", .required("ip", "The address."), .required("alias", "The name."), body: remove),
        Function("set_host", "Give an address these names alone.", .required("ip", "The address."), .required("alias", "Names."), .optional("comment", nil as String?, "A remark."), body: set),
    ]

    private static let path = "/etc/hosts"

    private static func entries(_ call: CallContext) async -> [HostsFile] { HostsFile.parse(await call.host.readTextIfPresent(path) ?? "") }

    static func list(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for entry in await entries(call) {
            let known = found[entry.address]?["aliases"]?.listValue ?? []
            found[.string(entry.address)] = ["aliases": .list(known + entry.names.map { .string($0) })]
        }
        return found
    }

    private static func address(_ call: CallContext, name: String) async throws -> String {
        await entries(call).first { $0.names.contains(name) }?.address ?? ""
    }

    private static func names(_ call: CallContext, address: String) async throws -> [String] {
        await entries(call).filter { $0.address == address }.flatMap(\.names)
    }

    static func hasPair(_ call: CallContext, address: String, names: [String]) async throws -> Bool {
        let known = try await Self.names(call, address: address)
        return names.allSatisfy { known.contains($0) }
    }

    /// Rewrites the lines; what the change returns for an address takes the place of its line.
    private static func edit(_ call: CallContext, _ change: (HostsFile, String) -> String?) async throws {
        let text = await call.host.readTextIfPresent(path) ?? ""
        let lines = PythonLines.split(text).compactMap { line -> String? in
            guard let entry = HostsFile.parse(line).first else { return line }
            return change(entry, line)
        }
        try await call.host.write(path, Array(lines.map { $0 + "\n" }.joined().utf8), FileAttributes())
    }

    static func add(_ call: CallContext, address: String, name: String) async throws -> Bool {
        if try await hasPair(call, address: address, names: [name]) { return true }
        let exists = await entries(call).contains { $0.address == address }
        if exists {
            var isDone = false
            try await edit(call) { entry, line in
                guard entry.address == address, !isDone else { return line }
                isDone = true
                let parts = line.parts("#", maxSplits: 1)
                return "\(address)\t\t\((entry.names + [name]).joined(separator: " "))" + (parts.count > 1 ? "\t# \(parts[1].stripped())" : "")
            }
        } else {
            let text = await call.host.readTextIfPresent(path) ?? ""
            let start = text.isEmpty || text.utf8.last == 0x0A ? "" : "\n"
            try await call.host.write(path, Array((text + start + "\(address)\t\t\(name)\n").utf8), FileAttributes())
        }
        return true
    }

    static func remove(_ call: CallContext, address: String, name: String) async throws -> Bool {
        try await edit(call) { entry, line in
            guard entry.address == address, entry.names.contains(name) else { return line }
            let left = entry.names.filter { $0 != name }
            return left.isEmpty ? nil : "\(address)\t\t\(left.joined(separator: " "))"
        }
        return true
    }

    private static func set(_ call: CallContext, address: String, names: [String], comment: String?) async throws -> Bool {
        let wanted = names.flatMap { $0.words() }
        let line = "\(address)\t\t\(wanted.joined(separator: " "))" + (comment.map { "\t# \($0)" } ?? "")
        var isDone = false
        try await edit(call) { entry, old in
            guard entry.address == address else { return old }
            defer { isDone = true }
            return isDone || wanted.isEmpty ? nil : line
        }
        if !isDone, !wanted.isEmpty {
            let text = await call.host.readTextIfPresent(path) ?? ""
            try await call.host.write(path, Array((text + line + "\n").utf8), FileAttributes())
        }
        return true
    }
}
