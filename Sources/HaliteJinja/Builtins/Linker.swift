/// Makes links of addresses in text, for `urlize`.
struct Linker {
    let limit: Int?
    let rel: String
    let target: String?
    let schemes: [String]

    /// The text is escaped for HTML already.
    func run(_ text: String) -> String {
        var result = ""
        var word = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if PythonSpace.isSpace(scalar) {
                if !word.isEmpty { result += link(String(word)) }
                word.removeAll()
                result.unicodeScalars.append(scalar)
            } else {
                word.append(scalar)
            }
        }
        if !word.isEmpty { result += link(String(word)) }
        return result
    }

    private var attributes: String {
        (rel.isEmpty ? "" : " rel=\"\(escapeHTML(rel))\"") + (target.map { " target=\"\(escapeHTML($0))\"" } ?? "")
    }

    private func shortened(_ text: String) -> String {
        guard let limit, text.scalarCount > limit else { return text }
        return TextSlice.slice(text, nil, limit, 1) + "..."
    }

    private func anchor(_ address: String, _ text: String, mail: Bool = false) -> String {
        "<a href=\"\(address)\"\(mail ? "" : attributes)>\(text)</a>"
    }

    private func link(_ word: String) -> String {
        var (head, middle, tail) = trimmed(word)
        balance(&middle, &tail)
        let linked: String
        if isWebAddress(middle) {
            let hasScheme = middle.hasPrefix("https://") || middle.hasPrefix("http://")
            linked = anchor(hasScheme ? middle : "https://" + middle, shortened(middle))
        } else if middle.hasPrefix("mailto:"), isMail(String(middle.dropFirst(7))) {
            linked = anchor(middle, String(middle.dropFirst(7)), mail: true)
        } else if middle.contains("@"), !middle.hasPrefix("www."), !middle.hasPrefix("@"), !middle.contains(":"),
            isMail(middle)
        {
            linked = anchor("mailto:" + middle, middle, mail: true)
        } else {
            linked = schemes.first { middle != $0 && middle.hasPrefix($0) }.map { _ in anchor(middle, middle) } ?? middle
        }
        head += linked
        return head + tail
    }

    /// Cuts brackets before and punctuation behind the address.
    private func trimmed(_ word: String) -> (String, String, String) {
        var head = ""
        var middle = word
        let openings = ["(", "<", "&lt;"]
        while let opening = openings.first(where: { middle.hasPrefix($0) }) {
            head += opening
            middle = String(middle.dropFirst(opening.count))
        }
        var tail = ""
        let closings = [")", ">", ".", ",", "\n", "&gt;"]
        while let closing = closings.first(where: { middle.hasSuffix($0) }) {
            tail = closing + tail
            middle = String(middle.dropLast(closing.count))
        }
        return (head, middle, tail)
    }

    /// Gives closing brackets back that an opening one inside of the address waits for.
    private func balance(_ middle: inout String, _ tail: inout String) {
        for (opening, closing) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
            let opened = PythonSplit.parts(middle, opening, limit: -1).count - 1
            let closed = PythonSplit.parts(middle, closing, limit: -1).count - 1
            guard opened > closed else { continue }
            let available = PythonSplit.parts(tail, closing, limit: -1).count - 1
            for _ in 0..<min(opened, available) {
                let parts = PythonSplit.parts(tail, closing, limit: 1)
                middle += parts[0] + closing
                tail = parts[1]
            }
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || PythonCase.isAlphanumeric(scalar) }

    private static func isLabel(_ label: Substring) -> Bool {
        !label.isEmpty && label.unicodeScalars.allSatisfy { isWord($0) || $0 == "%" || $0 == "-" }
    }

    private func isWebAddress(_ text: String) -> Bool {
        let lowered = text.lowercased()
        var rest = lowered[...]
        var hasScheme = true
        if rest.hasPrefix("https://") {
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            rest = rest.dropFirst(7)
        } else {
            hasScheme = false
        }
        if !hasScheme, !rest.hasPrefix("www.") { return isKnownDomain(rest) && hasValidEnd(rest) }
        if hasScheme, rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return false }
            return isAddress6(rest[..<end].dropFirst()) && hasValidEnd(rest[end...].dropFirst(), isTail: true)
        }
        guard hasValidEnd(rest) else { return false }
        let labels = host(hasScheme ? rest : rest.dropFirst(4)).split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last else { return false }
        if labels.dropLast().allSatisfy(Self.isLabel), isTopLevel(last) { return true }
        return (hasScheme && isAddress4(labels)) || isKnownDomain(rest)
    }

    private func host(_ text: Substring) -> Substring { text.prefix { !"/?#:".contains($0) } }

    /// Whether a port and a path follow the host, or nothing.
    private func hasValidEnd(_ text: Substring, isTail: Bool = false) -> Bool {
        var rest = isTail ? text : text.dropFirst(host(text).count)
        if rest.first == ":" {
            let port = rest.dropFirst().prefix { $0.isNumber }
            guard (1...5).contains(port.count) else { return false }
            rest = rest.dropFirst(1 + port.count)
        }
        return rest.isEmpty || "/?#".contains(rest[rest.startIndex])
    }

    private func isTopLevel(_ label: Substring) -> Bool {
        if label.hasPrefix("xn--") {
            let name = label.dropFirst(4)
            return (2...59).contains(name.count) && name.unicodeScalars.allSatisfy { Self.isWord($0) || $0 == "%" }
        }
        return (2...63).contains(label.utf8.count) && label.utf8.allSatisfy { (0x61...0x7A).contains($0) }
    }

    private func isKnownDomain(_ text: Substring) -> Bool {
        let labels = host(text).split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, let last = labels.last else { return false }
        return ["com", "net", "int", "edu", "gov", "org", "info", "mil"].contains(last)
            && labels.dropLast().allSatisfy { Self.isLabel($0) && (2...63).contains($0.count) }
    }

    private func isAddress4(_ labels: [Substring]) -> Bool {
        labels.count == 4 && labels.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isNumber) }
    }

    private func isAddress6(_ text: Substring) -> Bool {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        return (3...9).contains(groups.count) && groups.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }
    }

    private func isMail(_ text: String) -> Bool {
        guard let at = text.lastIndex(of: "@"), at > text.startIndex else { return false }
        let domain = text[at...].dropFirst()
        guard let first = domain.unicodeScalars.first, Self.isWord(first), let dot = domain.lastIndex(of: "."),
            dot > domain.startIndex
        else { return false }
        let ending = domain[dot...].dropFirst()
        return !ending.isEmpty && ending.unicodeScalars.allSatisfy(Self.isWord)
            && domain.unicodeScalars.allSatisfy { Self.isWord($0) || $0 == "." || $0 == "-" }
    }
}
