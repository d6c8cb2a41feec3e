import FoundationEssentials
import HaliteHost
import HaliteValue

/// The folder in which the states of a recorded tree work; `WORK` in what was recorded.
struct RecordedFolder: Sendable {
    let path: String

    /// Nil for a case that needs none.
    static func make(_ files: ValueMap?) async throws -> RecordedFolder? {
        guard let files else { return nil }
        let host = LocalHost()
        let made = Path.join(FileManager.default.temporaryDirectory.path(), "halite-\(UInt64.random(in: 0 ... .max))")
        try await host.makeDirectories(made)
        let folder = RecordedFolder(path: try await host.resolved(made))
        for (name, content) in files {
            let target = Path.join(folder.path, name.pythonString)
            if target.hasSuffix("/") {
                try await host.makeDirectories(String(target.dropLast()))
                continue
            }
            try await host.makeDirectories(Path.parent(target) ?? "/")
            if let link = content["link"]?.stringValue {
                try await host.makeLink(target, to: link)
            } else {
                try await host.write(target, Array(content.pythonString.utf8), FileAttributes(mode: 0o644))
            }
        }
        return folder
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// The value with `WORK` in the place of the path.
    func hidden(_ value: Value) throws -> Value {
        let text = value.json(ensureASCII: false).split(separator: path, omittingEmptySubsequences: false).joined(separator: "WORK")
        return try Value(jsonText: text)
    }

    /// Texts, targets of links, null for folders.
    func contents() async throws -> ValueMap {
        let host = LocalHost()
        var found = ValueMap()
        var pending = [""]
        while let prefix = pending.popLast() {
            for name in try await host.list(Path.join(path, prefix)) {
                let relative = prefix.isEmpty ? name : prefix + "/" + name
                let entry = Path.join(path, relative)
                switch try await host.status(entry, followLinks: false)?.kind {
                case .link: found[relative] = ["link": .string(try await host.readLink(entry))]
                case .directory:
                    found[relative + "/"] = .null
                    pending.append(relative)
                default: found[relative] = .string(try await host.readText(entry))
                }
            }
        }
        return found
    }
}
