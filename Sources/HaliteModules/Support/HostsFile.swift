/// The lines of `/etc/hosts`.
struct HostsFile: Sendable, Equatable {
    var address: String
    var names: [String]

    static func parse(_ text: String) -> [HostsFile] {
        PythonLines.split(text).compactMap { line in
            let words = line.parts("#", maxSplits: 1)[0].words()
            return words.count > 1 ? HostsFile(address: words[0], names: Array(words.dropFirst())) : nil
        }
    }
}
