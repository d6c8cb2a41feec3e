import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What dpkg knows of packages: read once, and again when its database has changed.
struct DpkgDatabase: Sendable {
    /// Name to versions, oldest first; names of a foreign architecture carry it.
    var installed: [String: [String]] = [:]
    /// Removed, with configuration left.
    var removed: [String: [String]] = [:]
    /// Installed and set to be purged.
    var purgeDesired: [String: [String]] = [:]
    var held: Set<String> = []

    static func read(_ call: CallContext) async throws -> DpkgDatabase {
        let status = try await call.host.status("/var/lib/dpkg/status")
        let stamp = status.map { "\($0.modificationTime) \($0.size) \($0.inode)" } ?? ""
        let text: String
        if let known = call.memory["pkg.dpkg"], known["stamp"] == .string(stamp), !stamp.isEmpty, let kept = known["text"]?.stringValue {
            text = kept
        } else {
            let command = ["dpkg-query", "--showformat", "${Status} ${Package} ${Version} ${Architecture}\n", "-W"]
            text = try await call.host.run(Command(command)).text
            call.memory["pkg.dpkg"] = ["stamp": .string(stamp), "text": .string(text)]
        }
        let architecture = call.grains["osarch"]?.stringValue
        return parse(text, architecture: call.grains["cpuarch"] == "x86_64" ? architecture : nil)
    }

    static func forget(_ call: CallContext) { call.memory["pkg.dpkg"] = nil }

    /// - Parameter architecture: that of the host, when it is amd64.
    static func parse(_ text: String, architecture: String?) -> DpkgDatabase {
        var database = DpkgDatabase()
        for line in text.split(separator: "\n") {
            let columns = line.split(separator: " ").map(String.init)
            guard columns.count >= 6 else { continue }
            let (wanted, state, version) = (columns[0], columns[2], columns[4])
            var name = columns[3]
            if columns[5] != "all", architecture == "amd64", columns[5] != "amd64" { name += ":" + columns[5] }
            if wanted == "hold" { database.held.insert(name) }
            if (wanted.contains("install") && !wanted.contains("deinstall") || wanted == "hold"), state.contains("installed") {
                database.installed[name, default: []].append(version)
            } else if wanted.contains("deinstall") {
                database.removed[name, default: []].append(version)
            } else if wanted.contains("purge"), state == "installed" {
                database.purgeDesired[name, default: []].append(version)
            }
        }
        return database
    }

    /// Joined with those set to be purged, as `pkg.list_pkgs` lists them.
    var listed: [String: [String]] { purgeDesired.merging(installed) { _, installed in installed } }
    var listedText: [String: String] { listed.mapValues { $0.sorted { DebianVersion.compare($0, $1) < 0 }.joined(separator: ",") } }
    var removedText: [String: String] { removed.mapValues { $0.joined(separator: ",") } }

    /// What differs between two lists, as Salt reports changes of packages.
    static func changes(_ old: [String: String], _ new: [String: String]) -> ValueMap {
        var changes = ValueMap()
        for name in Set(old.keys).union(new.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where old[name] != new[name] {
            changes[.string(name)] = ["old": .string(old[name] ?? ""), "new": .string(new[name] ?? "")]
        }
        return changes
    }
}
