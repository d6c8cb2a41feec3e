import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The copies that `backup: minion` has kept.
extension FileModule {
    static let backups: [Function] =
        ["list_backups", "list_backup"].map { name in
            Function(
                name, "Return the kept copies of a file, the latest first.", .required("path", "The path."),
                .optional("limit", .null as Value, "At most so many."), body: listBackups)
        } + [
            Function(
                "list_backups_dir", "Return the kept copies of all files of a folder.",
                .required("path", "The folder, with a slash at its end."), .optional("limit", .null as Value, "At most so many of each."),
                body: listFolderBackups),
            Function(
                "restore_backup", "Put a kept copy in the place of a file.", .required("path", "The path."),
                .required("backup_id", "Its number in list_backups."), body: restoreBackup),
        ]
        + ["delete_backup", "remove_backup"].map { name in
            Function(
                name, "Remove a kept copy.", .required("path", "The path."), .required("backup_id", "Its number in list_backups."),
                body: deleteBackup)
        }

    private static let timeFormat = "%a_%b_%d_%H:%M:%S_%f_%Y"

    private static func limit(_ value: Value) -> Int { value.isNull ? .max : value.intValue ?? Int(value.pythonString) ?? .max }

    private static func copies(_ call: CallContext, of name: String, in folder: String) async throws -> [(date: CivilDate, entry: ValueMap)]
    {
        var found: [(date: CivilDate, entry: ValueMap)] = []
        for file in try await call.host.list(folder) where file.hasPrefix(name + "_") {
            let place = Path.join(folder, file)
            guard let date = CivilDate(String(file.dropFirst(name.count + 1)), format: timeFormat),
                let status = try await call.host.status(place), status.kind == .file
            else { continue }
            found.append((date, ["Backup Time": .string(shown(date)), "Size": .int(status.size), "Location": .string(place)]))
        }
        return found.sorted { $0.date.seconds > $1.date.seconds }
    }

    private static func shown(_ date: CivilDate) -> String {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func digits(_ number: Int, _ count: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return
            "\(days[date.weekday]) \(months[date.month - 1]) \(digits(date.day)) \(date.year) \(digits(date.hour)):\(digits(date.minute)):\(digits(date.second)).\(digits(date.microsecond, 6))"
    }

    private static func numbered(_ copies: [(date: CivilDate, entry: ValueMap)], _ limit: Int) -> ValueMap {
        ValueMap(copies.prefix(max(0, limit)).enumerated().map { (.int($0.offset), .map($0.element.entry)) })
    }

    private static func listBackups(_ call: CallContext, path: String, limit: Value) async throws -> ValueMap {
        let folder = Backup.folder(of: path, call)
        guard try await call.host.isDirectory(folder) else { return [:] }
        return numbered(try await copies(call, of: Path.name(path), in: folder), Self.limit(limit))
    }

    private static func listFolderBackups(_ call: CallContext, path: String, limit: Value) async throws -> ValueMap {
        let folder = Backup.folder(of: path.hasSuffix("/") ? path + "x" : path, call)
        guard try await call.host.isDirectory(folder) else { return [:] }
        var found = ValueMap()
        for file in try await call.host.list(folder) {
            // Salt takes what stands in front of the first line as the name.
            let name = String(file.prefix { $0 != "_" })
            if found[name] == nil { found[name] = .map(numbered(try await copies(call, of: name, in: folder), Self.limit(limit))) }
        }
        return found
    }

    /// The copy with a number, or Salt's complaint.
    private static func copy(_ call: CallContext, _ path: String, _ number: Value) async throws -> (place: String?, comment: String) {
        let text = number.pythonString
        guard let index = Int(text), String(index) == text else { return (nil, "Invalid backup_id '\(text)'") }
        let known = try await copies(call, of: Path.name(path), in: Backup.folder(of: path, call))
        guard known.indices.contains(index) else { return (nil, "backup_id '\(text)' does not exist for \(path)") }
        return (known[index].entry["Location"]?.stringValue, "")
    }

    private static func found(_ call: CallContext, _ path: String, _ number: Value) async throws -> (place: String?, comment: String) {
        guard try await call.host.isDirectory(Backup.folder(of: path, call)) else {
            let text = number.pythonString
            let isNumber = Int(text).map { String($0) == text } ?? false
            return (nil, isNumber ? "backup_id '\(text)' does not exist for \(path)" : "Invalid backup_id '\(text)'")
        }
        return try await copy(call, path, number)
    }

    private static func restoreBackup(_ call: CallContext, path: String, number: Value) async throws -> ValueMap {
        let found = try await found(call, path, number)
        guard let place = found.place else { return ["result": false, "comment": .string(found.comment)] }
        // What is there now is kept, too.
        try await Backup.keep(path, mode: "minion", call)
        do {
            try await FileEdit(old: [], new: []).replace(path, with: .onHost(place), call.host)
        } catch let error as HostError {
            return ["result": false, "comment": .string("Unable to restore \(place) to \(path): \(error.pythonText)")]
        }
        return ["result": true, "comment": .string("Successfully restored \(place) to \(path)")]
    }

    private static func deleteBackup(_ call: CallContext, path: String, number: Value) async throws -> ValueMap {
        let found = try await found(call, path, number)
        guard let place = found.place else { return ["result": false, "comment": .string(found.comment)] }
        do {
            try await call.host.remove(place)
        } catch let error as HostError {
            return ["result": false, "comment": .string("Unable to remove \(place): \(error.pythonText)")]
        }
        return ["result": true, "comment": .string("Successfully removed \(place)")]
    }
}
