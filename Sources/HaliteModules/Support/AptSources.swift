import HaliteHost
import HaliteValue

/// The files that tell apt of its repositories, with all that stands in them.
struct AptSources: Sendable {
    static let main = "/etc/apt/sources.list"
    private static let folder = "/etc/apt/sources.list.d"

    var entries: [AptEntry] = []

    static func read(_ host: any Host) async throws -> AptSources {
        var found = AptSources()
        if let text = await host.readTextIfPresent(main) { found.addLines(text, main) }
        for name in (try? await host.list(folder)) ?? [] where name.hasSuffix(".list") || name.hasSuffix(".sources") {
            let path = Path.join(folder, name)
            guard try await host.isFile(path), let text = await host.readTextIfPresent(path) else { continue }
            if name.hasSuffix(".sources") { found.addParagraphs(text, path) } else { found.addLines(text, path) }
        }
        return found
    }

    private mutating func addLines(_ text: String, _ file: String) {
        entries += PythonLines.split(text).map { AptEntry(file: file, form: .line(AptLine($0))) }
    }

    private mutating func addParagraphs(_ text: String, _ file: String) {
        var rows: [String] = []
        for row in PythonLines.split(text) + [""] {
            if !row.stripped().isEmpty {
                rows.append(row)
            } else if !rows.isEmpty {
                entries.append(AptEntry(file: file, form: .paragraph(AptParagraph(rows.joined(separator: "\n")))))
                rows = []
            }
        }
    }

    /// Writes every file that an entry is in, when it would be another text.
    func save(_ host: any Host) async throws {
        if entries.isEmpty {
            guard try await host.isDirectory("/etc/apt") else { return }
            let text = "## See sources.list(5) for more information, especialy\n"
                + "# Remember that you can only use http, ftp or file URIs\n# CDROMs are managed through the apt-cdrom tool.\n"
            return try await host.write(Self.main, Array(text.utf8), FileAttributes())
        }
        var texts: [(file: String, text: String)] = []
        for entry in entries {
            if let index = texts.firstIndex(where: { $0.file == entry.file }) {
                texts[index].text += (entry.isParagraph ? "\n" : "") + entry.text + "\n"
            } else {
                texts.append((entry.file, entry.text + "\n"))
            }
        }
        for (file, text) in texts where await host.readTextIfPresent(file) != text {
            try await host.write(file, Array(text.utf8), FileAttributes())
        }
    }

    /// One line for each address, suite and type in `sources.list`, without comments and other files.
    func consolidated(_ host: any Host) async throws -> AptSources {
        var kept: [(key: Value, entry: AptEntry)] = []
        var files: [String] = []
        for entry in entries where !entry.isInvalid {
            for description in entry.descriptions {
                let key: Value = [
                    entry.architectures.value, .bool(entry.isDisabled), description["type"] ?? .null, description["uri"] ?? .null,
                    description["dist"] ?? .null,
                ]
                if let index = kept.firstIndex(where: { $0.key == key }) {
                    let known = kept[index].entry.components
                    kept[index].entry.set("comps", (known + entry.components.filter { !known.contains($0) }).value)
                } else {
                    var line = description["line"]?.stringValue ?? ""
                    if entry.isParagraph, entry.signedBy.isNull { line = line.replacing(" [signed-by=None]", with: "") }
                    kept.append((key, AptEntry(file: Self.main, form: .line(AptLine(line)))))
                }
            }
            if entry.file != Self.main, !files.contains(entry.file) { files.append(entry.file) }
        }
        let result = AptSources(entries: kept.map(\.entry))
        try await result.save(host)
        for file in files { try await host.remove(file) }
        return result
    }
}
