// order: 0
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Services of FreeBSD: scripts of rc, switched in `rc.conf`.
package struct ServiceFreeBSD: ExecutionModule {
    package static let name = "service"
    package static let summary = "Starts, stops and enables services of FreeBSD."
    package static let requires: Requirement = .osFamily("FreeBSD")

    package static let functions: [Function] = actions + switches + questions

    private static let service: Parameter<String> = .required("name", "The service.")
    private static let jail: Parameter<String?> = .optional("jail", nil, "The jail that it runs in.")
    private static let places: Parameter<ValueMap> = .keywords("kwargs", "jail; chroot: the folder of its system; config: the file to switch in.")

    private static let actions: [Function] = [
        ("start", "Start a service."), ("stop", "Stop a service."), ("restart", "Restart a service."),
        ("reload", "Have a service read its configuration again."),
    ].map { action, summary in
        Function(action, summary, service, jail) { (call: CallContext, name: String, jail: String?) async throws -> Bool in
            let result = try await run(call, jail, [name, "one\(action)"])
            call.outcome.returnCode = result.exitCode
            return result.succeeded
        }
    }

    private static let switches: [Function] = [
        Function("enable", "Have a service started at boot.", service, places) { try await set($0, $1, true, $2) },
        Function("disable", "Have a service not started at boot.", service, places) { try await set($0, $1, false, $2) },
    ]

    private static let questions: [Function] = [
        Function("status", "Tell whether a service runs; with a pattern, which ones do.", .required("name", "The service or a pattern."), .optional("sig", nil as String?, "A pattern to look for among the processes instead."), jail, body: status),
        Function("enabled", "Tell whether a service is started at boot.", service, places) { (call: CallContext, name: String, options: ValueMap) async throws -> Bool in
            try await isEnabled(call, name, options["jail"]?.stringValue)
        },
        Function("disabled", "Tell whether a service is not started at boot.", service, places) { (call: CallContext, name: String, options: ValueMap) async throws -> Bool in
            try await !isEnabled(call, name, options["jail"]?.stringValue)
        },
        Function("available", "Tell whether the host has a service.", service, jail) { (call: CallContext, name: String, jail: String?) async throws -> Bool in
            try await all(call, jail).contains(name)
        },
        Function("missing", "Tell whether the host lacks a service.", service, jail) { (call: CallContext, name: String, jail: String?) async throws -> Bool in
            try await !all(call, jail).contains(name)
        },
        Function("get_all", "Return all services.", jail, body: all),
        Function("get_enabled", "Return the services that are started at boot.", jail, body: enabled),
        Function("get_disabled", "Return the services that are not started at boot.", jail) { (call: CallContext, jail: String?) async throws -> [String] in
            let on = Set(try await enabled(call, jail))
            return try await all(call, jail).filter { !on.contains($0) }
        },
    ]

    // MARK: - Running service

    private static func run(_ call: CallContext, _ jail: String?, _ words: [String]) async throws -> CommandResult {
        guard let service = await call.host.which("service") else { throw ExecutionError("'service' command not found") }
        guard let jail, !jail.isEmpty else { return try await call.host.run(Command([service] + words)) }
        guard let jexec = await call.host.which("jexec") else { throw ExecutionError("'jexec' command not found") }
        return try await call.host.run(Command([jexec, jail, service] + words))
    }

    /// The folder of a jail's system; nothing for the host itself.
    private static func root(_ call: CallContext, _ jail: String?) async throws -> String {
        guard let jail, !jail.isEmpty else { return "" }
        guard let program = await call.host.which("jls") else { throw ExecutionError("'jls' command not found") }
        for line in try await call.host.run(program, "-n", "jid", "name", "path").lines {
            let values = line.words().map { $0.parts("=", maxSplits: 1).last ?? "" }
            guard values.count == 3, values[0] == jail || values[1] == jail else { continue }
            return PkgApt.plain(values[2])
        }
        return ""
    }

    /// Names in capitals are steps of the boot rather than services.
    private static func all(_ call: CallContext, _ jail: String?) async throws -> [String] {
        try await run(call, jail, ["-l"]).lines.filter { $0 != $0.uppercased() || $0 == $0.lowercased() }.sorted()
    }

    /// The line of the variable that switches a service, such as `sshd_enable="YES"`.
    private static func variable(_ call: CallContext, _ name: String, _ jail: String?) async throws -> (name: String, value: String)? {
        for line in try await run(call, jail, [name, "rcvar"]).lines where line.contains("_enable=\"") {
            let parts = line.parts("\"")
            return (line.parts("=")[0], parts.count > 1 ? parts[1] : "")
        }
        return nil
    }

    private static func isEnabled(_ call: CallContext, _ name: String, _ jail: String?) async throws -> Bool {
        guard try await all(call, jail).contains(name), let found = try await variable(call, name, jail) else { return false }
        return ["yes", "true", "on", "1"].contains(found.value.lowercased())
    }

    private static func enabled(_ call: CallContext, _ jail: String?) async throws -> [String] {
        let root = try await root(call, jail)
        var found = try await run(call, jail, ["-e"]).lines.map { Path.name($0) }
        for name in try await all(call, jail) where !found.contains(name) {
            if try await call.host.exists("\(root)/etc/rc.conf.d/\(name)"), try await isEnabled(call, name, jail) { found.append(name) }
        }
        return found.sorted()
    }

    private static func status(_ call: CallContext, name: String, signature: String?, jail: String?) async throws -> Value {
        if let signature, !signature.isEmpty {
            return .bool(try await ProcessTable.read(call.host).contains { $0.commandLine.contains(signature) })
        }
        func runs(_ name: String) async throws -> Value { .bool(try await run(call, jail, [name, "onestatus"]).succeeded) }
        guard Glob.isPattern(name) else { return try await runs(name) }
        var found = ValueMap()
        for service in try await all(call, jail) where Glob.matches(name, service) { found[.string(service)] = try await runs(service) }
        return .map(found)
    }

    // MARK: - Switching

    private static func set(_ call: CallContext, _ name: String, _ isOn: Bool, _ options: ValueMap) async throws -> Bool {
        let jail = options["jail"]?.stringValue
        guard try await all(call, jail).contains(name), let variable = try await variable(call, name, jail)?.name else { return false }
        var root = PkgApt.plain(options["chroot"]?.stringValue ?? "")
        if root.isEmpty { root = try await self.root(call, jail) }
        let told = options["config"] ?? call.services.options["service.config"] ?? call.pillar["service.config"]
        var file = told.map { $0.isTruthy ? $0.pythonString : "" } ?? "\(root)/etc/rc.conf"
        if file.isEmpty {
            guard try await call.host.isDirectory("\(root)/etc/rc.conf.d") else { return false }
            file = "\(root)/etc/rc.conf.d/\(variable.replacing("_enable", with: ""))"
        }
        let setting = "\(variable)=\"\(isOn ? "YES" : "NO")\""
        var lines = PythonLines.split(await call.host.readTextIfPresent(file) ?? "")
        var isThere = false
        for index in lines.indices where lines[index].hasPrefix("\(variable)=") {
            // What follows the value, such as a remark, stays.
            lines[index] = setting + lines[index].drop { !$0.isWhitespace }
            isThere = true
        }
        if !isThere { lines.append(setting) }
        try await call.host.write(file, Array(lines.map { $0 + "\n" }.joined().utf8), FileAttributes())
        return true
    }
}
