import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A file that holds a key, a request or a certificate: what all states of x509 do around their content.
struct ManagedMaterial: Sendable {
    /// What was found on the disk and what shall change.
    struct Found {
        /// The file behind a link; nil where there is none.
        var path: String?
        var changes = ValueMap()
        var replaces = false
        /// Whether what is there could be read, so that it is made again rather than made.
        var isKnown = false
    }

    let state: StateContext
    let path: String
    /// What it is, in comments.
    let subject: String
    let encoding: String
    /// Those that `file.managed` takes, and the others.
    var arguments: ValueMap = ["show_changes": false]
    private(set) var others = ValueMap()

    var material: Material { Material(host: state.call.host) }

    private static let ofFiles: Set<String> = [
        "user", "group", "mode", "attrs", "makedirs", "dir_mode", "backup", "create", "follow_symlinks", "check_cmd", "tmp_dir", "tmp_ext", "selinux",
        "file_encoding", "encoding_errors", "win_owner", "win_perms", "win_deny_perms", "win_inheritance", "win_perms_reset",
    ]

    init(_ state: StateContext, _ path: String, _ subject: String, _ given: ValueMap, encoding: String) throws {
        self.state = state
        self.path = path
        self.subject = subject
        self.encoding = encoding
        for (key, value) in given {
            if Self.ofFiles.contains(key.pythonString) {
                arguments[key.pythonString == "file_encoding" ? "encoding" : key.pythonString] = value
            } else {
                others[key] = value
            }
        }
    }

    func refuseOthers() throws {
        if others.isEmpty { return }
        throw ExecutionError("Unrecognized keyword arguments: \(Value.list(others.keys.map { $0 }).pythonRepr)")
    }

    /// Compares, then tells or makes the file.
    /// - Parameter look: finds what differs and returns what makes the new content.
    func managed(_ look: (ManagedMaterial, inout Found) async throws -> @Sendable () async throws -> [UInt8]) async throws -> StateResult {
        var result = StateResult(name: path, result: true, comment: "The \(subject) is in the correct state")
        do {
            let foreseen = try await place(nil, test: true)
            if foreseen.result == false {
                return StateResult(
                    name: path, result: false, comment: "Problem while testing file.managed changes, see its output", extra: sub(foreseen))
            }
            if foreseen.comment.contains("is not present and is not set for creation") {
                result.extra = sub(foreseen)
                return result
            }
            var found = Found()
            let host = state.call.host
            var real = path
            if try await host.isLink(path) {
                if arguments["follow_symlinks"]?.isTruthy != false {
                    real = try await host.resolved(path)
                } else {
                    // Salt removes the link even under test=True; here it stays until something is done.
                    found.replaces = true
                }
            }
            if try await host.isFile(real), try await !host.isLink(path) || real != path { found.path = real }
            let make = try await look(self, &found)
            if found.replaces { found.changes["replaced"] = .string(path) }
            if found.changes.isEmpty, foreseen.result == true, foreseen.changes.isEmpty {
                result.extra = sub(foreseen)
                return result
            }
            result.changes = found.changes
            return try await apply(result, found, foreseen, real, make)
        } catch {
            guard let worded = X509Text.worded(error) as? ExecutionError else { throw error }
            return state.failed("\(worded)")
        }
    }

    private func apply(
        _ start: StateResult, _ found: Found, _ foreseen: StateResult, _ real: String, _ make: @Sendable () async throws -> [UInt8]
    ) async throws -> StateResult {
        let verb = found.isKnown && !found.changes.isEmpty ? "recreate" : "create"
        return try await state.either(
            would: {
                var result = start
                if !found.changes.isEmpty {
                    result.result = nil
                    result.comment = "The \(subject) would have been \(verb)d"
                }
                result.extra = sub(foreseen)
                return result
            },
            do: {
                var result = start
                let isText = ["pem", "pkcs7_pem"].contains(encoding)
                let content = found.changes.isEmpty ? nil : try await make()
                if content != nil {
                    result.comment = "The \(subject) has been \(verb)d"
                    if try await state.call.host.isLink(path), real == path { try await state.call.host.remove(path) }
                }
                let placed = try await place(isText ? content : nil, test: false)
                result.extra = sub(placed)
                if placed.result == false {
                    return StateResult(
                        name: path, result: false, comment: "Could not \(found.isKnown ? "update" : "create") file, see file.managed output", extra: sub(placed))
                }
                if let content, !isText {
                    try await Backup.keep(real, mode: arguments["backup"] ?? "", state.call)
                    try await state.call.host.write(real, content, FileAttributes())
                }
                return result
            })
    }

    /// `file.managed` on the file; without content it looks after owner and mode alone.
    func place(_ content: [UInt8]?, test: Bool) async throws -> StateResult {
        guard let managed = FileState.functions.first(where: { $0.name == "managed" }) else { throw ExecutionError("file.managed is not there") }
        var call = state.call
        call.test = test
        call.function = "file.managed"
        var given = arguments
        given["name"] = .string(path)
        if let content { given["contents"] = .string(String(decoding: content, as: UTF8.self)) }
        given["replace"] = .bool(content != nil)
        return try await managed.call(StateContext(call: call, name: path, id: state.id, sls: state.sls, low: state.low), Arguments(keywords: given))
    }

    /// The result of `file.managed` as a state of its own below this one.
    private func sub(_ result: StateResult) -> ValueMap {
        let low: ValueMap = ["name": .string(path), "state": "file", "__id__": .string(state.id), "fun": "managed"]
        let entry: ValueMap = [
            "name": .string(result.name), "changes": .map(result.changes), "result": result.result.value, "comment": .string(result.comment), "low": .map(low),
        ]
        return ["sub_state_run": [.map(entry)]]
    }
}
