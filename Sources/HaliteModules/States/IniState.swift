import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Options and sections that INI files have, or have not.
package struct IniState: StateModule {
    package static let name = "ini"
    package static let summary = "Options and sections that INI files have, or have not."

    package static let functions: [StateFunction] = [
        StateFunction("options_present", "A file has these options.", Settings.self, body: optionsPresent),
        StateFunction(
            "options_absent", "A file has not these options.", .required("name", "The file."),
            .optional("sections", ValueMap(), "Sections with lists of options, and options without a section."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            body: optionsAbsent),
        StateFunction(
            "sections_present", "A file has these sections.", .required("name", "The file."),
            .optional("sections", nil as Value, "The sections."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            body: sectionsPresent),
        StateFunction(
            "sections_absent", "A file has not these sections.", .required("name", "The file."),
            .optional("sections", nil as Value, "The sections."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            body: sectionsAbsent),
    ]

    struct Settings: ArgumentGroup {
        var sections: ValueMap = [:]
        var separator = "="
        var strict = false
        var encoding: String?
        var noSpaces = false

        static let fields: [ArgumentField<Settings>] = [
            .field("sections", \.sections, "Sections with their options, and options without a section."),
            .field("separator", \.separator, "What stands between a name and its value."),
            .field("strict", \.strict, "Remove all other sections, and all other options of these."),
            .field("encoding", \.encoding, "The file's encoding."),
            .field("no_spaces", \.noSpaces, "No blanks around the separator."),
        ]
    }

    private static let nothing = "No anomaly detected"

    // MARK: - Options

    private static func optionsPresent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        try await state.either(
            would: {
                let editor = try await IniEditor(state.name, separator: settings.separator, encoding: settings.encoding, state.call.host)
                return foreseen(state, settings, try editor.content().value)
            },
            do: {
                var editor = try await IniEditor(state.name, separator: settings.separator, encoding: settings.encoding, state.call.host)
                let changes = try present(settings, &editor)
                do { try await editor.save(state.call.host) } catch let error as ExecutionError { return state.failed("\(error)") }
                return StateResult(
                    name: state.name, result: true, comment: changes.isEmpty ? nothing : "Changes take effect", changes: changes)
            })
    }

    private static func bodies(_ sections: ValueMap) -> (options: ValueMap, sections: [(name: String, body: ValueMap)]) {
        var options = ValueMap()
        var bodies: [(String, ValueMap)] = []
        for (key, value) in sections {
            if let body = value.mapValue { bodies.append((key.pythonString, body)) } else { options[key] = value }
        }
        return (options, bodies)
    }

    private static func names(_ map: ValueMap) -> Set<String> { Set(map.keys.map(\.pythonString)) }

    private static func foreseen(_ state: StateContext, _ settings: Settings, _ current: ValueMap) -> StateResult {
        let (options, sections) = bodies(settings.sections)
        var lines: [String] = []
        var result: Bool? = true
        func change(_ line: String) {
            lines.append(line)
            result = nil
        }
        func compare(_ wanted: ValueMap, _ found: ValueMap, _ place: String) {
            for (key, value) in wanted {
                let old = found[key]
                if old?.mapValue == nil, (old?.pythonString ?? "#-#-") == value.pythonString, old != nil || !place.isEmpty {
                    lines.append("Unchanged key \(key.pythonString)\(place).")
                } else {
                    change("Changed key \(key.pythonString)\(place).")
                }
            }
        }
        compare(options, ValueMap(current.filter { $0.value.mapValue == nil }.map { ($0.key, $0.value) }), "")
        if settings.strict, !settings.sections.isEmpty {
            let (known, wanted) = (names(options), Set(sections.map(\.name)))
            for (key, value) in current where value.mapValue == nil && !known.contains(key.pythonString) {
                change("Removed key \(key.pythonString).")
            }
            for (key, value) in current where value.mapValue != nil && !wanted.contains(key.pythonString) {
                change("Removed section \(key.pythonString).")
            }
        }
        for (name, body) in sections {
            let place = name.isEmpty ? "" : " in section \(name)"
            let found = current[name]?.mapValue ?? [:]
            if settings.strict {
                let wanted = names(body)
                for (key, _) in found where !wanted.contains(key.pythonString) { change("Deleted key \(key.pythonString)\(place).") }
            }
            compare(body, found, place)
        }
        return StateResult(name: state.name, result: result, comment: lines.map { $0 + "\n" }.joined())
    }

    private static func present(_ settings: Settings, _ editor: inout IniEditor) throws -> ValueMap {
        if settings.sections.isEmpty { return try editor.set([:], noSpaces: settings.noSpaces) }
        let (options, sections) = bodies(settings.sections)
        let current = try editor.content().value
        var changes = try editor.set(options, noSpaces: settings.noSpaces)
        if settings.strict {
            let (known, wanted) = (names(options), Set(sections.map(\.name)))
            for (key, value) in current where value.mapValue == nil && !known.contains(key.pythonString) {
                _ = try editor.removeOption(nil, key.pythonString)
                changes[key] = ["before": value, "after": nil]
            }
            for (key, value) in current where value.mapValue != nil && !wanted.contains(key.pythonString) {
                _ = try editor.removeSection(key.pythonString)
                changes[key] = ["before": value, "after": nil]
            }
        }
        for (name, body) in sections {
            var made = ValueMap()
            if settings.strict {
                let wanted = names(body)
                for (key, value) in current[name]?.mapValue ?? [:] where !wanted.contains(key.pythonString) {
                    _ = try editor.removeOption(name, key.pythonString)
                    made[key] = ["before": value, "after": nil]
                }
            }
            let updated = try editor.set([.string(name): .map(body)], noSpaces: settings.noSpaces)
            for (key, value) in updated[name]?.mapValue ?? [:] { made[key] = value }
            changes[.string(name)] = made.isEmpty ? nil : .map(made)
        }
        return changes
    }

    private static func optionsAbsent(
        _ state: StateContext, name: String, sections: ValueMap, separator: String, encoding: String?
    ) async throws -> StateResult {
        var editor = try await IniEditor(name, separator: separator, encoding: encoding, state.call.host)
        return try await state.either(
            would: {
                let root = try editor.content()
                var lines: [String] = []
                var result: Bool? = true
                for (key, wanted) in sections {
                    let section = key.pythonString
                    guard let keys = wanted.listValue else {
                        let isThere = root[section].map { IniSection.value($0).isTruthy } ?? false
                        lines.append(isThere ? "Deleted key \(section)." : "Key \(section) does not exist.")
                        if isThere { result = nil }
                        continue
                    }
                    let place = section.isEmpty ? "" : " in section \(section)"
                    let found = root[section].map { IniSection.value($0) }
                    for key in keys.map(\.pythonString) {
                        let isThere = found?[key]?.isTruthy ?? false
                        lines.append(isThere ? "Deleted key \(key)\(place)." : "Key \(key)\(place) does not exist.")
                        if isThere { result = nil }
                    }
                }
                let comment = lines.isEmpty ? "No changes detected." : lines.map { $0 + "\n" }.joined()
                return StateResult(name: name, result: result, comment: comment)
            },
            do: {
                var changes = ValueMap()
                for (key, wanted) in sections {
                    let section = key.pythonString
                    guard let keys = wanted.listValue else {
                        // An option without a section: named by the key, whatever its value is.
                        if let removed = try editor.removeOption(nil, section), IniSection.value(removed).isTruthy {
                            changes[key] = IniSection.rawValue(removed)
                        }
                        continue
                    }
                    var made = ValueMap()
                    for option in keys.map(\.pythonString) {
                        guard let removed = try editor.removeOption(section, option) else { continue }
                        let value = IniSection.rawValue(removed)
                        if value.isTruthy { made[.string(option)] = value }
                    }
                    if !made.isEmpty { changes[key] = .map(made) }
                }
                if !sections.isEmpty { try await editor.save(state.call.host) }
                return StateResult(name: name, result: true, comment: changes.isEmpty ? nothing : "Changes take effect", changes: changes)
            })
    }

    // MARK: - Sections

    /// A list of names, or a dictionary whose keys they are.
    private static func sectionNames(_ value: Value) -> [String] {
        if let map = value.mapValue { return map.keys.map(\.pythonString) }
        if let list = value.listValue { return list.flatMap { $0.mapValue.map { $0.keys.map(\.pythonString) } ?? [$0.pythonString] } }
        return value.isTruthy ? [value.pythonString] : []
    }

    private static func foreseen(_ state: StateContext, _ lines: [String], changed: Bool) -> StateResult {
        let comment = lines.isEmpty ? "No changes detected." : lines.map { $0 + "\n" }.joined()
        return StateResult(name: state.name, result: changed ? nil : true, comment: comment)
    }

    private static func sectionsPresent(
        _ state: StateContext, name: String, sections: Value, separator: String, encoding: String?
    ) async throws -> StateResult {
        var editor = try await IniEditor(name, separator: separator, encoding: encoding, state.call.host)
        let wanted = sectionNames(sections)
        return try await state.either(
            would: {
                let root = try editor.content()
                let lines = wanted.map { root[$0] == nil ? "Created new section \($0)." : "Section unchanged \($0)." }
                return foreseen(state, lines, changed: wanted.contains { root[$0] == nil })
            },
            do: {
                let changes = try editor.set(ValueMap(wanted.map { (.string($0), [:]) }), noSpaces: false)
                try await editor.save(state.call.host)
                return StateResult(name: name, result: true, comment: changes.isEmpty ? nothing : "Changes take effect", changes: changes)
            })
    }

    private static func sectionsAbsent(
        _ state: StateContext, name: String, sections: Value, separator: String, encoding: String?
    ) async throws -> StateResult {
        var editor = try await IniEditor(name, separator: separator, encoding: encoding, state.call.host)
        let unwanted = sectionNames(sections)
        return try await state.either(
            would: {
                let root = try editor.content()
                let lines = unwanted.map { root[$0] == nil ? "Section \($0) does not exist." : "Deleted section \($0)." }
                return foreseen(state, lines, changed: unwanted.contains { root[$0] != nil })
            },
            do: {
                var changes = ValueMap()
                var isRemoved = false
                for section in unwanted {
                    guard let removed = try editor.removeSection(section) else { continue }
                    isRemoved = true
                    if !removed.isEmpty { changes[.string(section)] = .map(removed) }
                }
                if isRemoved { try await editor.save(state.call.host) }
                return StateResult(name: name, result: true, comment: changes.isEmpty ? nothing : "Changes take effect", changes: changes)
            })
    }
}
