import HaliteValue

/// Tells whether a repository is as a state of `pkgrepo` wants it, by what `pkg.get_repo` says of it.
struct AptRepositoryComparison {
    let before: ValueMap
    let wanted: ValueMap
    let comments: String?
    /// Whether the file is told among the changes: where it holds more than it should.
    var tellsFile = false

    /// The description of the repository that the arguments ask for.
    static func expand(_ repo: String, _ given: ValueMap, _ grains: ValueMap) throws -> ValueMap {
        var options = given
        let text = try LaunchpadArchive.line(repo, grains, login: options["ppa_auth"]?.stringValue)
        if options["file"] == nil, let file = try LaunchpadArchive.file(repo, grains) { options["file"] = .string(file) }
        for name in ["architectures", "comps"] {
            if let value = options[.string(name)] { options[.string(name)] = value.pythonString.parts(",").map { $0.stripped() }.value }
        }
        var source = AptEntry(file: AptSources.main, form: .line(AptLine(text)))
        for (key, value) in options where AptEntry.settings.contains(key.pythonString) { source.set(key.pythonString, value) }
        var entry = source.file.hasSuffix(".sources") ? paragraph(source, options) : line(source, options)
        entry.set("disabled", .bool(source.isDisabled))
        return [
            "file": .string(entry.file), "comps": entry.components.value, "disabled": .bool(entry.isDisabled), "dist": entry.dist,
            "suites": entry.suites.value, "type": entry.type, "types": entry.types.value, "uri": entry.uri, "uris": entry.uris.value,
            "line": .string(entry.text), "architectures": entry.architectures.value, "signedby": source.signedBy,
        ]
    }

    private static func paragraph(_ source: AptEntry, _ options: ValueMap) -> AptEntry {
        var entry = AptEntry(file: source.file, form: .paragraph(AptParagraph("")))
        func list(_ name: String, _ usual: Value) -> Value { options[.string(name)].flatMap { $0.listValue?.isEmpty == false ? $0 : nil } ?? usual }
        entry.set("types", list("types", source.type))
        entry.set("uris", list("uris", source.uri))
        entry.set("suites", list("suites", source.dist))
        entry.set("comps", source.components.value)
        if !source.architectures.isEmpty { entry.set("architectures", source.architectures.value) }
        if source.signedBy.isTruthy { entry.set("signedby", source.signedBy) }
        if let trusted = options["trusted"], trusted != false { entry.set("trusted", trusted) }
        return entry
    }

    private static func line(_ source: AptEntry, _ options: ValueMap) -> AptEntry {
        var words: [String] = []
        if !source.architectures.isEmpty { words.append("arch=" + source.architectures.joined(separator: ",")) }
        if source.signedBy.isTruthy { words.append("signed-by=" + source.signedBy.pythonString) }
        if options["trusted"]?.isTruthy == true { words.append("trusted=yes") }
        let bracket = words.isEmpty ? [] : ["[" + words.joined(separator: " ") + "]"]
        let parts = [source.type.pythonString] + bracket + [source.uri.pythonString, source.dist.pythonString] + source.components
        return AptEntry(file: source.file, form: .line(AptLine(parts.filter { !$0.isEmpty }.joined(separator: " "))))
    }

    var isSame: Bool { wanted.allSatisfy { $0.key == "file" || isSame($0.key, $0.value) } }

    private func isSame(_ key: Value, _ value: Value) -> Bool {
        guard let old = before[key] else { return key != "comps" }
        func words(_ value: Value) -> [String] { (value.listValue ?? []).map(\.pythonString) }
        switch key {
        case "comps": return words(value).sorted() == words(old).sorted()
        case "line": return wanted["disabled"] == true || isSameLine(value.pythonString, old.pythonString)
        case "architectures" where value.isTruthy: return Set(words(value)) == Set(words(old))
        default: return value.pythonString == old.pythonString
        }
    }

    private func isSameLine(_ new: String, _ old: String) -> Bool {
        func split(_ text: String) -> [String] {
            let words = text.words()
            return Array(words.prefix(3)) + words.dropFirst(3).sorted()
        }
        let parts = old.parts("#", maxSplits: 1).map { $0.stripped() }
        guard split(new) == split(parts[0]) else { return false }
        return comments.map { $0 == (parts.count > 1 ? parts[1] : "") } ?? true
    }

    /// What differs, in the form of Salt's states.
    func changes(to other: ValueMap) -> ValueMap {
        let keys = wanted.map(\.key).filter { $0 != "file" || tellsFile }
        return ValueMap(keys.filter { other[$0] != before[$0] }.map { ($0, ["new": other[$0] ?? .null, "old": before[$0] ?? .null]) })
    }
}
