import Glibc
import HaliteHost
import HaliteModuleKit
import HaliteValue
import Synchronization

/// Appends each change of state runs to a file before it is made, a JSON object a line: the option `state_journal`.
final class FileJournal: ChangeJournal {
    private let descriptor: Int32
    private let path: String
    private let jobID: String
    /// Lines of states that run beside one another stay whole.
    private let gate = Mutex(())

    init(path: String, jobID: String) throws {
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError.last("open", path) }
        self.path = path
        self.jobID = jobID
    }

    deinit { close(descriptor) }

    func willChange(_ change: StateChange) async throws {
        try write([
            "jid": .string(jobID), "state": .string(change.function), "id": .string(change.id), "sls": .string(change.sls),
            "name": .string(change.name), "changes": .map(change.changes), "comment": .string(change.comment),
        ])
    }

    func willPerform(_ step: HostChange, id: String) async throws {
        var line: ValueMap = ["jid": .string(jobID), "id": .string(id)]
        for (key, value) in step.summary { line[key] = value }
        try write(line)
    }

    private func write(_ line: ValueMap) throws {
        let bytes = Array((Value.map(line).json(compact: true) + "\n").utf8)
        try gate.withLock { _ in
            guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fdatasync(descriptor) == 0 else {
                throw HostError.last("write", path)
            }
        }
    }
}

extension HostChange {
    /// Without contents and without the arguments of programs, which may hold secrets.
    fileprivate var summary: ValueMap {
        switch self {
        case .write(let path, let size, _): ["step": "write", "path": .string(path), "size": .int(size)]
        case .put(let path, _, _): ["step": "write", "path": .string(path)]
        case .copy(let path, let source, _): ["step": "write", "path": .string(path), "target": .string(source)]
        case .makeDirectory(let path, _): ["step": "mkdir", "path": .string(path)]
        case .makeLink(let path, let target): ["step": "symlink", "path": .string(path), "target": .string(target)]
        case .link(let path, let existing): ["step": "link", "path": .string(path), "target": .string(existing)]
        case .rename(let path, let other): ["step": "rename", "path": .string(path), "target": .string(other)]
        case .remove(let path): ["step": "remove", "path": .string(path)]
        case .setAttributes(let path, _): ["step": "attributes", "path": .string(path)]
        case .touch(let path): ["step": "touch", "path": .string(path)]
        case .run(let arguments): ["step": "run", "program": .string(arguments.first ?? "")]
        }
    }
}
