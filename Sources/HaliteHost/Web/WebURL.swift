/// The parts of a URL, as Python's `urlparse` divides it.
package struct WebURL: Sendable, Equatable {
    package let scheme: String
    /// Host and port.
    package let host: String
    package let path: String
    package let query: String
    package let user: String?
    package let password: String?

    /// Nil for a text without a scheme.
    package init?(_ text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = String(text[..<mark.lowerBound]).lowercased()
        guard !scheme.isEmpty, scheme.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) })
        else { return nil }
        var rest = text[mark.upperBound...]
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        if let question = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: question)...])
            rest = rest[..<question]
        } else {
            query = ""
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        path = String(rest[slash...])
        if let at = authority.lastIndex(of: "@") {
            let pair = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = Self.decoded(String(pair[0]))
            password = pair.count == 2 ? Self.decoded(String(pair[1])) : nil
            authority = authority[authority.index(after: at)...]
        } else {
            user = nil
            password = nil
        }
        host = String(authority)
    }

    /// The URL without user and password.
    package var text: String { "\(scheme)://\(host)\(path)\(query.isEmpty ? "" : "?\(query)")" }

    /// A text with the user and password of web addresses crossed out.
    package static func redacted(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@"), let mark = text[..<at].firstRange(of: "://") else { return text }
        let scheme = ["https", "http"].first { text[..<mark.lowerBound].lowercased().hasSuffix($0) }
        return scheme == nil ? text : "\(text[..<mark.upperBound])<redacted>\(text[at...])"
    }

    private static func decoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(byte)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Everything but letters, digits and `-._~` as `%XX`.
    package static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
    }
}
