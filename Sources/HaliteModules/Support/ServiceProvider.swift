import HaliteHost
import HaliteModuleKit
import HaliteValue

enum ServiceVerb: Sendable { case start, stop, restart, reload, forceReload }

/// What every way of managing services can do; the functions of `service` are made from it.
protocol ServiceProvider: Sendable {
    static func perform(_ call: CallContext, _ verb: ServiceVerb, _ name: String) async throws -> Bool
    static func isRunning(_ call: CallContext, _ name: String) async throws -> Bool
    static func setEnabled(_ call: CallContext, _ name: String, _ enabled: Bool) async throws -> Bool
    static func isEnabled(_ call: CallContext, _ name: String) async throws -> Bool
    static func isAvailable(_ call: CallContext, _ name: String) async throws -> Bool
    static func all(_ call: CallContext) async throws -> [String]
    static func enabledServices(_ call: CallContext) async throws -> [String]
}

/// The functions that `service` has everywhere.
enum ServiceFunctions {
    static func common<Provider: ServiceProvider>(_ provider: Provider.Type) -> [Function] {
        actions(provider) + questions(provider)
    }

    private static func action<Provider: ServiceProvider>(
        _ provider: Provider.Type, _ name: String, _ summary: String, _ verb: ServiceVerb
    ) -> Function {
        Function(name, summary, .required("name", "The service."), .keywords("kwargs", "no_block and unmask, without effect.")) {
            (call: CallContext, service: String, _: ValueMap) async throws -> Bool in
            try await provider.perform(call, verb, service)
        }
    }

    private static func actions<Provider: ServiceProvider>(_ provider: Provider.Type) -> [Function] {
        [
            action(provider, "start", "Start a service.", .start),
            action(provider, "stop", "Stop a service.", .stop),
            action(provider, "restart", "Restart a service.", .restart),
            action(provider, "reload", "Have a service read its configuration again.", .reload),
            action(provider, "force_reload", "Have a service read its configuration again, or restart it.", .forceReload),
            Function("enable", "Have a service started at boot.", .required("name", "The service."), .keywords("kwargs", "Ignored.")) {
                (call: CallContext, name: String, _: ValueMap) async throws -> Bool in try await provider.setEnabled(call, name, true)
            },
            Function("disable", "Have a service not started at boot.", .required("name", "The service."), .keywords("kwargs", "Ignored.")) {
                (call: CallContext, name: String, _: ValueMap) async throws -> Bool in try await provider.setEnabled(call, name, false)
            },
        ]
    }

    private static func questions<Provider: ServiceProvider>(_ provider: Provider.Type) -> [Function] {
        [
            Function(
                "status", "Tell whether a service runs; with a pattern, which ones do.", .required("name", "The service or a pattern."),
                .optional("sig", nil as String?, "A pattern to look for among the processes instead."), .keywords("kwargs", "Ignored.")
            ) { (call: CallContext, name: String, signature: String?, _: ValueMap) async throws -> Value in
                try await status(provider, call, name, signature)
            },
            Function("enabled", "Tell whether a service is started at boot.", .required("name", "The service."), .keywords("kwargs", "Ignored.")) {
                (call: CallContext, name: String, _: ValueMap) async throws -> Bool in try await provider.isEnabled(call, name)
            },
            Function("disabled", "Tell whether a service is not started at boot.", .required("name", "The service.")) {
                (call: CallContext, name: String) async throws -> Bool in try await !provider.isEnabled(call, name)
            },
            Function("available", "Tell whether the host has a service.", .required("name", "The service.")) {
                (call: CallContext, name: String) async throws -> Bool in try await provider.isAvailable(call, name)
            },
            Function("missing", "Tell whether the host lacks a service.", .required("name", "The service.")) {
                (call: CallContext, name: String) async throws -> Bool in try await !provider.isAvailable(call, name)
            },
            Function("get_all", "Return all services.") { (call: CallContext) async throws -> [String] in try await provider.all(call) },
            Function("get_enabled", "Return the services that are started at boot.") {
                (call: CallContext) async throws -> [String] in try await provider.enabledServices(call)
            },
            Function("get_disabled", "Return the services that are not started at boot.") {
                (call: CallContext) async throws -> [String] in
                let enabled = Set(try await provider.enabledServices(call))
                return try await provider.all(call).filter { !enabled.contains($0) }
            },
        ]
    }

    private static func status<Provider: ServiceProvider>(
        _ provider: Provider.Type, _ call: CallContext, _ name: String, _ signature: String?
    ) async throws -> Value {
        if let signature { return .bool(try await !ProcessTable.read(call.host).filter { $0.commandLine.contains(signature) }.isEmpty) }
        guard Glob.isPattern(name) else { return .bool(try await provider.isRunning(call, name)) }
        var found = ValueMap()
        for service in try await provider.all(call) where Glob.matches(name, service) {
            found[.string(service)] = .bool(try await provider.isRunning(call, service))
        }
        return .map(found)
    }
}
