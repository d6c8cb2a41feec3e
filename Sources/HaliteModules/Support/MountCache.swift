import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The options that a state mounted something with, which the kernel does not tell: a file in the minion's cache.
struct MountCache: Sendable {
    let call: CallContext

    private var path: String { Path.join(call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite/minion", "mounts") }

    private func read() async -> ValueMap {
        guard let text = await call.host.readTextIfPresent(path),
            let data = try? await call.services.templates.parse(text, format: "yaml", name: path, in: call)
        else { return [:] }
        return data["mounts"]?.mapValue ?? [:]
    }

    private func write(_ mounts: ValueMap) async throws {
        if let parent = Path.parent(path) { try await call.host.makeDirectories(parent) }
        let text = try await Serialization.yaml(["mounts": .map(mounts)], call)
        try await call.host.write(path, Array(text.utf8), FileAttributes())
    }

    func entry(_ name: String) async -> ValueMap { await read()[name]?.mapValue ?? [:] }

    func set(_ name: String, _ entry: ValueMap) async throws {
        var mounts = await read()
        mounts[.string(name)] = .map(entry)
        try await write(mounts)
    }

    func remove(_ name: String) async throws {
        var mounts = await read()
        if mounts.removeValue(forKey: name) != nil { try await write(mounts) }
    }
}
