import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct TouchSettings: ArgumentGroup {
        var atime: Value = .null
        var mtime: Value = .null
        var makedirs = false

        static let fields: [ArgumentField<TouchSettings>] = [
            .field("atime", \.atime, "The time of access, in seconds since 1970."),
            .field("mtime", \.mtime, "The time of change, in seconds since 1970."),
            .field("makedirs", \.makedirs, "Make missing parents."),
        ]
    }

    static func touch(_ given: StateContext, _ settings: TouchSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.touch") }
        if let failure = relativePathFailure(state, path) { return failure }
        return try await state.either(
            would: { try await touchForeseen(state, path, settings) }, do: { try await touchDone(state, path, settings) })
    }

    private static func touchForeseen(_ state: StateContext, _ path: String, _ settings: TouchSettings) async throws -> StateResult {
        let host = state.call.host
        var result = StateResult(name: path, result: nil, comment: "File \(path) is set to be created", changes: ["new": .string(path)])
        guard try await host.status(path) != nil, let status = try await host.status(path, followLinks: false) else { return result }
        // Salt compares the texts, so whole seconds always differ.
        let times = [(settings.atime, status.accessTime), (settings.mtime, status.modificationTime)]
        if times.contains(where: { !$0.isNull && $0.pythonString != Value.float($1).pythonString }) {
            result.comment = "Times set to be updated on file \(path)"
            result.changes = ["touched": .string(path)]
        } else {
            result.result = true
            result.comment = "File \(path) exists and has the correct times"
        }
        return result
    }

    private static func touchDone(_ state: StateContext, _ path: String, _ settings: TouchSettings) async throws -> StateResult {
        let host = state.call.host
        let parent = path.hasSuffix("/") ? String(path.dropLast()) : Path.parent(path) ?? "/"
        if settings.makedirs {
            do {
                try await NewFolders.make(parent, Ownership(), host)
            } catch let error as HostError {
                throw ExecutionError(error.pythonText)
            }
        }
        guard try await host.isDirectory(parent) else { return state.failed("Directory not present to touch file \(path)") }
        let status = try await host.status(path)
        do {
            try await host.touch(
                path, accessTime: try FileTimes.seconds(settings.atime), modificationTime: try FileTimes.seconds(settings.mtime))
        } catch let error as HostError {
            throw ExecutionError(error.reason)
        }
        guard let status else {
            return StateResult(name: path, result: true, comment: "Created empty file \(path)", changes: ["new": .string(path)])
        }
        let kind = status.kind == .directory ? "directory" : "file"
        return StateResult(name: path, result: true, comment: "Updated times on \(kind) \(path)", changes: ["touched": .string(path)])
    }
}

/// Times that users give for files.
enum FileTimes {
    /// Nil means now.
    static func seconds(_ value: Value) throws -> Double? {
        switch value {
        case .null: return nil
        case .int(let number): return Double(number)
        case .float(let number): return number
        case .string(let text) where !text.isEmpty && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }): return Double(text)
        default: throw ExecutionError("atime and mtime must be integers")
        }
    }
}
