import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `file.find`: walks a tree and keeps what meets all conditions.
struct FileFinder {
    private var names: [String] = []
    private var foldedNames: [String] = []
    private var pattern: PythonRegex?
    private var types: Set<FileStatus.Kind> = []
    private var size: ClosedRange<Int>?
    private var age: (seconds: Double, isNewer: Bool)?
    private var owners: [String] = []
    private var groups: [String] = []
    private var contents: PythonRegex?
    private var depths = 0...Int.max
    /// What is deleted is a condition too: entries of these kinds alone.
    private var deletedKinds: Set<FileStatus.Kind>?
    private var actions: [Action] = []

    /// What is done with each entry that meets all conditions; each gives a result of its own.
    private enum Action {
        case show([String])
        case delete
        case run(String)
    }

    private var isDryRun = false

    init(options: ValueMap) throws {
        var least = 0
        var most = Int.max
        for (key, value) in options {
            let text = value.pythonString
            if key.pythonString.hasPrefix("_") { continue }
            guard value.isTruthy || ["mindepth", "maxdepth", "test"].contains(key.pythonString) else {
                throw ExecutionError("missing value for \"\(key.pythonString)\" option")
            }
            switch key.pythonString {
            case "name": names = value.listValue?.map(\.pythonString) ?? [text]
            case "iname": foldedNames = (value.listValue?.map(\.pythonString) ?? [text]).map { $0.lowercased() }
            case "regex": pattern = try PythonRegex.compile(text)
            case "iregex": pattern = try PythonRegex.compile(text, .ignoreCase)
            case "type": types = try Self.kinds(value.listValue?.map(\.pythonString).joined() ?? text)
            case "size": size = try Self.sizes(text)
            case "mtime": age = try Self.age(text)
            case "owner": owners = value.listValue?.map(\.pythonString) ?? text.parts(",")
            case "group": groups = value.listValue?.map(\.pythonString) ?? text.parts(",")
            case "grep": contents = try PythonRegex.compile(text)
            case "mindepth": least = try Int(value: value)
            case "maxdepth": most = try Int(value: value)
            case "delete":
                deletedKinds = try Self.kinds(text.contains("a") ? "bcdpfls" : text)
                actions.append(.delete)
            case "print":
                let columns = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
                actions.append(.show(columns.isEmpty ? ["path"] : columns))
            case "exec": actions.append(.run(text))
            case "test": isDryRun = value.isTruthy
            default: throw ExecutionError("invalid option \"\(key.pythonString)\"")
            }
        }
        depths = least...max(least, most)
        if actions.isEmpty { actions = [.show(["path"])] }
    }

    private static let letters: [Character: FileStatus.Kind] = [
        "f": .file, "d": .directory, "l": .link, "s": .socket, "p": .pipe, "b": .block, "c": .character,
    ]

    private static func kinds(_ text: String) throws -> Set<FileStatus.Kind> {
        Set(try text.filter { $0 != "," && !$0.isWhitespace }.map { letter in
            guard let kind = letters[letter] else { throw ExecutionError("invalid file type \"\(letter)\"") }
            return kind
        })
    }

    /// `10k` means from that size on, `-10k` up to it, `10k-20k` between.
    private static func sizes(_ text: String) throws -> ClosedRange<Int> {
        if text.hasPrefix("-") { return 0...(try ByteCount.parse(.string(String(text.dropFirst())))) }
        if text.hasPrefix("+") { return try ByteCount.parse(.string(String(text.dropFirst())))...Int.max }
        let parts = text.parts("-")
        if parts.count == 2, !parts[1].isEmpty { return try ByteCount.parse(.string(parts[0]))...(try ByteCount.parse(.string(parts[1]))) }
        if text.hasSuffix("+") { return try ByteCount.parse(.string(String(text.dropLast())))...Int.max }
        let exact = try ByteCount.parse(.string(text))
        return exact...exact
    }

    /// `1d` means changed within a day, `+1d` longer ago.
    private static func age(_ text: String) throws -> (seconds: Double, isNewer: Bool) {
        let isOlder = text.hasPrefix("+")
        let units: [Character: Double] = ["w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1]
        var seconds = 0.0
        var digits = ""
        for character in text.drop(while: { "+-".contains($0) }) {
            if let unit = units[character] {
                guard let number = Double(digits) else { throw ExecutionError("invalid time specification: \"\(text)\"") }
                seconds += number * unit
                digits = ""
            } else {
                digits.append(character)
            }
        }
        if !digits.isEmpty {
            guard let number = Double(digits) else { throw ExecutionError("invalid time specification: \"\(text)\"") }
            seconds += number
        }
        return (seconds, !isOlder)
    }

    func find(_ path: String, _ call: CallContext) async throws -> [Value] {
        var found: [Value] = []
        let now = age == nil ? 0 : Double(try await call.host.run("date", "+%s").text) ?? 0
        for top in try await PathPattern.expand(path, call.host) {
            if let status = try await match(top, depth: 0, now, call) { try await act(on: top, status, call, &found) }
            try await visit(top, depth: 1, now, call, &found)
        }
        return found.sorted { Self.precedes($0.listValue ?? [$0], $1.listValue ?? [$1]) }
    }

    /// The entries of a folder, and then what is below them and still there.
    private func visit(_ folder: String, depth: Int, _ now: Double, _ call: CallContext, _ found: inout [Value]) async throws {
        guard depth <= depths.upperBound, try await call.host.isDirectory(folder) else { return }
        if depth > 1, try await call.host.isLink(folder) { return }
        let paths = try await call.host.list(folder).map { Path.join(folder, $0) }
        // What is deleted may be what a link beside it leads to: all is looked at before anything is done.
        var matching: [(path: String, status: FileStatus)] = []
        for path in paths { if let status = try await match(path, depth: depth, now, call) { matching.append((path, status)) } }
        for entry in matching { try await act(on: entry.path, entry.status, call, &found) }
        for path in paths { try await visit(path, depth: depth + 1, now, call, &found) }
    }

    private func match(_ path: String, depth: Int, _ now: Double, _ call: CallContext) async throws -> FileStatus? {
        try await matches(path, depth: depth, now, call) ? try await Self.status(path, call.host) : nil
    }

    private func act(on path: String, _ status: FileStatus, _ call: CallContext, _ found: inout [Value]) async throws {
        for action in actions {
            switch action {
            case .show(let columns):
                var shown: [Value] = []
                for column in columns { if let value = try await Self.column(column, path, status, call.host) { shown.append(value) } }
                found.append(shown.count == 1 ? shown[0] : .list(shown))
            case .delete:
                // Never the root of the file system, whatever the conditions say.
                guard Path.normalised(path) != "/" else { continue }
                if !isDryRun { try await call.host.remove(path) }
                found.append(.string(path))
            case .run(let text):
                func filled(_ text: String) -> String { DataPath.split(text, "{}").joined(separator: path) }
                let command = filled(text)
                do {
                    // Words first and names then: no name of a file becomes more than a part of one argument.
                    let output = try await call.host.run(Command(try ShellWords.split(text).map(filled))).standardOutput
                    found.append(.string("\(command):\n\(String(decoding: output, as: UTF8.self))\n"))
                } catch {
                    found.append(.string("\(path): Failed"))
                }
            }
        }
    }

    /// Of a link what it leads to, as long as that is there.
    private static func status(_ path: String, _ host: any Host) async throws -> FileStatus? {
        if let followed = try await host.status(path) { return followed }
        return try await host.status(path, followLinks: false)
    }

    private static func column(_ name: String, _ path: String, _ status: FileStatus, _ host: any Host) async throws -> Value? {
        switch name {
        case "path": return .string(path)
        case "name": return .string(Path.name(path))
        case "size": return .int(status.size)
        case "type": return .string(letters.first { $0.value == status.kind }.map { String($0.key) } ?? "?")
        case "mode": return .int(status.mode & 0o777)
        case "mtime": return .int(Int(status.modificationTime))
        case "user": return .string(try await Ownership.userName(status.userID, host))
        case "group": return .string(try await Ownership.groupName(status.groupID, host))
        case "md5": return .string(status.kind == .file ? try await host.digest(path, .md5) : "")
        default: return nil
        }
    }

    private static func precedes(_ first: [Value], _ second: [Value]) -> Bool {
        for (a, b) in zip(first, second) where a != b {
            if let a = a.intValue, let b = b.intValue { return a < b }
            return a.pythonString.utf8.lexicographicallyPrecedes(b.pythonString.utf8)
        }
        return first.count < second.count
    }

    private func matches(_ path: String, depth: Int, _ now: Double, _ call: CallContext) async throws -> Bool {
        guard depths.contains(depth) else { return false }
        let name = Path.name(path)
        if !names.isEmpty, !names.contains(where: { Glob.matches($0, name) }) { return false }
        if !foldedNames.isEmpty, !foldedNames.contains(where: { Glob.matches($0, name.lowercased()) }) { return false }
        if let pattern, try !pattern.matches(path) { return false }
        guard let status = try await Self.status(path, call.host) else { return false }
        if !types.isEmpty, !types.contains(status.kind) { return false }
        if let deletedKinds, !deletedKinds.contains(status.kind) { return false }
        if let size, !size.contains(status.size) { return false }
        if let age, (now - status.modificationTime <= age.seconds) != age.isNewer { return false }
        if !owners.isEmpty {
            let user = try await Ownership.userName(status.userID, call.host)
            if !owners.contains(user), !owners.contains(String(status.userID)) { return false }
        }
        if !groups.isEmpty {
            let group = try await Ownership.groupName(status.groupID, call.host)
            if !groups.contains(group), !groups.contains(String(status.groupID)) { return false }
        }
        if let contents {
            guard status.kind == .file else { return false }
            return try contents.firstMatch(in: try await call.host.read(path)) != nil
        }
        return true
    }
}

/// Paths with shell patterns in them.
enum PathPattern {
    /// What matches, sorted; the path itself when it holds no pattern and is there.
    static func expand(_ pattern: String, _ host: any Host) async throws -> [String] {
        guard Glob.isPattern(pattern) else { return try await host.exists(pattern) ? [pattern] : [] }
        var found = ["/"]
        for part in pattern.split(separator: "/").map(String.init) {
            var next: [String] = []
            for folder in found {
                if !Glob.isPattern(part) {
                    let path = Path.join(folder, part)
                    if try await host.exists(path) { next.append(path) }
                } else if try await host.isDirectory(folder) {
                    let names = try await host.list(folder).filter { part.hasPrefix(".") || !$0.hasPrefix(".") }
                    next += names.filter { Glob.matches(part, $0) }.map { Path.join(folder, $0) }
                }
            }
            found = next
        }
        return found
    }
}
