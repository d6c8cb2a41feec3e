/// The name of a locale: `language_TERRITORY.codeset@modifier charmap`.
struct LocaleName: Sendable {
    var language: String
    var territory: String
    var codeset: String
    var modifier: String
    var charmap: String

    init(_ text: String) {
        func split(_ text: String, _ mark: String) -> (String, String) {
            let parts = text.parts(mark, maxSplits: 1)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
        var rest = text
        (rest, charmap) = split(rest, " ")
        (rest, modifier) = split(rest, "@")
        (rest, codeset) = split(rest, ".")
        (language, territory) = split(rest, "_")
    }

    var text: String {
        var text = language
        for (mark, part) in [("_", territory), (".", codeset), ("@", modifier), (" ", charmap)] where !part.isEmpty { text += mark + part }
        return text
    }

    /// In the form in which two spellings of one locale are the same.
    var normalised: String {
        var name = self
        name.territory = territory.uppercased()
        name.codeset = codeset.lowercased().parts("-").joined()
        name.charmap = ""
        return name.text
    }
}
