// order: 0
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Services of OpenRC, on Alpine Linux and on Gentoo without systemd.
package struct ServiceOpenRC: ExecutionModule {
    package static let name = "service"
    package static let summary = "Starts, stops and enables services of OpenRC."
    package static let requires: Requirement = .osFamily("Alpine") || .osFamily("Gentoo") && .not(.path("/run/systemd/system"))

    package static let functions: [Function] = actions + switches + questions

    private static let service: Parameter<String> = .required("name", "The service.")
    private static let ignored: Parameter<ValueMap> = .keywords("kwargs", "Ignored.")
    private static let levels: Parameter<ValueMap> = .keywords("kwargs", "runlevels: one or several; those that are named and no others.")

    private static let actions: [Function] = [
        ("start", "Start a service."), ("stop", "Stop a service."), ("restart", "Restart a service."),
        ("reload", "Have a service read its configuration again."), ("zap", "Have a service count as stopped."),
    ].map { action, summary in
        Function(action, summary, service, ignored) { (call: CallContext, name: String, _: ValueMap) async throws -> Bool in
            try await run(call, ["/etc/init.d/\(name)", action])
        }
    }

    private static let switches: [Function] = [
        Function("enable", "Have a service started at boot.", service, levels, body: enable),
        Function("disable", "Have a service not started at boot.", service, levels, body: disable),
    ]

    private static let questions: [Function] = [
        Function("status", "Tell whether a service runs; with a pattern, which ones do.", .required("name", "The service or a pattern."), .optional("sig", nil as String?, "A pattern to look for among the processes instead."), ignored, body: status),
        Function("enabled", "Tell whether a service is started at boot.", service, levels) { (call: CallContext, name: String, options: ValueMap) async throws -> Bool in
            guard let known = try await table(call).enabled[name]?.listValue else { return false }
            return requested(options).map { Set($0).isSubset(of: known.map(\.pythonString)) } ?? true
        },
        Function("disabled", "Tell whether a service is not started at boot.", service) { (call: CallContext, name: String) async throws -> Bool in
            try await table(call).disabled.contains(name)
        },
        Function("available", "Tell whether the host has a service.", service) { (call: CallContext, name: String) async throws -> Bool in
            try await isAvailable(call, name)
        },
        Function("missing", "Tell whether the host lacks a service.", service) { (call: CallContext, name: String) async throws -> Bool in
            try await !isAvailable(call, name)
        },
        Function("get_all", "Return all services with their runlevels.") { (call: CallContext) async throws -> ValueMap in try await all(call) },
        Function("get_enabled", "Return the services that are started at boot, with their runlevels.") { (call: CallContext) async throws -> ValueMap in
            try await table(call).enabled
        },
        Function("get_disabled", "Return the services that are not started at boot.") { (call: CallContext) async throws -> [String] in
            try await table(call).disabled.sorted()
        },
    ]

    // MARK: - What rc-update knows

    private static func table(_ call: CallContext) async throws -> (enabled: ValueMap, disabled: [String]) {
        var (enabled, disabled) = (ValueMap(), [String]())
        for line in try await call.host.run("rc-update", "-v", "show").lines where line.contains("|") {
            let fields = line.parts("|").map { $0.stripped() }
            if fields[1].isEmpty { disabled.append(fields[0]) } else { enabled[.string(fields[0])] = fields[1].words().sorted().value }
        }
        return (enabled, disabled)
    }

    private static func all(_ call: CallContext) async throws -> ValueMap {
        let known = try await table(call)
        return known.disabled.reduce(into: known.enabled) { $0[.string($1)] = [] }
    }

    private static func isAvailable(_ call: CallContext, _ name: String) async throws -> Bool { try await all(call)[name] != nil }

    private static func requested(_ options: ValueMap) -> [String]? {
        options["runlevels"].map { $0.listValue?.map(\.pythonString) ?? [$0.pythonString] }
    }

    // MARK: - Acting

    private static func run(_ call: CallContext, _ words: [String]) async throws -> Bool {
        let result = try await call.host.run(Command(words))
        call.outcome.returnCode = result.exitCode
        return result.succeeded
    }

    private static func enable(_ call: CallContext, name: String, options: ValueMap) async throws -> Bool {
        guard let wanted = requested(options) else { return try await run(call, ["rc-update", "add", name]) }
        let present = Set(try await table(call).enabled[name]?.listValue?.map(\.pythonString) ?? [])
        let (gone, new) = (present.subtracting(wanted).sorted(), Set(wanted).subtracting(present).sorted())
        if !gone.isEmpty, try await !run(call, ["rc-update", "delete", name] + gone) { return false }
        return new.isEmpty ? true : try await run(call, ["rc-update", "add", name] + new)
    }

    private static func disable(_ call: CallContext, name: String, options: ValueMap) async throws -> Bool {
        guard let wanted = requested(options) else { return try await run(call, ["rc-update", "delete", name]) }
        let present = Set(try await table(call).enabled[name]?.listValue?.map(\.pythonString) ?? [])
        let gone = present.intersection(wanted).sorted()
        return gone.isEmpty ? true : try await run(call, ["rc-update", "delete", name] + gone)
    }

    private static func status(_ call: CallContext, name: String, signature: String?, ignored: ValueMap) async throws -> Value {
        if let signature, !signature.isEmpty {
            return .bool(try await ProcessTable.read(call.host).contains { $0.commandLine.contains(signature) })
        }
        func runs(_ name: String) async throws -> Value { .bool(try await call.host.run("/etc/init.d/\(name)", "status").succeeded) }
        guard Glob.isPattern(name) else { return try await runs(name) }
        var found = ValueMap()
        for (service, _) in try await all(call) where Glob.matches(name, service.pythonString) { found[service] = try await runs(service.pythonString) }
        return .map(found)
    }
}
