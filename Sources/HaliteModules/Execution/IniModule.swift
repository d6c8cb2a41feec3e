import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Options and sections of INI files.
package struct IniModule: ExecutionModule {
    package static let name = "ini"
    package static let summary = "Options and sections of INI files."

    package static let functions: [Function] = [
        Function(
            "set_option", "Set options, and return what that changed.", .required("file_name", "The file."),
            .optional("sections", ValueMap(), "Sections with their options, and options without a section."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            .optional("no_spaces", false, "No blanks around the separator."),
            example: "halite '*' ini.set_option /etc/app.ini '{server: {port: 80}}'", body: set),
        Function(
            "get_option", "Return the value of an option.", .required("file_name", "The file."),
            .required("section", "The section, or null."),
            .required("option", "The option."), .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."), body: get),
        Function(
            "remove_option", "Remove an option and return its value.", .required("file_name", "The file."),
            .required("section", "The section, or null."), .required("option", "The option."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            body: removeOption),
        Function(
            "get_section", "Return the options of a section.", .required("file_name", "The file."), .required("section", "The section."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            body: getSection),
        Function(
            "remove_section", "Remove a section and return its options.", .required("file_name", "The file."),
            .required("section", "The section."), .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."), body: removeSection),
        Function(
            "get_ini", "Return the whole file.", .required("file_name", "The file."),
            .optional("separator", "=", "What stands between a name and its value."),
            .optional("encoding", nil as String?, "The file's encoding."),
            body: whole),
    ]

    private static func editor(_ call: CallContext, _ file: String, _ separator: String, _ encoding: String?) async throws -> IniEditor {
        try await IniEditor(file, separator: separator, encoding: encoding, call.host)
    }

    private static func set(
        _ call: CallContext, file: String, sections: ValueMap, separator: String, encoding: String?, noSpaces: Bool
    ) async throws -> ValueMap {
        var editor = try await editor(call, file, separator, encoding)
        let changes = try editor.set(sections, noSpaces: noSpaces)
        try await editor.save(call.host)
        return changes
    }

    private static func get(
        _ call: CallContext, file: String, section: String?, option: String, separator: String, encoding: String?
    ) async throws -> Value {
        let root = try await editor(call, file, separator, encoding).content()
        guard let section, !section.isEmpty else { return root[option].map(IniSection.rawValue) ?? .null }
        guard case .section(let found)? = root[section] else { return .null }
        return found[option].map(IniSection.rawValue) ?? .null
    }

    private static func removeOption(
        _ call: CallContext, file: String, section: String?, option: String, separator: String, encoding: String?
    ) async throws -> Value {
        var editor = try await editor(call, file, separator, encoding)
        let removed = try editor.removeOption(section, option)
        try await editor.save(call.host)
        return removed.map(IniSection.rawValue) ?? .null
    }

    private static func getSection(
        _ call: CallContext, file: String, section: String, separator: String, encoding: String?
    ) async throws -> ValueMap {
        switch try await editor(call, file, separator, encoding).content()[section] {
        case .section(let found)?: return found.value
        case .text?: throw ExecutionError("'str' object has no attribute 'items'")
        case nil: return [:]
        }
    }

    private static func removeSection(
        _ call: CallContext, file: String, section: String, separator: String, encoding: String?
    ) async throws -> ValueMap? {
        var editor = try await editor(call, file, separator, encoding)
        guard let removed = try editor.removeSection(section) else { return nil }
        try await editor.save(call.host)
        return removed
    }

    private static func whole(_ call: CallContext, file: String, separator: String, encoding: String?) async throws -> ValueMap {
        try await editor(call, file, separator, encoding).content().value
    }
}
