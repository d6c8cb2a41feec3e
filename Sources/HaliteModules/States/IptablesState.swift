import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Rules, chains and policies of the kernel's packet filter, through iptables.
package struct IptablesState: StateModule {
    package static let name = "iptables"
    package static let summary = "Rules, chains and policies of the kernel's packet filter, through iptables."
    package static let requires: Requirement = .command("iptables")

    private static let named: Parameter<String> = .required("name", "A name, or the chain.")
    private static let table: Parameter<String> = .optional("table", "filter", "The table.")
    private static let family: Parameter<String> = .optional("family", "ipv4", "ipv4 or ipv6.")
    private static let more: Parameter<ValueMap> = .keywords(
        "kwargs", "chain, save, position and the parts of the rule, as for iptables.build_rule.")

    package static let functions: [StateFunction] = [
        StateFunction("chain_present", "There is a chain.", named, table, family, body: chainPresent),
        StateFunction("chain_absent", "There is no such chain.", named, table, family, body: chainAbsent),
        StateFunction("append", "A rule is there, behind the others when it is new.", named, table, family, more, body: append),
        StateFunction("insert", "A rule is there, at a position when it is new.", named, table, family, more, body: insert),
        StateFunction("delete", "A rule is not there.", named, table, family, more, body: delete),
        StateFunction("set_policy", "A chain has a policy.", named, table, family, more, body: setPolicy),
        StateFunction("flush", "A chain or table is emptied.", named, table, family, more, body: flush),
    ]

    // MARK: - Chains

    private static func done(_ state: StateContext, _ comment: String) -> StateResult {
        StateResult(name: state.name, result: true, comment: comment, changes: ["locale": .string(state.name)])
    }

    private static func would(_ state: StateContext, _ comment: String) -> StateResult {
        StateResult(name: state.name, result: nil, comment: comment)
    }

    private static func chainPresent(_ state: StateContext, name: String, table: String, family: String) async throws -> StateResult {
        if try await IptablesModule.checkChain(state.call, table: table, chain: name, family: family) == true {
            return state.unchanged("iptables \(name) chain is already exist in \(table) table for \(family)")
        }
        return try await state.either(
            would: {
                would(state, "iptables \(name) chain in \(table) table needs to be set for \(family)")
            },
            do: {
                let answer = try await IptablesModule.newChain(state.call, table: table, chain: name, family: family)
                if answer == true { return done(state, "iptables \(name) chain in \(table) table create success for \(family)") }
                return state.failed("Failed to create \(name) chain in \(table) table: \(answer.pythonString.stripped()) for \(family)")
            })
    }

    private static func chainAbsent(_ state: StateContext, name: String, table: String, family: String) async throws -> StateResult {
        guard try await IptablesModule.checkChain(state.call, table: table, chain: name, family: family) == true else {
            return state.unchanged("iptables \(name) chain is already absent in \(table) table for \(family)")
        }
        return try await state.either(
            would: {
                would(state, "iptables \(name) chain in \(table) table needs to be removed \(family)")
            },
            do: {
                let complaint = try await IptablesModule.flush(state.call, table: table, chain: name, family: family)
                if !complaint.isEmpty {
                    return state.failed("Failed to flush \(name) chain in \(table) table: \(complaint.stripped()) for \(family)")
                }
                let answer = try await IptablesModule.deleteChain(state.call, table: table, chain: name, family: family)
                if answer == true { return done(state, "iptables \(name) chain in \(table) table delete success for \(family)") }
                return state.failed("Failed to delete \(name) chain in \(table) table: \(answer.pythonString.stripped()) for \(family)")
            })
    }

    // MARK: - Rules

    /// A rule of a state: its text, the whole command line that is shown, and where it is saved.
    private struct Wanted {
        let chain: String
        let rule: String
        let shown: String
        let position: Value?
        let save: Value

        init(_ state: StateContext, _ table: String, _ family: String, _ command: String, _ parts: ValueMap) async throws {
            guard let chain = parts["chain"]?.pythonString else { throw ExecutionError("the argument 'chain' is missing") }
            self.chain = chain
            position = parts["position"]
            save = parts["save"] ?? false
            var rest = parts
            rest["position"] = nil
            rest["family"] = nil
            rule = IptablesRule.text(table: table, chain: chain, rest)
            shown = try await IptablesModule.build(
                state.call, table: table, chain: chain, command: command, position: position?.pythonString ?? "", full: true,
                family: family,
                parts: rest
            ).stripped()
        }

        func isThere(_ state: StateContext, _ table: String, _ family: String) async throws -> Bool {
            try await IptablesModule.check(state.call, table: table, chain: chain, rule: rule, family: family) == true
        }

        /// True means the system's own file.
        var file: String? { save == true ? nil : save.pythonString }
    }

    private static func saved(_ state: StateContext, _ wanted: Wanted, _ family: String) async throws -> String {
        try await IptablesModule.save(state.call, path: wanted.file, family: family).pythonString
    }

    /// What is added to a comment when the rules in force are others than those in the file, which is then written.
    private static func savedWhenOther(_ state: StateContext, _ wanted: Wanted, _ family: String) async throws -> String {
        guard wanted.save.isTruthy else { return "" }
        func lists(_ rules: ValueMap) -> [Value] { rules.flatMap { ($0.value.mapValue ?? [:]).map { $0.value["rules"] ?? [] } } }
        let inForce = lists(try await IptablesModule.rules(state.call, family: family))
        if inForce == lists(try await IptablesModule.savedRules(state.call, path: wanted.file, family: family)) { return "" }
        return "\nSaved iptables rule \(state.name) for \(family)\n\(wanted.shown)\n\(try await saved(state, wanted, family))"
    }

    private static func alreadySet(_ state: StateContext, _ comment: String, _ wanted: Wanted, _ family: String) async throws -> StateResult
    {
        try await state.either(
            would: { state.unchanged(comment) },
            do: {
                state.unchanged(comment + (try await savedWhenOther(state, wanted, family)))
            })
    }

    private static func append(_ state: StateContext, name: String, table: String, family: String, parts: ValueMap) async throws
        -> StateResult
    {
        if let rules = parts["rules"]?.listValue { return try await all(state, rules, family, append) }
        let wanted = try await Wanted(state, table, family, "A", parts)
        if try await wanted.isThere(state, table, family) {
            return try await alreadySet(state, "iptables rule for \(name) already set (\(wanted.shown)) for \(family)", wanted, family)
        }
        return try await state.either(
            would: {
                would(state, "iptables rule for \(name) needs to be set (\(wanted.shown)) for \(family)")
            },
            do: {
                guard
                    try await IptablesModule.append(state.call, table: table, chain: wanted.chain, rule: wanted.rule, family: family)
                        == true
                else {
                    return state.failed("Failed to set iptables rule for \(name).\nAttempted rule was \(wanted.shown) for \(family)")
                }
                if !wanted.save.isTruthy { return done(state, "Set iptables rule for \(name) to: \(wanted.shown) for \(family)") }
                return done(
                    state, "Set and saved iptables rule \(name) for \(family)\n\(wanted.shown)\n\(try await saved(state, wanted, family))")
            })
    }

    private static func insert(_ state: StateContext, name: String, table: String, family: String, parts: ValueMap) async throws
        -> StateResult
    {
        if let rules = parts["rules"]?.listValue { return try await all(state, rules, family, insert) }
        let wanted = try await Wanted(state, table, family, "I", parts)
        if try await wanted.isThere(state, table, family) {
            return try await alreadySet(state, "iptables rule for \(name) already set for \(family) (\(wanted.shown))", wanted, family)
        }
        return try await state.either(
            would: {
                would(state, "iptables rule for \(name) needs to be set for \(family) (\(wanted.shown))")
            },
            do: {
                guard let position = try wanted.position.map({ try Int(value: $0) }) else {
                    throw ExecutionError("the argument 'position' is missing")
                }
                let answer = try await IptablesModule.insert(
                    state.call, table: table, chain: wanted.chain, position: position, rule: wanted.rule, family: family)
                if answer.isTruthy { return state.failed("Failed to set iptables rule for \(name).\nAttempted rule was \(wanted.shown)") }
                if !wanted.save.isTruthy { return done(state, "Set iptables rule for \(name) to: \(wanted.shown) for \(family)") }
                return done(
                    state, "Set and saved iptables rule \(name) for \(family)\n\(wanted.shown)\n\(try await saved(state, wanted, family))")
            })
    }

    private static func delete(_ state: StateContext, name: String, table: String, family: String, parts: ValueMap) async throws
        -> StateResult
    {
        if let rules = parts["rules"]?.listValue { return try await all(state, rules, family, delete) }
        let wanted = try await Wanted(state, table, family, "D", parts)
        if wanted.position == nil, try await !wanted.isThere(state, table, family) {
            return state.unchanged("iptables rule for \(name) already absent for \(family) (\(wanted.shown))")
        }
        return try await state.either(
            would: {
                would(state, "iptables rule for \(name) needs to be deleted for \(family) (\(wanted.shown))")
            },
            do: {
                let position = wanted.position?.pythonString
                let answer = try await IptablesModule.delete(
                    state.call, table: table, chain: wanted.chain, position: position, rule: position == nil ? wanted.rule : nil,
                    family: family)
                if !answer.isEmpty {
                    return state.failed("Failed to delete iptables rule for \(name).\nAttempted rule was \(wanted.shown)")
                }
                if !wanted.save.isTruthy { return done(state, "Delete iptables rule for \(name) \(wanted.shown)") }
                return done(
                    state,
                    "Deleted and saved iptables rule \(name) for \(family)\n\(wanted.shown)\n\(try await saved(state, wanted, family))")
            })
    }

    /// Many rules under one state; they are saved once.
    private static func all(
        _ state: StateContext, _ rules: [Value], _ family: String,
        _ one: (StateContext, String, String, String, ValueMap) async throws -> StateResult
    ) async throws -> StateResult {
        var result = StateResult(name: state.name, result: true, comment: "")
        var (comments, made, save): ([String], [Value], Value) = ([], [], false)
        for rule in rules {
            var parts = rule.mapValue ?? [:]
            let name = parts["name"]?.pythonString ?? state.name
            if parts["save"]?.isTruthy == true { save = parts["save"] ?? true }
            for key in ["save", "rules", "__agg__"] { parts[key] = nil }
            let table = parts["table"]?.pythonString ?? "filter"
            let each = try await one(state.named(name), name, table, parts["family"]?.pythonString ?? "ipv4", parts)
            if let change = each.changes["locale"] { made.append(change) }
            comments.append(each.comment)
            result.result = each.result
        }
        let path = save == true ? nil : save.pythonString
        if save.isTruthy { _ = try await state.whenApplying { try await IptablesModule.save(state.call, path: path, family: family) } }
        if !made.isEmpty { result.changes["locale"] = .list(made) }
        result.comment = comments.joined(separator: "\n")
        return result
    }

    // MARK: - Whole chains

    private static func setPolicy(_ state: StateContext, name: String, table: String, family: String, parts: ValueMap) async throws
        -> StateResult
    {
        guard let chain = parts["chain"]?.pythonString, let policy = parts["policy"]?.pythonString else {
            throw ExecutionError("the arguments 'chain' and 'policy' are needed")
        }
        let subject = "iptables default policy for chain \(chain) on table \(table) for \(family)"
        if try await IptablesModule.policy(state.call, table: table, chain: chain, family: family) == .string(policy) {
            return state.unchanged("\(subject) already set to \(policy)")
        }
        return try await state.either(
            would: { would(state, "\(subject) needs to be set to \(policy)") },
            do: {
                let answer = try await IptablesModule.setPolicy(state.call, table: table, chain: chain, policy: policy, family: family)
                if answer.isTruthy { return state.failed("Failed to set iptables default policy") }
                let save = parts["save"] ?? false
                if !save.isTruthy { return done(state, "Set default policy for \(chain) to \(policy) family \(family)") }
                _ = try await IptablesModule.save(state.call, path: save == true ? nil : save.pythonString, family: family)
                return done(state, "Set and saved default policy for \(chain) to \(policy) family \(family)")
            })
    }

    private static func flush(_ state: StateContext, name: String, table: String, family: String, parts: ValueMap) async throws
        -> StateResult
    {
        let chain = parts["chain"]?.pythonString ?? ""
        return try await state.either(
            would: {
                would(state, "iptables rules in \(name) table \(table) chain \(family) family needs to be flushed")
            },
            do: {
                let complaint = try await IptablesModule.flush(state.call, table: table, chain: chain, family: family)
                if !complaint.isEmpty { return state.failed("Failed to flush iptables rules") }
                return done(state, "Flush iptables rules in \(table) table \(chain) chain \(family) family")
            })
    }
}
