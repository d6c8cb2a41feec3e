import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Names in `/etc/hosts` that are there, or are not.
package struct HostState: StateModule {
    package static let name = "host"
    package static let summary = "Names in /etc/hosts that are there, or are not."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A name has an address.", .required("name", "The name."), .required("ip", "The address, or several."), .optional("comment", "", "Without effect."), .optional("clean", false, "Take it from other addresses."), body: present),
        StateFunction("absent", "A name does not have an address.", .required("name", "The name."), .required("ip", "The address, or several."), body: absent),
        StateFunction("only", "An address has these names alone.", .required("name", "The address."), .required("hostnames", "The names."), body: only),
    ]

    private static func present(_ state: StateContext, name: String, addresses: [String], comment: String, clean: Bool) async throws -> StateResult {
        let call = state.call
        let known = try await HostsModule.list(call)
        var comments: [String] = []
        var warnings: [String] = []
        var added: [String] = []
        var removed: [String] = []
        for (address, entry) in known where entry["aliases"]?.listValue?.contains(.string(name)) == true {
            let text = address.pythonString
            if addresses.contains(text) {
                comments.append("Host \(name) (\(text)) already present")
            } else if clean {
                removed.append(text)
            } else {
                warnings.append(
                    "Host \(name) present for IP address \(text). To get rid of this warning, either run this state with 'clean' set to True to remove \(name) from \(text), or add \(text) to the 'ip' argument.")
            }
        }
        for address in addresses where known[address]?["aliases"]?.listValue?.contains(.string(name)) != true {
            guard IPAddress(address) != nil else { return state.failed("Invalid IP Address for \(name) (\(address))") }
            added.append(address)
        }
        var changes = ValueMap()
        if !added.isEmpty { changes["added"] = .map(ValueMap(added.map { (.string($0), [.string(name)]) })) }
        if !removed.isEmpty { changes["removed"] = .map(ValueMap(removed.map { (.string($0), [.string(name)]) })) }
        var result: StateResult
        if changes.isEmpty {
            result = state.unchanged(comments.joined(separator: "\n"))
        } else {
            let would = comments + added.map { "Host \(name) (\($0)) would be added" } + removed.map { "Host \(name) (\($0)) would be removed" }
            let did = comments + added.map { "Added host \(name) (\($0))" } + removed.map { "Removed host \(name) (\($0))" }
            result = try await state.change(changes, would: would.joined(separator: "\n"), did: did.joined(separator: "\n")) {
                for address in added { _ = try await HostsModule.add(call, address: address, name: name) }
                for address in removed { _ = try await HostsModule.remove(call, address: address, name: name) }
                return nil
            }
        }
        result.warnings = warnings
        return result
    }

    private static func absent(_ state: StateContext, name: String, addresses: [String]) async throws -> StateResult {
        var comments: [String] = []
        var present: [String] = []
        for address in addresses {
            if try await HostsModule.hasPair(state.call, address: address, names: [name]) {
                present.append(address)
            } else {
                comments.append("Host \(name) (\(address)) already absent")
            }
        }
        if present.isEmpty { return state.unchanged(comments.joined(separator: "\n")) }
        return try await state.either(would: {
            let would = comments + present.map { "Host \(name) (\($0)) needs to be removed" }
            return StateResult(name: name, result: nil, comment: would.joined(separator: "\n"))
        }, do: {
            for address in present { _ = try await HostsModule.remove(state.call, address: address, name: name) }
            let did = comments + present.map { "Removed host \(name) (\($0))" }
            return StateResult(name: name, result: true, comment: did.joined(separator: "\n"), changes: ["host": .string(name)])
        })
    }

    private static func only(_ state: StateContext, name: String, hostnames: [String]) async throws -> StateResult {
        let old = (try await HostsModule.list(state.call)[name]?["aliases"]?.listValue ?? []).map(\.pythonString).joined(separator: " ")
        let new = hostnames.map { $0.stripped() }.joined(separator: " ")
        if old == new { return state.unchanged("IP address \(name) already set to \"\(new)\"") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Would change \(name) from \"\(old)\" to \"\(new)\"")
        }, do: {
            _ = try await state.call.call("hosts.set_host", .string(name), .string(new))
            return StateResult(
                name: name, result: true, comment: "successfully changed \(name) from \"\(old)\" to \"\(new)\"",
                changes: [.string(name): ["old": .string(old), "new": .string(new)]])
        })
    }
}
