import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    // MARK: - copy

    struct CopySettings: ArgumentGroup {
        var source = ""
        var force = false
        var makedirs = false
        var preserve = false
        var user: Account?
        var group: Account?
        var mode: FileMode?
        var dirMode: FileMode?
        var subdir = false
        var owner: Account?

        static let fields: [ArgumentField<CopySettings>] = [
            .field("source", \.source, "The file or folder on the host.", required: true),
            .field("force", \.force, "Replace what is there."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("preserve", \.preserve, "Keep owner, group and mode."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("mode", \.mode, "The mode; by default that of the source."),
            .field("dir_mode", \.dirMode, "The mode of parents that are made."),
            .field("subdir", \.subdir, "A folder in the place takes the copy in."),
            .field("owner", \.owner, "The same as user."),
        ]
    }

    static func copy(_ given: StateContext, _ settings: CopySettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let source = try await expanded(settings.source, state.call)
        if path.isEmpty { return state.failed("Must provide name to file.copy") }
        if let failure = relativePathFailure(state, path) { return failure }
        guard let original = try await state.call.host.status(source) else {
            return state.failed("Source file \"\(source)\" is not present")
        }
        let owners: Ownership
        if settings.preserve {
            let user = try await Ownership.userName(original.userID, state.call.host)
            let group = try await Ownership.groupName(original.groupID, state.call.host)
            owners = Ownership(user: Account(user), group: Account(group), mode: FileMode(bits: original.mode))
        } else {
            let user = settings.user ?? settings.owner
            let both = try await LinkOwners.complete((user?.value).value, (settings.group?.value).value, state.call)
            owners = Ownership(user: both.user, group: both.group, mode: settings.mode ?? FileMode(bits: original.mode))
            if let failure = try await missingAccountFailure(state, owners) { return failure }
        }
        return try await LocalCopy(state: state, path: path, source: source, original: original, owners: owners, settings: settings).apply()
    }

    /// A path whose `~` is resolved.
    static func expanded(_ path: String, _ call: CallContext) async throws -> String {
        try await Self.path(StateContext(call: call, name: path, id: "", sls: "", low: [:]))
    }

    // MARK: - rename

    struct RenameSettings: ArgumentGroup {
        var source = ""
        var force = false
        var makedirs = false
        static let fields: [ArgumentField<RenameSettings>] = [
            .field("source", \.source, "The old path.", required: true),
            .field("force", \.force, "Replace what is there."),
            .field("makedirs", \.makedirs, "Make missing parents."),
        ]
    }

    static func rename(_ given: StateContext, _ settings: RenameSettings) async throws -> StateResult {
        let path = try await withVariables(try await path(given), given.call)
        let state = given.named(path)
        let host = state.call.host
        let source = try await withVariables(try await expanded(settings.source, state.call), state.call)
        if path.isEmpty { return state.failed("Must provide name to file.rename") }
        if let failure = relativePathFailure(state, path) { return failure }
        if try await !host.exists(source) { return state.unchanged("Source file \"\(source)\" has already been moved out of place") }
        let isTaken = try await host.exists(path)
        if isTaken, !settings.force { return state.unchanged("The target file \"\(path)\" exists and will not be overwritten") }
        return try await state.either(
            would: {
                StateResult(name: path, result: nil, comment: "File \"\(source)\" is set to be moved to \"\(path)\"")
            },
            do: {
                if isTaken { try await host.remove(path) }
                if let failure = try await LocalCopy.missingParentFailure(state, path, makes: settings.makedirs, Ownership()) {
                    return failure
                }
                do {
                    let takesIn = try await host.isDirectory(path)
                    try await FileCopies.move(source, to: takesIn ? Path.join(path, Path.name(source)) : path, host)
                } catch is HostError {
                    return state.failed("Failed to move \"\(source)\" to \"\(path)\"")
                }
                return StateResult(
                    name: path, result: true, comment: "Moved \"\(source)\" to \"\(path)\"", changes: [.string(path): .string(source)])
            })
    }

    /// Python's `expandvars`: `$NAME` and `${NAME}` of the environment; unknown ones stay.
    private static func withVariables(_ text: String, _ call: CallContext) async throws -> String {
        guard text.contains("$") else { return text }
        let environment = try await call.host.identity().environment
        let bytes = Array(text.utf8)
        let result = try PythonRegex.compile("\\$(\\w+|\\{[^}]*\\})").substitute(in: bytes) { match in
            guard let range = match.ranges[0] else { return [] }
            let name = String(decoding: bytes[range].filter { !Array("${}".utf8).contains($0) }, as: UTF8.self)
            return environment[name].map { Array($0.utf8) } ?? Array(bytes[range])
        }
        return String(decoding: result.result, as: UTF8.self)
    }

    // MARK: - accumulated

    struct AccumulatedSettings: ArgumentGroup {
        var filename = ""
        var text: Value = .null
        static let fields: [ArgumentField<AccumulatedSettings>] = [
            .field("filename", \.filename, "The file that will hold it.", required: true),
            .field("text", \.text, "One text or a list."),
        ]
    }

    static func accumulated(_ state: StateContext, _ settings: AccumulatedSettings) async throws -> StateResult {
        if state.name.isEmpty { return state.failed("Must provide name to file.accumulated") }
        if settings.text.isNull { return state.failed("No text supplied for accumulator") }
        let targets = (state.low["require_in"]?.listValue ?? []) + (state.low["watch_in"]?.listValue ?? [])
        guard targets.contains(where: { $0["file"] != nil || $0 == "file" }) else {
            return state.failed("Orphaned accumulator \(state.name) in \(state.sls):\(state.id)")
        }
        let texts = settings.text.listValue ?? [settings.text]
        Accumulators.address(targets, name: state.name, path: settings.filename, state)
        let isNew = Accumulators.add(texts, name: state.name, path: settings.filename, state)
        return state.unchanged(isNew ? "Accumulator \(state.name) for file \(settings.filename) was charged by text" : "")
    }
}

/// Numbers of bytes as people write them.
enum ByteCount {
    static func parse(_ value: Value) throws -> Int {
        if case .int(let number) = value { return number }
        let text = value.pythonString.stripped().uppercased()
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let units = [
            "": 0, "B": 0, "K": 1, "KB": 1, "KIB": 1, "M": 2, "MB": 2, "MIB": 2, "G": 3, "GB": 3, "GIB": 3, "T": 4, "TB": 4, "TIB": 4,
        ]
        guard let number = Double(digits), let power = units[String(text.dropFirst(digits.count)).stripped()] else {
            throw ExecutionError("'\(value.pythonString)' is no size")
        }
        return Int(number * Double(1 << (10 * power)))
    }

    /// As `file.tidied` reads sizes: `10K` and `10KiB` are powers of two, `10KB` of ten; what is no size is 0.
    static func human(_ value: Value) -> Double {
        guard case .string(let text) = value else { return value.doubleValue ?? 0 }
        let bare = text.stripped().lowercased()
        let digits = bare.prefix { $0.isNumber || $0 == "." }
        let unit = String(bare.dropFirst(digits.count)).stripped()
        guard let number = Double(digits) else { return 0 }
        if unit.isEmpty || unit == "b" { return number.rounded(.down) }
        let powers: [Character: Int] = ["k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6, "z": 7, "y": 8]
        guard let first = unit.first, let power = powers[first] else { return 0 }
        let base: Double
        switch unit.dropFirst() {
        case "", "ib": base = 1024
        case "b": base = 1000
        default: return 0
        }
        return (0..<power).reduce(number) { result, _ in result * base }.rounded(.down)
    }
}
