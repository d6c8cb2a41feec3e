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
        } else if middle.contains("@"), !middle.hasPrefix("www."), !(middle.first == "@" || middle.first == ":"),
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

    private func isWebAddress(_ text: String) -> Bool {
        var rest = text.lowercased()
        let hasScheme = rest.hasPrefix("https://") || rest.hasPrefix("http://")
        if hasScheme {
            rest = String(rest.dropFirst(rest.hasPrefix("https://") ? 8 : 7))
        } else if rest.hasPrefix("www.") {
            rest = String(rest.dropFirst(4))
        } else {
            return isBareDomain(rest)
        }
        if !hasScheme { return isHost(rest, needsDot: true) }
        if rest.hasPrefix("localhost") || rest.hasPrefix("[") {
            let host = rest.hasPrefix("[") ? rest.prefix { $0 != "]" } + "]" : "localhost"
            let after = rest.dropFirst(host.count)
            return host.count > 2 && (after.isEmpty || after.first == ":" || after.first == "/" || after.first == "?" || after.first == "#")
        }
        return isHost(rest, needsDot: false)
    }

    private func isHost(_ text: String, needsDot: Bool) -> Bool {
        let host = text.prefix { !"/?#:".contains($0) }
        let rest = text.dropFirst(host.count)
        guard let first = host.unicodeScalars.first, PythonCase.isAlphanumeric(first) || first == "_" || first == "%" else {
            return false
        }
        if rest.first == ":" {
            let port = rest.dropFirst().prefix { $0.isNumber }
            guard !port.isEmpty else { return false }
        }
        return host.unicodeScalars.allSatisfy { PythonCase.isAlphanumeric($0) || "._-%".unicodeScalars.contains($0) }
            && (!needsDot || host.contains(".") || !host.isEmpty)
    }

    private func isBareDomain(_ text: String) -> Bool {
        let host = text.prefix { !"/?#:".contains($0) }
        guard !host.contains("@") else { return false }
        let endings = [".com", ".net", ".org", ".edu", ".gov", ".int", ".mil", ".info"]
        guard let ending = endings.first(where: { host.hasSuffix($0) }) else { return false }
        let name = host.dropLast(ending.count)
        guard !name.isEmpty else { return false }
        return isHost(String(text), needsDot: true)
    }

    private func isMail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains(".") else { return false }
        return parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.unicodeScalars.allSatisfy { PythonCase.isAlphanumeric($0) || $0 == "-" || $0 == "_" }
        }
    }
}
