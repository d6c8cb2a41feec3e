import HaliteHost
import HaliteValue

/// The repositories that apt is told of: one-line files and the newer ones of paragraphs.
struct AptSources: Sendable, Equatable {
    var file: String
    var types: [String]
    var options: [String: String]
    var uris: [String]
    var suites: [String]
    var components: [String]
    var isDisabled: Bool

    static func read(_ host: any Host) async throws -> [AptSources] {
        var found: [AptSources] = []
        if let text = await host.readTextIfPresent("/etc/apt/sources.list") { found += lines(text, file: "/etc/apt/sources.list") }
        let folder = "/etc/apt/sources.list.d"
        for name in (try? await host.list(folder)) ?? [] {
            let path = Path.join(folder, name)
            guard let text = await host.readTextIfPresent(path) else { continue }
            if name.hasSuffix(".list") { found += lines(text, file: path) }
            if name.hasSuffix(".sources") { found += paragraphs(text, file: path) }
        }
        return found
    }

    static func lines(_ text: String, file: String) -> [AptSources] { PythonLines.split(text).compactMap { line($0, file: file) } }

    /// One line such as `deb [arch=amd64] https://deb.debian.org/debian bookworm main`.
    static func line(_ line: String, file: String) -> AptSources? {
        var text = line.stripped()
        var isDisabled = false
        if text.hasPrefix("#") {
            isDisabled = true
            text = String(text.drop { $0 == "#" }).stripped()
        }
        if let comment = text.firstIndex(of: "#") { text = String(text[..<comment]) }
        var options: [String: String] = [:]
        if let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") {
            for option in String(text[text.index(after: open)..<close]).words() {
                let pair = option.parts("=", maxSplits: 1)
                if pair.count == 2 { options[pair[0]] = pair[1] }
            }
            text.replaceSubrange(open...close, with: " ")
        }
        let words = text.words()
        guard words.count >= 3, words[0] == "deb" || words[0] == "deb-src", words[1].contains(":") else { return nil }
        return AptSources(
            file: file, types: [words[0]], options: options, uris: [words[1]], suites: [words[2]], components: Array(words.dropFirst(3)),
            isDisabled: isDisabled)
    }

    static func paragraphs(_ text: String, file: String) -> [AptSources] {
        var found: [AptSources] = []
        for paragraph in text.split(separator: "\n\n") {
            var fields: [String: String] = [:]
            for line in paragraph.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix(" ") {
                let pair = String(line).parts(":", maxSplits: 1)
                if pair.count == 2 { fields[pair[0].lowercased()] = pair[1].stripped() }
            }
            guard let uris = fields["uris"]?.words(), let suites = fields["suites"]?.words() else { continue }
            var options: [String: String] = [:]
            if let keys = fields["signed-by"], !keys.isEmpty { options["signed-by"] = keys }
            if let architectures = fields["architectures"] { options["arch"] = architectures.words().joined(separator: ",") }
            found.append(
                AptSources(
                    file: file, types: fields["types"]?.words() ?? ["deb"], options: options, uris: uris, suites: suites,
                    components: fields["components"]?.words() ?? [], isDisabled: fields["enabled"]?.lowercased() == "no"))
        }
        return found
    }

    var text: String {
        let options = options.isEmpty ? "" : " [" + options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ") + "]"
        let words = ([types[0] + options, uris[0], suites[0]] + components).joined(separator: " ")
        return (isDisabled ? "# " : "") + words
    }

    /// What `pkg.list_repos` says of it.
    func description(uri: String, suite: String) -> ValueMap {
        var one = self
        (one.uris, one.suites) = ([uri], [suite])
        return [
            "file": .string(file), "comps": components.value, "disabled": .bool(isDisabled), "enabled": .bool(!isDisabled), "dist": .string(suite),
            "suites": suites.value, "type": .string(types[0]), "types": types.value, "uri": .string(uri), "uris": uris.value,
            "line": .string(one.text), "architectures": (options["arch"]?.parts(",") ?? []).value, "signedby": .string(options["signed-by"] ?? ""),
        ]
    }
}
