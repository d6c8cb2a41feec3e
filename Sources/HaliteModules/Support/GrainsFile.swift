import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The file in which grains that were set outlive the process: `grains` beside the configuration.
enum GrainsFile {
    static func path(_ call: CallContext) async throws -> String {
        let configuration = call.services.options["conf_file"]?.stringValue
        guard let configuration else { return Path.join(call.services.options["config_dir"]?.stringValue ?? "/etc/halite", "grains") }
        if try await call.host.isDirectory(configuration) { return Path.join(configuration, "grains") }
        return Path.join(Path.parent(configuration) ?? "/etc/halite", "grains")
    }

    /// Writes the values into the file and has the grains read again. Returns what was set.
    static func set(_ values: ValueMap, destructive: Bool, refreshPillar: Bool, _ call: CallContext) async throws -> ValueMap {
        let path = try await path(call)
        var stored: ValueMap = [:]
        if let text = await call.host.readTextIfPresent(path) {
            let data = try await call.services.templates.renderData(source: text, name: path, pipeline: "yaml", values: [:], in: call)
            stored = data.mapValue ?? [:]
        }
        for (key, value) in values { stored[key] = value.isNull && destructive ? nil : value }
        if let parent = Path.parent(path) { try await call.host.makeDirectories(parent) }
        let text = try await Serialization.yaml(.map(stored), call)
        try await call.host.write(path, Array(text.utf8), FileAttributes(mode: 0o644))
        _ = try await call.services.refreshGrains(call)
        if refreshPillar, call.services.master != nil { _ = try await call.services.refreshPillar(call) }
        return values
    }
}
