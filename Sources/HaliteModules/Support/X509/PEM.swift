import HaliteCore
import HaliteModuleKit

/// The text form of keys and certificates.
enum PEM {
    struct Block: Sendable {
        let label: String
        let bytes: [UInt8]
        var isEncryptedInside = false
    }

    static func encode(_ label: String, _ bytes: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n" + lines(Base64.encode(bytes)) + "-----END \(label)-----\n"
    }

    /// Text in lines of 64 characters.
    static func lines(_ text: String) -> String {
        var rest = text[...]
        var output = ""
        while !rest.isEmpty {
            output += rest.prefix(64) + "\n"
            rest = rest.dropFirst(64)
        }
        return output
    }

    /// All blocks whose base64 can be read, in the order of the text.
    static func blocks(_ text: String) -> [Block] {
        var found: [Block] = []
        var label: String?
        var body = ""
        var isEncrypted = false
        for raw in PythonLines.split(text) {
            let line = raw.stripped()
            if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                (label, body, isEncrypted) = (String(line.dropFirst(11).dropLast(5)), "", false)
            } else if let open = label {
                if line == "-----END \(open)-----" {
                    if let bytes = Base64.decode(body) { found.append(Block(label: open, bytes: bytes, isEncryptedInside: isEncrypted)) }
                    label = nil
                } else if line.contains(":") {
                    if line.hasPrefix("Proc-Type: 4,ENCRYPTED") { isEncrypted = true }
                } else {
                    body += line
                }
            }
        }
        return found
    }

    // MARK: - Tidy entries

    /// One entry in good order: what `get_pem_entry` returns.
    static func entry(_ given: String, type: String?) throws -> String {
        var text = given.replacing("\\n", with: "\n")
        if PythonLines.split(text).count == 1, text.hasPrefix("-----"), text.hasSuffix("-----") { text = try unfolded(text) }
        let regex = try PythonRegex.compile(
            "\\s*(?P<header>-----BEGIN \(type ?? "[0-9A-Z ]+")-----)\\s+(?:(?P<proc>Proc-Type: 4,ENCRYPTED)\\s*)?"
                + "(?:(?P<dek>DEK-Info: (?:DES-[3A-Z\\-]+,[0-9A-F]{16}|[0-9A-Z\\-]+,[0-9A-F]{32}))\\s*)?(?P<body>.+?)\\s+(?P<footer>-----END \(type ?? "[0-9A-Z ]+")-----)\\s*",
            .dotAll)
        guard let match = try regex.search(text) else {
            throw ExecutionError(type.map { "PEM does not contain a single entry of type \($0):\n\(text)" } ?? "PEM text not valid:\n\(text)")
        }
        // A type may hold groups of its own.
        func part(_ name: String) -> String? { match.text(named: name, of: text) }
        var output = (part("header") ?? "") + "\n"
        if let kind = part("proc") { output += kind + "\n" }
        if let info = part("dek") { output += info + "\n\n" }
        let body = (part("body") ?? "").unicodeScalars.filter { !$0.properties.isWhitespace }.map(String.init).joined()
        return output + lines(body) + (part("footer") ?? "") + "\n"
    }

    /// Breaks an entry that came as one line, as the mine gives it.
    private static func unfolded(_ text: String) throws -> String {
        var parts: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix("-----") {
                guard let end = rest.dropFirst(5).firstRange(of: "-----") else { throw ExecutionError("substring not found") }
                parts.append(String(rest[..<end.upperBound]))
                rest = rest[end.upperBound...]
            } else {
                let chunk = rest.prefix(64).prefix { $0 != "-" }
                parts.append(String(chunk))
                rest = rest[chunk.endIndex...]
                if chunk.isEmpty { throw ExecutionError("PEM text not valid:\n\(text)") }
            }
        }
        return parts.joined(separator: "\n")
    }
}
