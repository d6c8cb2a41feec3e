import FoundationEssentials
import HaliteCore
import HaliteValue

/// Reads configuration files: one YAML file and the drop-in folder beside it.
package enum ConfigurationLoader {
    /// `/etc/halite` when it is there, else `/etc/salt`, which is read as it is.
    package static func directory(_ given: String?) -> String {
        if let given { return given }
        let manager = FileManager.default
        if !manager.fileExists(atPath: "/etc/halite"), manager.fileExists(atPath: "/etc/salt") { return "/etc/salt" }
        return "/etc/halite"
    }

    /// `directory/role`, then `directory/role.d/*.conf` in the order of their names, later keys over earlier ones.
    /// A file that is not there is no error; one that cannot be read is.
    package static func load(directory: String, role: String) throws(RenderError) -> ValueMap {
        var map = try read("\(directory)/\(role)") ?? [:]
        let pattern = map["default_include"]?.stringValue ?? "\(role).d/*.conf"
        let folder = pattern.split(separator: "/").dropLast().joined(separator: "/")
        let glob = GlobPattern(pattern.split(separator: "/").last.map(String.init) ?? "*.conf")
        let dropIn = pattern.hasPrefix("/") ? "/" + folder : "\(directory)/\(folder)"
        // A missing folder is as good as an empty one.
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: dropIn)) ?? []).filter(glob.matches).sorted()
        for name in names {
            for (key, value) in try read("\(dropIn)/\(name)") ?? [:] { map[key] = value }
        }
        return map
    }

    /// Nil when the file is not there or holds nothing.
    package static func read(_ path: String) throws(RenderError) -> ValueMap? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let text: String
        do {
            text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
            throw RenderError(renderer: "config", message: "cannot be read: \(error)", file: path)
        }
        let value = try YAML.load(text, file: path)
        if value.isNull { return nil }
        guard case .map(let map) = value else {
            throw RenderError(
                renderer: "config", message: "expected settings of the form 'key: value', found \(value.typeName)", file: path, line: 1)
        }
        return map
    }
}
