import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Names in `/etc/hosts` that are there, or are not.
package struct HostState: StateModule {
    package static let name = "host"
    package static let summary = "Names in /etc/hosts that are there, or are not."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A name has an address.", .required("name", "The name."), .required("ip", "The address, or several."), .optional("comment", "", "A remark on the line."), .optional("clean", false, "Take it from other addresses."), body: present),
        StateFunction("absent", "A name does not have an address.", .required("name", "The name."), .required("ip", "The address, or several."), body: absent),
        StateFunction("only", "An address has these names alone.", .required("name", "The address."), .required("hostnames", "The names."), body: only),
    ]

    private static func present(_ state: StateContext, name: String, addresses: [String], comment: String, clean: Bool) async throws -> StateResult {
        let call = state.call
        let known = try await HostsModule.list(call)
        var comments: [String] = []
        var warnings: [String] = []
        var added = addresses.filter { known[$0] == nil }
        var remarked = comment.isEmpty ? [] : added
        var removed: [String] = []
        var isValid = true
        for (key, entry) in known {
            let address = key.pythonString
            let hasName = entry["aliases"]?.listValue?.contains(.string(name)) == true
            if !addresses.contains(address) {
                if hasName, clean { removed.append(address) }
                if hasName, !clean {
                    warnings.append(
                        "Host \(name) present for IP address \(address). To get rid of this warning, either run this state with 'clean' set to True to remove \(name) from \(address), or add \(address) to the 'ip' argument.")
                }
            } else if hasName {
                if comment.isEmpty || entry["comment"] == .string(comment) {
                    comments.append("Host \(name) (\(address)) already present")
                } else {
                    remarked.append(address)
                }
            } else if IPAddress(address) != nil {
                added.append(address)
                if !comment.isEmpty { remarked.append(address) }
            } else {
                isValid = false
                comments.append("Invalid IP Address for \(name) (\(address))")
            }
        }
        var changes = ValueMap()
        if !added.isEmpty { changes["added"] = .map(ValueMap(added.map { (.string($0), [.string(name)]) })) }
        if !remarked.isEmpty { changes["comment_added"] = .map(ValueMap(remarked.map { (.string($0), [.string(comment)]) })) }
        if !removed.isEmpty { changes["removed"] = .map(ValueMap(removed.map { (.string($0), [.string(name)]) })) }
        func sentences(_ add: (String) -> String, _ remark: (String) -> String, _ remove: (String) -> String) -> String {
            (comments + added.map(add) + remarked.map(remark) + removed.map(remove)).joined(separator: "\n")
        }
        let did = sentences(
            { "Added host \(name) (\($0))" }, { "Set comment for host \($0) (\(comment))" }, { "Removed host \(name) (\($0))" })
        let would = sentences(
            { "Host \(name) (\($0)) would be added" }, { "Comment for \($0) (\(comment)) would be added" },
            { "Host \(name) (\($0)) would be removed" })
        var result = state.unchanged(comments.joined(separator: "\n"))
        if !changes.isEmpty {
            result = try await state.change(changes, would: would, did: did) {
                for address in added { _ = try await HostsModule.add(call, address: address, name: name) }
                for address in remarked { _ = try await HostsModule.setComment(call, address: address, comment: comment) }
                for address in removed { _ = try await HostsModule.remove(call, address: address, name: name) }
                return nil
            }
        }
        if !isValid { result.result = false }
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
