import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Says how a file differs from what it shall hold, as `file.managed` reports it.
struct FileComparison: Sendable {
    struct Outcome: Sendable {
        /// The text of the changes; empty when nothing differs.
        var text: String
        /// Whether the difference counts, where some are ignored.
        var counts = true
        /// Why the file could not be read; this is the text too.
        var unreadable: String?
    }

    let settings: FileState.ManagedSettings
    let call: CallContext

    /// - Parameter path: the file as it is.
    func difference(_ path: String, _ wanted: FileContent, _ host: any Host) async throws -> Outcome {
        do {
            // A link that leads nowhere, or a folder: Salt tells of what it cannot read in the place of changes.
            if try await wanted.isContent(of: path, host) { return Outcome(text: "", counts: false) }
        } catch let error as HostError {
            let text = "Failed to read \(path): \(error.reason)"
            return Outcome(text: text, counts: false, unreadable: text)
        }
        return try await difference(.onHost(path), wanted, host, obfuscates: true)
    }

    func difference(_ old: FileContent, _ new: FileContent, _ host: any Host, obfuscates: Bool) async throws -> Outcome {
        if obfuscates, call.services.options["obfuscate_templates"]?.isTruthy == true { return Outcome(text: "<Obfuscated Template>") }
        return try await difference(old, new, host)
    }

    func difference(_ old: FileContent, _ new: FileContent, _ host: any Host) async throws -> Outcome {
        // The first bytes tell binary files, which are then not read as a whole.
        if let kind = TextContent.binaryChange(try await old.head(host), try await new.head(host)) { return Outcome(text: kind) }
        let lines = UnifiedDiff.lines(TextContent.lines(try await old.read(host)), TextContent.lines(try await new.read(host)))
        guard settings.ignoresDifferences else { return Outcome(text: lines.joined()) }
        return Outcome(text: lines.joined(), counts: counts(lines))
    }

    /// Whether more differs than order, white space or comments, as far as these are ignored.
    private func counts(_ diff: [String]) -> Bool {
        var added: [String] = []
        var removed: [String] = []
        for line in diff where !line.hasPrefix("+++") && !line.hasPrefix("---") {
            guard let sign = line.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { continue }
            var text = String(line.dropFirst())
            for mark in settings.ignoredComments {
                if let range = text.firstRange(of: mark) { text = String(text[..<range.lowerBound]) }
            }
            if settings.ignoreWhitespace { text = text.stripped() }
            if text.isEmpty { continue }
            if sign == UInt8(ascii: "+") { added.append(text) } else { removed.append(text) }
        }
        return added.sorted() != removed.sorted()
    }
}

extension FileContent {
    /// The first bytes, which tell text from other content.
    func head(_ host: any Host) async throws -> [UInt8] {
        let limit = 512
        switch self {
        case .bytes(let bytes): return Array(bytes.prefix(limit))
        case .local(let path): return try await LocalHost().head(path, limit)
        case .onHost(let path): return try await host.head(path, limit)
        }
    }
}
