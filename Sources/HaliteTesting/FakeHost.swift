import HaliteCore
import HaliteHost
import Synchronization

/// A host in memory: files in a dictionary, commands answered from a record. It writes down what was run.
package final class FakeHost: Host {
    package struct Node: Sendable {
        package var status: FileStatus
        package var content: [UInt8]
        package var target: String
    }

    private struct State {
        var nodes: [String: Node] = [:]
        var users: [UserEntry] = []
        var groups: [GroupEntry] = []
        var answers: [FakeAnswer] = []
        var script: [FakeAnswer] = []
        var commands: [Command] = []
        var changing: [Command] = []
        var unanswered: [[String]] = []
        var programs: Set<String> = []
        var clock = 1_000_000.0
        var identity = HostIdentity(kernel: "Linux", nodeName: "fake", kernelRelease: "6.1.0", machine: "x86_64")
        var interfaces: [NetworkInterface] = []
        /// Socket and what is sent to it, with the answer.
        var exchanges: [(path: String, sent: String, answer: String)] = []
        var sent: [String] = []
    }

    private let state = Mutex(State())

    /// - Parameter files: path to text; parents are made.
    package init(files: [String: String] = [:], programs: Set<String> = []) {
        state.withLock { state in
            state.nodes["/"] = FakeHost.node(.directory, 0o755, state.clock)
            state.programs = programs
            state.users = [FakeHost.user("root", 0, 0, home: "/root")]
            state.groups = [GroupEntry(name: "root", groupID: 0, members: [])]
            for (path, text) in files.sorted(by: { $0.key < $1.key }) {
                FakeHost.makeParents(of: path, &state)
                state.nodes[path] = FakeHost.node(.file, 0o644, state.clock, Array(text.utf8))
            }
        }
    }

    /// A user for the fake database.
    package static func user(_ name: String, _ id: Int, _ group: Int, home: String) -> UserEntry {
        UserEntry(name: name, userID: id, groupID: group, fullName: "", home: home, shell: "/bin/sh")
    }

    // MARK: - Preparing and looking back

    /// Records what a command answers. The last matching record counts; `*` at the end matches any further arguments.
    package func answer(_ command: [String], output: String = "", errors: String = "", code: Int = 0) {
        let result = CommandResult(
            processID: 4711, exitCode: code, standardOutput: Array(output.utf8), standardError: Array(errors.utf8))
        state.withLock { $0.answers.append(FakeAnswer(command: command, result: result)) }
    }

    /// Records answers of which the first that matches counts, before all others.
    package func play(_ answers: [FakeAnswer]) { state.withLock { $0.script = answers } }

    /// Puts files there: a nil text is a folder.
    package func place(_ path: String, text: String?, mode: Int? = nil) {
        state.withLock { state in
            let name = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            FakeHost.makeParents(of: name, &state)
            let kind: FileStatus.Kind = text == nil ? .directory : .file
            state.nodes[name] = FakeHost.node(kind, mode ?? (text == nil ? 0o755 : 0o644), state.clock, Array((text ?? "").utf8))
        }
    }

    package func place(_ path: String, link target: String) {
        state.withLock { state in
            FakeHost.makeParents(of: path, &state)
            var node = FakeHost.node(.link, 0o777, state.clock)
            node.target = target
            state.nodes[path] = node
        }
    }

    /// The files and links, by path: what a case compares afterwards.
    package var contents: [String: Node] { state.withLock { $0.nodes.filter { $0.value.status.kind != .directory } } }

    /// Records what a unix socket answers to a text.
    package func answer(socket path: String, to sent: String, with answer: String) {
        state.withLock { $0.exchanges.append((path, sent, answer)) }
    }

    /// What was sent to unix sockets, in order.
    package var sentTexts: [String] { state.withLock { $0.sent } }

    package func exchange(_ path: String, _ bytes: [UInt8], limit: Int, timeout: Duration) async throws -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        return try state.withLock { state in
            state.sent.append(text)
            guard let match = state.exchanges.last(where: { $0.path == path && $0.sent == text }) else {
                throw HostError(.noSuchFile, "no answer of \(path) is recorded for \(text)")
            }
            return Array(match.answer.utf8)
        }
    }

    package func add(_ user: UserEntry) { state.withLock { $0.users.append(user) } }
    package func add(_ group: GroupEntry) { state.withLock { $0.groups.append(group) } }
    package func add(_ interface: NetworkInterface) { state.withLock { $0.interfaces.append(interface) } }
    package func add(program: String) { state.withLock { _ = $0.programs.insert(program) } }
    package func setIdentity(_ identity: HostIdentity) { state.withLock { $0.identity = identity } }

    /// Everything that was run, in order.
    package var commands: [Command] { state.withLock { $0.commands } }
    package var commandLines: [[String]] { commands.map(\.arguments) }
    /// Those whose answer did not call them a query.
    package var changingCommands: [Command] { state.withLock { $0.changing } }
    /// Commands of programs that are there, without an answer.
    package var unanswered: [[String]] { state.withLock { $0.unanswered } }
    /// Whether the program of a command is there, so that it was run at all.
    package func isAnswered(_ command: [String]) -> Bool { state.withLock { FakeHost.which(command.first ?? "", $0) != nil } }
    package func forgetCommands() { state.withLock { ($0.commands, $0.changing, $0.unanswered) = ([], [], []) } }

    package func text(_ path: String) -> String? {
        state.withLock { $0.nodes[path].map { String(decoding: $0.content, as: UTF8.self) } }
    }

    // MARK: - Host

    package func run(_ command: Command) async throws -> CommandResult {
        try state.withLock { state in
            state.commands.append(command)
            if let index = state.script.firstIndex(where: { $0.matches(command.arguments) }) {
                let answer = state.script[index]
                if answer.once { state.script.remove(at: index) }
                if !answer.isQuery { state.changing.append(command) }
                for (path, text) in answer.files { FakeHost.replace(path, text, &state) }
                return answer.result
            }
            if let answer = state.answers.last(where: { $0.matches(command.arguments) }) { return answer.result }
            if FakeHost.which(command.arguments.first ?? "", state) != nil { state.unanswered.append(command.arguments) }
            throw HostError(.noSuchProgram, "no answer is recorded for \(command.arguments)")
        }
    }

    private static func replace(_ path: String, _ text: String?, _ state: inout State) {
        state.nodes[path] = nil
        state.clock += 1
        guard let text else { return }
        makeParents(of: path, &state)
        state.nodes[path] = node(.file, 0o644, state.clock, Array(text.utf8))
    }

    package func read(_ path: String, limit: Int) async throws -> [UInt8] {
        let node = try existing(path)
        guard node.status.kind == .file else { throw HostError(.isADirectory, "cannot read \(path): Is a directory") }
        guard node.content.count <= limit else { throw HostError(.tooLarge, "\(path) is larger than \(limit) bytes") }
        return node.content
    }

    package func write(_ path: String, _ content: [UInt8], _ attributes: FileAttributes) async throws {
        try state.withLock { state in
            guard state.nodes[Path.parent(path) ?? "/"]?.status.kind == .directory else {
                throw HostError(.noSuchFile, "cannot write \(path): No such file or directory")
            }
            state.clock += 1
            var node = state.nodes[path] ?? FakeHost.node(.file, 0o644, state.clock)
            node.content = content
            node.status.size = content.count
            node.status.modificationTime = state.clock
            FakeHost.apply(attributes, &node)
            state.nodes[path] = node
        }
    }

    package func put(localFile: String, to path: String, _ attributes: FileAttributes) async throws {
        try await write(path, try await LocalHost().read(localFile), attributes)
    }

    package func status(_ path: String, followLinks: Bool) async throws -> FileStatus? {
        state.withLock { FakeHost.find(path, $0, followLinks: followLinks)?.status }
    }

    package func list(_ directory: String) async throws -> [String] {
        _ = try existing(directory)
        let prefix = directory == "/" ? "/" : directory + "/"
        return state.withLock { state in
            state.nodes.keys.filter { $0.hasPrefix(prefix) && $0 != "/" }.map { String($0.dropFirst(prefix.count)) }
                .filter { !$0.contains("/") }.sorted()
        }
    }

    package func readLink(_ path: String) async throws -> String {
        guard let node = state.withLock({ $0.nodes[path] }), node.status.kind == .link else {
            throw HostError(.other, "cannot read the link \(path): Invalid argument")
        }
        return node.target
    }

    package func digest(_ path: String, _ algorithm: HashAlgorithm) async throws -> String {
        Digest.hexadecimal(try await read(path), algorithm)
    }

    package func makeDirectory(_ path: String, _ attributes: FileAttributes) async throws {
        try insert(path, .directory) { FakeHost.apply(attributes, &$0) }
    }

    package func makeLink(_ path: String, to target: String) async throws {
        try insert(path, .link) { $0.target = target }
    }

    package func link(_ path: String, to existing: String) async throws {
        let node = try self.existing(existing)
        try insert(path, .file) { $0 = node }
    }

    package func rename(_ path: String, to other: String) async throws {
        try state.withLock { state in
            guard state.nodes[path] != nil else { throw HostError(.noSuchFile, "cannot rename \(path): No such file or directory") }
            for (name, node) in state.nodes where name == path || name.hasPrefix(path + "/") {
                state.nodes[name] = nil
                state.nodes[other + name.dropFirst(path.count)] = node
            }
        }
    }

    package func remove(_ path: String) async throws {
        state.withLock { state in
            for name in state.nodes.keys where name == path || name.hasPrefix(path + "/") { state.nodes[name] = nil }
        }
    }

    package func setAttributes(_ path: String, _ attributes: FileAttributes, followLinks: Bool) async throws {
        _ = try existing(path)
        state.withLock { state in
            guard var node = state.nodes[path] else { return }
            FakeHost.apply(attributes, &node)
            state.nodes[path] = node
        }
    }

    package func touch(_ path: String, accessTime: Double?, modificationTime: Double?) async throws {
        if state.withLock({ $0.nodes[path] }) == nil { try insert(path, .file) { _ in } }
        state.withLock { state in
            state.clock += 1
            state.nodes[path]?.status.accessTime = accessTime ?? state.clock
            state.nodes[path]?.status.modificationTime = modificationTime ?? state.clock
        }
    }

    package func which(_ program: String) async -> String? {
        state.withLock { FakeHost.which(program, $0) }
    }

    private static func which(_ program: String, _ state: State) -> String? {
        if program.hasPrefix("/") { return state.programs.contains(program) || state.nodes[program] != nil ? program : nil }
        if state.programs.contains(program) { return "/usr/bin/" + program }
        let folders = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/"]
        return folders.map { $0 + program }.first { state.programs.contains($0) }
    }

    package func user(named name: String) async throws -> UserEntry? { state.withLock { FakeHost.users($0).first { $0.name == name } } }
    package func user(id: Int) async throws -> UserEntry? { state.withLock { FakeHost.users($0).first { $0.userID == id } } }
    package func group(named name: String) async throws -> GroupEntry? { state.withLock { FakeHost.groups($0).first { $0.name == name } } }
    package func group(id: Int) async throws -> GroupEntry? { state.withLock { FakeHost.groups($0).first { $0.groupID == id } } }

    /// What the account files say, where there are some, and those that were added.
    private static func users(_ state: State) -> [UserEntry] {
        guard let file = state.nodes["/etc/passwd"] else { return state.users }
        return lines(file).compactMap { fields in
            guard fields.count >= 7, let user = Int(fields[2]), let group = Int(fields[3]) else { return nil }
            return UserEntry(name: fields[0], userID: user, groupID: group, fullName: fields[4], home: fields[5], shell: fields[6])
        } + state.users
    }

    private static func groups(_ state: State) -> [GroupEntry] {
        guard let file = state.nodes["/etc/group"] else { return state.groups }
        return lines(file).compactMap { fields in
            guard fields.count >= 4, let id = Int(fields[2]) else { return nil }
            return GroupEntry(name: fields[0], groupID: id, members: fields[3].split(separator: ",").map(String.init))
        } + state.groups
    }

    private static func lines(_ file: Node) -> [[String]] {
        String(decoding: file.content, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    package func identity() async throws -> HostIdentity { state.withLock { $0.identity } }
    package func interfaces() async throws -> [NetworkInterface] { state.withLock { $0.interfaces } }
    package func fileSystemUsage(_ path: String) async throws -> FileSystemUsage {
        FileSystemUsage(blockSize: 4096, blocks: 1000, freeBlocks: 600, availableBlocks: 500, inodes: 100, freeInodes: 40, availableInodes: 40)
    }

    // MARK: - Nodes

    private static func node(_ kind: FileStatus.Kind, _ mode: Int, _ time: Double, _ content: [UInt8] = []) -> Node {
        let status = FileStatus(
            kind: kind, mode: mode, userID: 0, groupID: 0, size: content.count, accessTime: time, modificationTime: time,
            changeTime: time)
        return Node(status: status, content: content, target: "")
    }

    private static func makeParents(of path: String, _ state: inout State) {
        guard let parent = Path.parent(path), state.nodes[parent] == nil else { return }
        makeParents(of: parent, &state)
        state.nodes[parent] = node(.directory, 0o755, state.clock)
    }

    private static func apply(_ attributes: FileAttributes, _ node: inout Node) {
        if let mode = attributes.mode { node.status.mode = mode }
        if let user = attributes.userID { node.status.userID = user }
        if let group = attributes.groupID { node.status.groupID = group }
    }

    private static func find(_ path: String, _ state: State, followLinks: Bool) -> Node? {
        var path = path
        for _ in 0..<40 {
            guard let node = state.nodes[path] else { return nil }
            guard node.status.kind == .link, followLinks else { return node }
            path = Path.normalised(Path.join(Path.parent(path) ?? "/", node.target))
        }
        return nil
    }

    private func existing(_ path: String) throws -> Node {
        guard let node = state.withLock({ FakeHost.find(path, $0, followLinks: true) }) else {
            throw HostError(.noSuchFile, "cannot open \(path): No such file or directory")
        }
        return node
    }

    private func insert(_ path: String, _ kind: FileStatus.Kind, _ prepare: (inout Node) -> Void) throws {
        try state.withLock { state in
            guard state.nodes[path] == nil else { throw HostError(.exists, "cannot make \(path): File exists") }
            guard state.nodes[Path.parent(path) ?? "/"]?.status.kind == .directory else {
                throw HostError(.noSuchFile, "cannot make \(path): No such file or directory")
            }
            var node = FakeHost.node(kind, kind == .directory ? 0o755 : kind == .link ? 0o777 : 0o644, state.clock)
            prepare(&node)
            state.nodes[path] = node
        }
    }
}
