import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue
import Synchronization

/// A part of the minion's configuration that functions change while it runs, the schedule and the beacons: what the
/// configuration gave at the start, changed in memory, written to a file of `minion.d` that the next start reads.
struct KeptSettings: Sendable {
    let call: CallContext
    /// The key of the configuration and of the pillar, such as `schedule`.
    let key: String
    let file: String

    /// What was changed, by the file that keeps it: several minions of one process have files of their own.
    private static let changed = Mutex<[String: ValueMap]>([:])

    static func schedule(_ call: CallContext) -> KeptSettings { KeptSettings(call: call, key: "schedule", file: "_schedule.conf") }
    static func beacons(_ call: CallContext) -> KeptSettings { KeptSettings(call: call, key: "beacons", file: "beacons.conf") }

    func path() async throws -> String {
        let configuration = call.services.options["conf_file"]?.stringValue ?? "/etc/halite/minion"
        let folder = try await call.host.isDirectory(configuration) ? configuration : Path.parent(configuration) ?? "/etc/halite"
        return Path.join(folder, "minion.d", file)
    }

    /// Those of the configuration, without the pillar's.
    func own() async throws -> ValueMap {
        let path = try await path()
        return Self.changed.withLock { $0[identity(path)] } ?? call.services.options[key]?.mapValue ?? [:]
    }

    func ofPillar() -> ValueMap { call.pillar[key]?.mapValue ?? [:] }

    func all() async throws -> ValueMap {
        var found = ofPillar()
        for (name, value) in try await own() { found[name] = value }
        return found
    }

    /// What the file alone has.
    func saved() async throws -> ValueMap {
        let path = try await path()
        guard let text = await call.host.readTextIfPresent(path) else { return [:] }
        let data = try await call.services.templates.parse(text, format: "yaml", name: path, in: call)
        return data.mapValue?[key]?.mapValue ?? [:]
    }

    func set(_ settings: ValueMap, persist: Bool) async throws {
        let path = try await path()
        Self.changed.withLock { $0[identity(path)] = settings }
        if persist { try await save(settings) }
    }

    func save(_ settings: ValueMap) async throws {
        let path = try await path()
        if let parent = Path.parent(path) { try await call.host.makeDirectories(parent) }
        let text = try await Serialization.yaml([.string(key): .map(settings)], call)
        try await call.host.write(path, Array(text.utf8), FileAttributes(mode: 0o600))
    }

    private func identity(_ path: String) -> String { "\(call.services.id)\n\(path)" }
}
