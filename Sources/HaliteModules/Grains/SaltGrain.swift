// order: 6
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The release of Salt that is followed, Python's where it is installed, and the number of this minion.
package struct SaltGrain: Grain {
    package static let name = "salt"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        var grains: ValueMap = ["saltversion": .string(SaltVersion.text), "saltversioninfo": .list(SaltVersion.parts)]
        if let id = known["id"]?.stringValue { grains["server_id"] = .int(serverID(id)) }
        // The link names the release; formulas look at the first two numbers.
        if let target = try? await host.readLink("/usr/bin/python3") {
            let numbers = Path.name(target).drop { !$0.isNumber }.split(separator: ".").compactMap { Int($0) }
            if numbers.count == 2 { grains["pythonversion"] = [.int(numbers[0]), .int(numbers[1]), 0, "final", 0] }
            grains["pythonexecutable"] = "/usr/bin/python3"
        }
        grains["locale_info"] = .map(await locale(host))
        return grains
    }

    /// The SHA-256 of the id modulo 2³¹.
    static func serverID(_ id: String) -> Int {
        let digest = Digest.hexadecimal(Array(id.utf8), .sha256)
        return (Int(digest.suffix(8), radix: 16) ?? 0) & 0x7FFF_FFFF
    }

    private static func locale(_ host: any Host) async -> ValueMap {
        let environment = (try? await host.identity().environment) ?? [:]
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let parts = name.parts(".", maxSplits: 1)
        let isPlain = parts[0].isEmpty || parts[0] == "C" || parts[0] == "POSIX"
        let encoding: Value = parts.count > 1 ? .string(parts[1].uppercased() == "UTF8" ? "UTF-8" : parts[1]) : .null
        return [
            "defaultlanguage": isPlain ? (parts.count > 1 ? "en_US" : .null) : .string(parts[0]), "defaultencoding": encoding,
            "detectedencoding": "utf-8", "timezone": .string(await TimeZoneFile.abbreviation(host)),
        ]
    }
}
