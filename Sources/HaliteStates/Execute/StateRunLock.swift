import Glibc
import HaliteCore
import HaliteHost
import HaliteValue

/// One state run at a time on a host, whichever process it belongs to.
///
/// Each run holds a locked file in one folder for as long as it lives: the kernel frees the lock of a process that was
/// killed, so that nothing has to be tidied by hand. A second file is locked while the folder is looked at, so that of
/// two runs that start together one sees the other.
struct StateRunLock: Sendable {
    let folder: String

    /// A run that goes on or waits.
    struct Entry: Sendable {
        let jobID: String
        let function: String
        let processID: Int
        let isWaiting: Bool

        /// Worded as Salt does.
        var conflict: String {
            "The function \"\(function)\" is running as PID \(processID) and was started at "
                + "\(JobID(jobID).map(\.display) ?? "an unknown time") with jid \(jobID)"
        }
    }

    /// Holds the place of a run; letting go of it ends the run for the others.
    final class Ticket: Sendable {
        private let path: String
        private let descriptor: Int32

        fileprivate init(path: String, descriptor: Int32) {
            self.path = path
            self.descriptor = descriptor
        }

        fileprivate func write(_ entry: Entry) throws {
            let map: ValueMap = [
                "jid": .string(entry.jobID), "fun": .string(entry.function), "pid": .int(entry.processID), "waiting": .bool(entry.isWaiting),
            ]
            let bytes = Array(Value.map(map).json().utf8)
            guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
                throw HostError.last("write", path)
            }
        }

        deinit {
            unlink(path)
            close(descriptor)
        }
    }

    enum Admission {
        /// Without a ticket when the same job holds a place already, as a state does that calls `state.sls`.
        case granted(Ticket?)
        /// The runs that stand before this one.
        case refused([Entry])
    }

    /// - Parameter alongside: take a place although others run.
    func enter(jobID: String, function: String, alongside: Bool) throws -> Admission {
        try guarded {
            let others = try entries(except: jobID)
            if !others.isEmpty, !alongside { return .refused(others) }
            return .granted(try ticket(jobID, function, isWaiting: false))
        }
    }

    /// Takes a place behind those that run and wait; refused when as many as `limit` stand there already.
    func queue(jobID: String, function: String, limit: Int?) throws -> Admission {
        try guarded {
            let others = try entries(except: jobID)
            if let limit, others.count >= limit, !others.isEmpty { return .refused(others) }
            return .granted(try ticket(jobID, function, isWaiting: true))
        }
    }

    /// Turns a waiting place into a running one as soon as nobody stands before it.
    func tryStart(_ ticket: Ticket, jobID: String, function: String) throws -> Bool {
        try guarded {
            let before = try entries(except: jobID).filter { !$0.isWaiting || $0.jobID < jobID }
            guard before.isEmpty else { return false }
            try ticket.write(Entry(jobID: jobID, function: function, processID: Int(getpid()), isWaiting: false))
            return true
        }
    }

    /// The runs that go on or wait.
    func entries(except jobID: String = "") throws -> [Entry] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [Entry] = []
        while let item = readdir(directory) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasPrefix(".") || name == Self.guardName || name == jobID { continue }
            if let entry = entry(name) { found.append(entry) }
        }
        return found.sorted { $0.jobID < $1.jobID }
    }

    private static let guardName = "lock"

    private func entry(_ name: String) -> Entry? {
        let path = Path.join(folder, name)
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
            // Its process is gone.
            unlink(path)
            return nil
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let map = (try? Value(json: Array(buffer.prefix(max(0, count)))))?.mapValue ?? [:]
        return Entry(
            jobID: name, function: map["fun"]?.pythonString ?? "state.apply", processID: map["pid"]?.intValue ?? 0,
            isWaiting: map["waiting"]?.isTruthy ?? false)
    }

    private func ticket(_ jobID: String, _ function: String, isWaiting: Bool) throws -> Ticket? {
        let path = Path.join(folder, jobID)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError.last("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        let ticket = Ticket(path: path, descriptor: descriptor)
        try ticket.write(Entry(jobID: jobID, function: function, processID: Int(getpid()), isWaiting: isWaiting))
        return ticket
    }

    /// Runs the body while nobody else looks at the folder; held for microseconds.
    private func guarded<Result>(_ body: () throws -> Result) throws -> Result {
        let path = Path.join(folder, Self.guardName)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError.last("open", path) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 { guard errno == EINTR else { throw HostError.last("lock", path) } }
        return try body()
    }
}
