import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What dpkg knows of packages: read once, and again when its database has changed.
struct DpkgDatabase: Sendable {
    /// Name to a list of versions; names of a foreign architecture carry it. Those set to be purged are among them.
    let listed: ValueMap
    /// Removed, with configuration left.
    let removed: [String: [String]]
    /// Installed and set to be purged.
    let purgeDesired: [String: [String]]
    let held: Set<String>

    static func read(_ call: CallContext) async throws -> DpkgDatabase {
        let status = try await call.host.status("/var/lib/dpkg/status")
        let stamp = status.map { "\($0.modificationTime) \($0.size) \($0.inode)" } ?? ""
        if let known = call.memory["pkg.dpkg"], !stamp.isEmpty, known["stamp"] == .string(stamp) { return DpkgDatabase(value: known) }
        let command = ["dpkg-query", "--showformat", "${Status} ${Package} ${Version} ${Architecture}\n", "-W"]
        let text = try await call.host.run(Command(command)).text
        let architecture = call.grains["cpuarch"] == "x86_64" ? call.grains["osarch"]?.stringValue : nil
        let database = parse(text, architecture: architecture)
        call.memory["pkg.dpkg"] = database.value(stamp)
        return database
    }

    static func forget(_ call: CallContext) { call.memory["pkg.dpkg"] = nil }

    /// - Parameter architecture: that of the host, when it is amd64.
    static func parse(_ text: String, architecture: String?) -> DpkgDatabase {
        var installed: [(String, [String])] = []
        var places: [String: Int] = [:]
        var removed: [String: [String]] = [:]
        var purging: [String: [String]] = [:]
        var held: Set<String> = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let columns = line.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
            guard columns.count >= 6 else { continue }
            let (wanted, state, version) = (columns[0], columns[2], columns[4])
            var name = columns[3]
            if columns[5] != "all", architecture == "amd64", columns[5] != "amd64" { name += ":" + columns[5] }
            if wanted == "hold" { held.insert(name) }
            if wanted.contains("install") || wanted.contains("hold"), state.contains("installed") {
                if let place = places[name] {
                    installed[place].1.append(version)
                } else {
                    places[name] = installed.count
                    installed.append((name, [version]))
                }
            } else if wanted.contains("deinstall") {
                removed[name, default: []].append(version)
            } else if wanted.contains("purge"), state == "installed" {
                purging[name, default: []].append(version)
            }
        }
        var listed = ValueMap()
        for (name, versions) in purging.sorted(by: { $0.key < $1.key }) { listed[.string(name)] = sorted(versions).value }
        for (name, versions) in installed { listed[.string(name)] = versions.count == 1 ? [.string(versions[0])] : sorted(versions).value }
        return DpkgDatabase(listed: listed, removed: removed.mapValues(sorted), purgeDesired: purging.mapValues(sorted), held: held)
    }

    private static func sorted(_ versions: [String]) -> [String] { Set(versions).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// The version of a package, several joined by commas.
    func text(_ name: String) -> String? { listed[name].map(Self.text) }

    private static func text(_ versions: Value) -> String { (versions.listValue ?? []).map(\.pythonString).joined(separator: ",") }

    /// Names with texts, for what is told of changes.
    var listedMap: ValueMap { ValueMap(listed.map { ($0.key, .string(Self.text($0.value))) }) }
    var removedMap: ValueMap { Self.map(removed) }

    static func map(_ packages: [String: [String]]) -> ValueMap {
        ValueMap(packages.sorted { $0.key < $1.key }.map { (.string($0.key), .string($0.value.joined(separator: ","))) })
    }
}

/// The form in which the database lasts for a run.
extension DpkgDatabase {
    fileprivate func value(_ stamp: String) -> Value {
        func lists(_ packages: [String: [String]]) -> Value { .map(ValueMap(packages.map { (.string($0.key), $0.value.value) })) }
        return [
            "stamp": .string(stamp), "listed": .map(listed), "removed": lists(removed), "purge": lists(purgeDesired), "held": held.sorted().value,
        ]
    }

    fileprivate init(value: Value) {
        func lists(_ key: String) -> [String: [String]] {
            Dictionary(uniqueKeysWithValues: (value[key]?.mapValue ?? [:]).map { ($0.key.pythonString, ($0.value.listValue ?? []).map(\.pythonString)) })
        }
        self.init(
            listed: value["listed"]?.mapValue ?? [:], removed: lists("removed"), purgeDesired: lists("purge"),
            held: Set((value["held"]?.listValue ?? []).map(\.pythonString)))
    }
}
