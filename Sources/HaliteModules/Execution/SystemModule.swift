import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The host as a whole: its clock, its end.
package struct SystemModule: ExecutionModule {
    package static let name = "system"
    package static let summary = "The host as a whole: its clock, its end."

    package static let functions: [Function] = [
        Function("reboot", "Start the host anew.", .optional("at_time", nil as Int?, "Minutes from now."), body: { (call: CallContext, minutes: Int?) async throws -> String in try await shutDown(call, "-r", minutes) }),
        Function("shutdown", "Stop the host.", .optional("at_time", nil as Int?, "Minutes from now."), body: { (call: CallContext, minutes: Int?) async throws -> String in try await shutDown(call, "-h", minutes) }),
        Function("poweroff", "Stop the host and switch it off.", body: { (call: CallContext) async throws -> String in try await shutDown(call, "-P", nil) }),
        Function("halt", "Stop the host.", body: { (call: CallContext) async throws -> String in try await shutDown(call, "-H", nil) }),
        Function("get_system_date_time", "Return the time of the host.", .optional("utc_offset", nil as String?, "Without effect."), body: { (call: CallContext, _: String?) async throws -> String in try await call.host.run("date", "+%Y-%m-%d %H:%M:%S").text }),
        Function("get_system_date", "Return the day of the host.", .optional("utc_offset", nil as String?, "Without effect."), body: { (call: CallContext, _: String?) async throws -> String in try await call.host.run("date", "+%a %m/%d/%Y").text }),
        Function("get_system_time", "Return the hour of the host.", .optional("utc_offset", nil as String?, "Without effect."), body: { (call: CallContext, _: String?) async throws -> String in try await call.host.run("date", "+%I:%M:%S %p").text }),
        Function("get_computer_name", "Return the name of the host.", body: { (call: CallContext) async throws -> String in try await call.host.identity().nodeName }),
        Function("get_reboot_required_witnessed", "Tell whether a package asks for a restart.", body: { (call: CallContext) async throws -> Bool in try await call.host.exists("/var/run/reboot-required") }),
    ]

    private static func shutDown(_ call: CallContext, _ option: String, _ minutes: Int?) async throws -> String {
        try await call.host.run("shutdown", option, minutes.map { "+\($0)" } ?? "now").text
    }
}
