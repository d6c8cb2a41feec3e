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
    private var deletes = false

    init(options: ValueMap) throws {
        var least = 0
        var most = Int.max
        for (key, value) in options {
            let text = value.pythonString
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
            case "delete": deletes = true
            case "print": break
            default:
                let hint = NearestName.hint(key.pythonString, among: ["name", "iname", "regex", "type", "size", "mtime", "owner", "group", "grep", "mindepth", "maxdepth", "delete"])
                throw ExecutionError("file.find has no option '\(key.pythonString)'\(hint)")
            }
        }
        depths = least...max(least, most)
    }

    private static func kinds(_ letters: String) throws -> Set<FileStatus.Kind> {
        let known: [Character: FileStatus.Kind] = [
            "f": .file, "d": .directory, "l": .link, "s": .socket, "p": .pipe, "b": .block, "c": .character,
        ]
        return Set(try letters.map { letter in
            guard let kind = known[letter] else { throw ExecutionError("invalid file type: \"\(letter)\"") }
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
            if try await matches(top, depth: 0, now, call) { found.append(.string(top)) }
            try await visit(top, depth: 1, now, call, &found)
        }
        if deletes { for entry in found.reversed() { try await call.host.remove(entry.pythonString) } }
        return found
    }

    private func visit(_ folder: String, depth: Int, _ now: Double, _ call: CallContext, _ found: inout [Value]) async throws {
        guard depth <= depths.upperBound, try await call.host.isDirectory(folder) else { return }
        if depth > 1, try await call.host.isLink(folder) { return }
        for name in try await call.host.list(folder) {
            let path = Path.join(folder, name)
            if try await matches(path, depth: depth, now, call) { found.append(.string(path)) }
            try await visit(path, depth: depth + 1, now, call, &found)
        }
    }

    private func matches(_ path: String, depth: Int, _ now: Double, _ call: CallContext) async throws -> Bool {
        guard depths.contains(depth) else { return false }
        let name = Path.name(path)
        if !names.isEmpty, !names.contains(where: { Glob.matches($0, name) }) { return false }
        if !foldedNames.isEmpty, !foldedNames.contains(where: { Glob.matches($0, name.lowercased()) }) { return false }
        if let pattern, try !pattern.matches(path) { return false }
        guard let status = try await call.host.status(path, followLinks: false) else { return false }
        if !types.isEmpty, !types.contains(status.kind) { return false }
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
