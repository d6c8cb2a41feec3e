import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The host's time zone and its clock.
package struct TimezoneModule: ExecutionModule {
    package static let name = "timezone"
    package static let summary = "The host's time zone and its clock."

    package static let functions: [Function] = [
        Function("get_zone", "Return the zone, such as Europe/Zurich.", body: { (call: CallContext) async throws -> String in await TimeZoneFile.name(call.host) }),
        Function("get_zonecode", "Return what the zone calls the time now, such as CET.", body: { (call: CallContext) async throws -> String in await TimeZoneFile.abbreviation(call.host) }),
        Function("get_offset", "Return how far the zone is from UTC, such as +0100.", body: { (call: CallContext) async throws -> String in try await call.host.run("date", "+%z").text }),
        Function("zone_compare", "Tell whether the host is in a zone.", .required("timezone", "The zone."), body: compare),
        Function("set_zone", "Put the host into a zone.", .required("timezone", "The zone."), body: set),
        Function("list_timezones", "Return the zones that the host knows.", body: list),
        Function("get_hwclock", "Return whether the hardware clock is UTC or localtime.", body: clock),
        Function("set_hwclock", "Set whether the hardware clock is UTC or localtime.", .required("clock", "UTC or localtime."), body: setClock),
    ]

    private static let folder = "/usr/share/zoneinfo"

    private static func file(_ zone: String, _ call: CallContext) async throws -> String {
        let path = Path.normalised(Path.join(folder, zone))
        guard path.hasPrefix(folder + "/"), try await call.host.isFile(path) else { throw ExecutionError("Zone does not exist: \(zone)") }
        return path
    }

    static func compare(_ call: CallContext, zone: String) async throws -> Bool {
        let path = try await file(zone, call)
        guard try await call.host.isFile("/etc/localtime") else { return ["UTC", "Etc/UTC"].contains(zone) }
        return try await call.host.read(path) == call.host.read("/etc/localtime")
    }

    static func set(_ call: CallContext, zone: String) async throws -> Bool {
        let path = try await file(zone, call)
        let temporary = TemporaryName.make("zone", in: "/etc")
        try await call.host.makeLink(temporary, to: path)
        try await call.host.rename(temporary, to: "/etc/localtime")
        if call.grains["os_family"] == "Debian" {
            try await call.host.write("/etc/timezone", Array("\(zone)\n".utf8), FileAttributes())
        }
        return true
    }

    private static func list(_ call: CallContext) async throws -> [String] {
        let text = await call.host.readTextIfPresent("\(folder)/tzdata.zi") ?? ""
        return PythonLines.split(text).compactMap { line in
            let words = line.words()
            if line.hasPrefix("Z "), words.count > 1 { return words[1] }
            return line.hasPrefix("L ") && words.count > 2 ? words[2] : nil
        }.sorted()
    }

    static func clock(_ call: CallContext) async throws -> String {
        guard let text = await call.host.readTextIfPresent("/etc/adjtime") else { return "UTC" }
        return PythonLines.split(text).contains("LOCAL") ? "localtime" : "UTC"
    }

    private static func setClock(_ call: CallContext, clock: String) async throws -> Bool {
        guard clock == "UTC" || clock == "localtime" else { throw ExecutionError("localtime and UTC are the only permitted values") }
        return try await call.host.run("hwclock", "--systohc", clock == "UTC" ? "--utc" : "--localtime").succeeded
    }
}
