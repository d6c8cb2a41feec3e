import HaliteModuleKit
import HaliteValue

/// One line of a `sources.list`, such as `deb [arch=amd64] https://deb.debian.org/debian bookworm main`.
struct AptLine: Sendable {
    /// The options in their brackets, in order; `text` is how one stands there.
    struct Option: Sendable {
        var name: String
        var text: String
        var value: String
    }

    /// As it stood in the file.
    var line: String
    /// A comment, an empty line, or something that is no repository; it stays as it is.
    private(set) var isInvalid = false
    var isDisabled = false
    var type = ""
    var architectures: [String] = []
    var signedBy = ""
    var trusted: Bool?
    var uri = ""
    var suite = ""
    var components: [String] = []
    var comment = ""

    init(_ line: String) {
        self.line = line
        let words = readWords()
        guard !isInvalid else { return }
        var rest = words
        if rest[1].hasPrefix("[") {
            rest = rest.map { $0.trimmed("[]") }.filter { !$0.isEmpty }
            for option in Self.options(line) {
                switch option.name {
                case "arch": architectures = option.value.parts(",")
                case "signedby": signedBy = option.value
                case "trusted": trusted = AptFlag.read(option.value)
                default: break
                }
                if let index = rest.firstIndex(of: option.text) { rest.remove(at: index) }
            }
        }
        guard rest.count >= 3 else {
            isInvalid = true
            return
        }
        (type, uri, suite, components) = (rest[0], rest[1], rest[2], Array(rest.dropFirst(3)))
    }

    /// The words of the line; tells by the way whether it is off, and its comment.
    private mutating func readWords() -> [String] {
        var text = line.stripped()
        if text.hasPrefix("#") {
            isDisabled = true
            text.removeFirst()
        }
        if let mark = text.firstIndex(of: "#"), mark != text.startIndex {
            comment = String(text[text.index(after: mark)...])
            text = String(text[..<mark])
        }
        let words = Self.split(text.stripped())
        isInvalid = words.count < 3 || !["deb", "deb-src", "rpm", "rpm-src"].contains(words[0])
            || words[1].hasPrefix("[") && !words.dropFirst().contains { $0.hasSuffix("]") }
        return words
    }

    /// The address of a disc may hold spaces.
    private static func split(_ text: String) -> [String] {
        guard let start = text.ranges(of: "cdrom:").last?.lowerBound, let end = text[start...].lastIndex(of: "/") else { return text.words() }
        return String(text[..<start]).words() + [String(text[start ... end])] + String(text[text.index(after: end)...]).words()
    }

    static func options(_ line: String) -> [Option] {
        guard let open = line.firstIndex(of: "["), let mark = line[open...].firstIndex(of: "="), let close = line[mark...].firstIndex(of: "]")
        else { return [] }
        var found: [Option] = []
        for word in String(line[open ... close]).trimmed("[]").words() {
            let pair = word.parts("=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let name = word.hasPrefix("arch") ? "arch" : word.hasPrefix("signed-by") ? "signedby" : pair[0]
            if let index = found.firstIndex(where: { $0.name == name }) {
                let value = name == "arch" ? found[index].value + "," + pair[1] : pair[1]
                found[index] = Option(name: name, text: word, value: value)
            } else {
                found.append(Option(name: name, text: word, value: pair[1]))
            }
        }
        return found
    }

    /// The line as it is written.
    var text: String {
        if isInvalid { return line.stripped() }
        var options = Self.options(line)
        func set(_ name: String, _ key: String, _ value: String) {
            let option = Option(name: name, text: "\(key)=\(value)", value: value)
            if let index = options.firstIndex(where: { $0.name == name }) { options[index] = option } else { options.append(option) }
        }
        if !architectures.isEmpty { set("arch", "arch", architectures.joined(separator: ",")) }
        if !signedBy.isEmpty { set("signedby", "signed-by", signedBy) }
        if trusted == true { set("trusted", "trusted", "yes") }
        options.removeAll { $0.name == "trusted" && $0.value == "no" }
        var words = isDisabled ? ["#", type] : [type]
        if !options.isEmpty { words.append("[" + options.map(\.text).joined(separator: " ") + "]") }
        words += [uri, suite, components.joined(separator: " ")]
        if !comment.isEmpty { words.append("#" + comment) }
        return words.joined(separator: " ").stripped()
    }
}

/// Yes and no as apt takes them.
enum AptFlag {
    static func read(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "no", "false", "without", "off", "disable", "0": false
        case "yes", "true", "with", "on", "enable", "1": true
        default: nil
        }
    }

    /// What an argument says: true, 1 or a word; nothing for all else.
    static func read(_ value: Value) -> Bool? {
        switch value {
        case .bool(let flag): flag
        case .string(let text): read(text)
        default: value == 1 ? true : value == 0 ? false : nil
        }
    }
}

extension String {
    /// Without any of these characters at its ends.
    func trimmed(_ characters: String) -> String {
        let set = Set(characters.unicodeScalars)
        var scalars = Substring(self).unicodeScalars
        while let first = scalars.first, set.contains(first) { scalars.removeFirst() }
        while let last = scalars.last, set.contains(last) { scalars.removeLast() }
        return String(scalars)
    }
}
