import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A file of the keys of hosts that ssh trusts.
struct KnownHosts: Sendable {
    struct Entry: Sendable, Equatable {
        var host: String
        var kind: String
        var key: String
        /// Nil where the caller gave the key.
        var fingerprint: String?
        /// The port that stands in the file with the name.
        var port: Int?
        /// The word of Python's that stands for a kind that nobody gave.
        static let noKind = "None"

        var value: Value {
            var map: ValueMap = ["hostname": .string(host), "enc": kind == Self.noKind ? .null : .string(kind), "key": .string(key)]
            if let port { map["port"] = .int(port) }
            if let fingerprint { map["fingerprint"] = .string(fingerprint) }
            return .map(map)
        }
    }

    /// What Salt returns in the place of an answer: `{status: error, error: …}`.
    struct Failure: Error {
        let reason: String
        var value: Value { ["status": "error", "error": .string(reason)] }
    }

    let call: CallContext
    let path: String
    let user: UserEntry?
    var hashType: String?

    init(_ call: CallContext, user name: String?, config: String?, hashType: String? = nil) async throws {
        self.call = call
        self.hashType = hashType
        let name = name.flatMap { $0.isEmpty ? nil : $0 }
        let given = config.flatMap { $0.isEmpty ? nil : $0 } ?? (name == nil ? "/etc/ssh/ssh_known_hosts" : ".ssh/known_hosts")
        let isAbsolute = given.hasPrefix("/")
        if let name {
            user = try await call.host.user(named: name)
            if user == nil, !isAbsolute { throw Failure(reason: "User \(name) does not exist") }
        } else {
            user = nil
            if !isAbsolute { throw Failure(reason: "Cannot determine absolute path to file.") }
        }
        path = isAbsolute ? given : Path.join(user?.home ?? "/", given)
    }

    /// With the port in Salt's form, where it is another than ssh's own.
    static func name(_ host: String, port: Int?) -> String {
        guard let port, port != 0, port != 22 else { return host }
        return "[\(host)]:\(port)"
    }

    static func fingerprint(_ key: String, _ hashType: String?) throws -> String? {
        let wanted = hashType.flatMap { $0.isEmpty ? nil : $0.lowercased() } ?? "sha256"
        guard let algorithm = HashAlgorithm(rawValue: wanted) else {
            throw ExecutionError("The fingerprint_hash_type \(wanted) is not supported.")
        }
        guard let bytes = Base64.decode(key) else { return nil }
        let digits = Array(Digest.hexadecimal(bytes, algorithm))
        return stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<$0 + 2]) }.joined(separator: ":")
    }

    static func parse(_ lines: [String], _ hashType: String?) throws -> [Entry] {
        var found: [Entry] = []
        for line in lines.map({ $0.stripped() }) where !line.isEmpty && !line.hasPrefix("#") {
            let words = line.words()
            guard words.count == 3, let fingerprint = try fingerprint(words[2], hashType) else { continue }
            found.append(Entry(host: words[0], kind: words[1], key: words[2], fingerprint: fingerprint))
        }
        return found
    }

    private func find(_ host: String, port: Int?) async throws -> [String] {
        try await call.host.run("ssh-keygen", "-F", Self.name(host, port: port), "-f", path).lines
    }

    func entries(_ host: String, port: Int?) async throws -> [Entry] { try Self.parse(try await find(host, port: port), hashType) }

    /// Asks the host itself for its keys, five times at most.
    static func received(
        _ call: CallContext, _ host: String, kind: String?, port: Int?, hashed: Bool, timeout: Int, hashType: String?
    ) async throws -> [Entry] {
        // A name that begins with a dash is none, and would be an option.
        if host.hasPrefix("-") { throw ExecutionError("'\(host)' is no name of a host") }
        var words = ["ssh-keyscan"]
        if let port, port != 0 { words += ["-p", String(port)] }
        if let kind, !kind.isEmpty { words += ["-t", kind] }
        if hashed { words.append("-H") }
        words += ["-T", String(timeout), host]
        for _ in 0..<5 {
            var command = Command(words)
            command.mergesErrors = true
            let lines = try await call.host.run(command).lines.filter { !$0.isEmpty }
            if !lines.isEmpty { return try parse(lines, hashType) }
        }
        return []
    }

    /// `exists`, `add` or `update`.
    func check(_ host: String, key: String?, fingerprint: String?, port: Int?) async throws -> String {
        let known = try await entries(host, port: port)
        if known.isEmpty { return "add" }
        if let key, !key.isEmpty { return known.contains { $0.key == key } ? "exists" : "update" }
        if let fingerprint, !fingerprint.isEmpty { return known.contains { $0.fingerprint == fingerprint } ? "exists" : "update" }
        return "exists"
    }

    // MARK: - Changing

    func setOwner() async throws {
        guard let user, try await call.host.identity().userID == 0 else { return }
        try await call.host.setAttributes(path, FileAttributes(userID: user.userID, groupID: user.groupID))
    }

    private func requireFile() async throws {
        if try await !call.host.isFile(path) { throw Failure(reason: "Known hosts file \(path) does not exist") }
    }

    private func change(_ words: [String]) async throws -> String {
        try await requireFile()
        let mode = try await call.host.status(path)?.mode
        var command = Command(["ssh-keygen"] + words + ["-f", path])
        command.mergesErrors = true
        let text = try await call.host.run(command).text
        if let mode, words.first == "-H" { try await call.host.setAttributes(path, FileAttributes(mode: mode)) }
        try await setOwner()
        return text
    }

    func remove(_ host: String, port: Int?) async throws -> String { try await change(["-R", Self.name(host, port: port)]) }
    func hash() async throws -> String { try await change(["-H"]) }

    /// Takes out the lines of a host, of one kind where one is given, and puts others behind the rest.
    func replace(_ host: String, kind: String?, port: Int?, lines: [String]) async throws {
        var old: [String] = []
        let status = try await call.host.status(path)
        if status?.kind == .file {
            old = TextContent.lines(try await call.host.read(path))
            for number in try await lineNumbers(host, kind, port).sorted(by: >)
            where (1...max(1, old.count)).contains(number) && number <= old.count {
                old.remove(at: number - 1)
            }
        } else if let folder = Path.parent(path), try await call.host.status(folder) == nil {
            try await call.host.makeDirectories(folder, FileAttributes(mode: user == nil ? nil : 0o700))
            if let user {
                try await call.host.setAttributes(folder, FileAttributes(mode: 0o700, userID: user.userID, groupID: user.groupID))
            }
        }
        if let last = old.last, !last.hasSuffix("\n") { old[old.count - 1] += "\n" }
        let text = (old + lines.map { $0 + "\n" }).joined()
        try await call.host.write(
            path, Array(text.utf8), FileAttributes(mode: status?.mode ?? 0o600, userID: status?.userID, groupID: status?.groupID))
        try await setOwner()
    }

    /// The program's answer has a remark with the line's number before each entry.
    private func lineNumbers(_ host: String, _ kind: String?, _ port: Int?) async throws -> [Int] {
        let lines = try await find(host, port: port).filter { !$0.isEmpty }
        return stride(from: 0, to: lines.count - 1, by: 2).compactMap { index in
            let words = lines[index + 1].words()
            if let kind, words.count < 2 || words[words.count - 2] != kind { return nil }
            return lines[index].words().last.flatMap { Int($0) }
        }
    }
}
