import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A user's crontab in the form that Salt keeps: its own part stands below a line, each job with its identifier.
struct Crontab: Sendable, Equatable {
    struct Job: Sendable, Equatable {
        /// Minute, hour, day, month and weekday; one word such as `@daily` for special ones.
        var times: [String]
        var command: String
        var identifier: String?
        var comment: String?
        var isDisabled = false

        /// By identifier, or by command where the job has none.
        func matches(_ command: String, _ wanted: String?) -> Bool {
            if let identifier, !identifier.isEmpty { return identifier == wanted }
            return self.command == command
        }

        var isSpecial: Bool { times.count == 1 }
    }

    var before: [String] = []
    var environment: [(name: String, value: String)] = []
    var jobs: [Job] = []

    static let tag = "# Lines below here are managed by Salt, do not edit"
    private static let marker = "SALT_CRON_IDENTIFIER"

    static func == (left: Crontab, right: Crontab) -> Bool { left.text == right.text }

    init(_ text: String) {
        var isManaged = false
        var comment: String?
        var identifier: String?
        for line in PythonLines.split(text) {
            if line == Self.tag {
                isManaged = true
                continue
            }
            guard isManaged else {
                before.append(line)
                continue
            }
            let isDisabled = line.hasPrefix("#DISABLED#")
            let body = isDisabled ? String(line.dropFirst(10)) : line
            if body.hasPrefix("#") {
                var remark = String(body.drop { "# ".contains($0) })
                if let range = remark.firstRange(of: Self.marker) {
                    let rest = remark[range.upperBound...].dropFirst()
                    if !rest.isEmpty { identifier = String(rest) }
                    remark = String(remark[..<range.lowerBound]).rightStripped()
                }
                comment = comment.map { $0 + "\n" + remark } ?? remark
                continue
            }
            let words = body.hasPrefix("@") ? body.words() : body.parts(" ")
            if body.hasPrefix("@") {
                guard words.count > 1 else { continue }
                jobs.append(
                    Job(
                        times: [words[0]], command: words.dropFirst().joined(separator: " "), identifier: identifier, comment: comment,
                        isDisabled: isDisabled))
            } else if let equals = body.firstIndex(of: "="), equals > body.startIndex,
                !(body.firstIndex(of: " ").map { $0 < equals } ?? false)
            {
                environment.append((String(body[..<equals]), String(body[body.index(after: equals)...])))
                continue
            } else if words.count > 5 {
                jobs.append(
                    Job(
                        times: Array(words[..<5]), command: words[5...].joined(separator: " "), identifier: identifier, comment: comment,
                        isDisabled: isDisabled))
            } else {
                continue
            }
            (identifier, comment) = (nil, nil)
        }
    }

    var text: String {
        var lines = before.last == Self.tag ? before : before + [Self.tag]
        lines += environment.map { $0.value.isEmpty ? "\($0.name)=\"\"" : "\($0.name)=\($0.value)" }
        // Special jobs stand behind the others.
        for job in jobs.filter({ $0.times.count == 5 }) + jobs.filter({ $0.times.count == 1 }) {
            if job.comment != nil || job.identifier != nil {
                var remark = "#"
                if let comment = job.comment, !comment.isEmpty {
                    remark += " " + (job.isSpecial ? comment.rightStripped() : comment).parts("\n").joined(separator: "\n# ")
                }
                if let identifier = job.identifier, !identifier.isEmpty { remark += " \(Self.marker):\(identifier)" }
                lines.append(remark)
            }
            lines.append((job.isDisabled ? "#DISABLED#" : "") + (job.times + [job.command]).joined(separator: " "))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The crontab, which is read again only when its file has changed: a run may look at it a thousand times.
    static func read(_ user: String, _ call: CallContext) async throws -> Crontab {
        guard !user.contains("/"), let stamp = try await stamp(user, call) else { return Crontab(try await raw(user, call)) }
        return try await call.memory.object("cron.\(user)", stamp: stamp) { Crontab(try await raw(user, call)) }
    }

    private static func stamp(_ user: String, _ call: CallContext) async throws -> String? {
        for folder in ["/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron"] {
            guard let status = try? await call.host.status(Path.join(folder, user)), status.kind == .file else { continue }
            return "\(status.inode) \(status.size) \(status.modificationTime) \(status.changeTime)"
        }
        return nil
    }

    /// The text of a crontab, which is empty where there is none.
    static func raw(_ user: String, _ call: CallContext) async throws -> String {
        let output = try await call.host.run(try await command(user, ["-l"], call)).standardOutput
        let text = String(decoding: output, as: UTF8.self)
        // Some systems put three lines of their own in front.
        guard text.hasPrefix("# DO NOT EDIT THIS FILE - edit the master and reinstall.") else { return text }
        return PythonLines.split(text, keepEnds: true).dropFirst(3).joined()
    }

    /// The user is named only where it is another than the one who acts; only root may name one.
    static func command(_ user: String, _ arguments: [String], _ call: CallContext) async throws -> Command {
        let acting = try await call.host.identity().userID
        if try await call.host.user(named: user)?.userID == acting { return Command(["crontab"] + arguments) }
        if acting == 0 { return Command(["crontab", "-u", user] + arguments) }
        var command = Command(["crontab"] + arguments)
        command.user = user
        return command
    }

    /// Hands the text to crontab; returns what it complains of.
    func write(_ user: String, _ call: CallContext) async throws -> String? {
        var command = try await Self.command(user, ["-"], call)
        command.standardInput = Array(text.utf8)
        let result = try await call.host.run(command)
        return result.succeeded ? nil : result.errorText
    }

    /// Those at given times stand before the special ones, whatever the order in the file.
    var ordered: [Job] { jobs.filter { !$0.isSpecial } + jobs.filter(\.isSpecial) }

    /// Puts a job in: `present`, `new` or `updated`.
    mutating func set(_ job: Job) -> String {
        guard let old = ordered.first(where: { $0.matches(job.command, job.identifier) }), let index = jobs.firstIndex(of: old) else {
            jobs.append(job.drawn())
            return "new"
        }
        if !job.differs(from: old) { return "present" }
        jobs.remove(at: index)
        // Another job may match as well and be in the way.
        let answer = set(job.settled(old))
        return answer == "new" ? "updated" : answer
    }

    /// What Salt says under `test=True`, which looks at the jobs of the same kind alone: absent, present or update.
    func status(_ job: Job) -> String {
        guard let old = jobs.first(where: { $0.isSpecial == job.isSpecial && $0.matches(job.command, job.identifier) }) else {
            return "absent"
        }
        let isOther =
            zip(old.times, job.times).contains { Job.needsChange($0, $1) } || Job.needsChange(old.identifier, job.identifier)
            || Job.needsChange(old.command, job.command) || Job.needsChange(old.comment, job.comment) || old.isDisabled != job.isDisabled
        return isOther ? "update" : "present"
    }

    /// Takes out the first job that matches; false when there is none.
    mutating func remove(_ command: String, _ identifier: String?, isWanted: (Job) -> Bool) -> Bool {
        guard let index = jobs.firstIndex(where: { isWanted($0) && $0.matches(command, identifier) }) else { return false }
        jobs.remove(at: index)
        return true
    }

    /// Sets a variable: `present`, `new` or `updated`.
    mutating func set(_ name: String, to value: String) -> String {
        guard let index = environment.firstIndex(where: { $0.name == name }) else {
            environment.append((name, value))
            return "new"
        }
        if environment[index].value == value { return "present" }
        // Salt removes the last of that name.
        if let last = environment.lastIndex(where: { $0.name == name }) { environment.remove(at: last) }
        let answer = set(name, to: value)
        return answer == "new" ? "updated" : answer
    }

    mutating func unset(_ name: String) -> Bool {
        guard let last = environment.lastIndex(where: { $0.name == name }) else { return false }
        environment.remove(at: last)
        return true
    }
}

extension Crontab.Job {
    /// Nothing given is no change, and `random` is satisfied with any number.
    fileprivate static func needsChange(_ old: String?, _ new: String?) -> Bool {
        if old == new { return false }
        return new == "random" ? old == "*" : new != nil
    }

    fileprivate func differs(from old: Crontab.Job) -> Bool {
        let timesDiffer: Bool
        if isSpecial {
            timesDiffer = Self.needsChange(old.isSpecial ? old.times[0] : nil, times[0])
        } else {
            timesDiffer = times.indices.contains { Self.needsChange(old.isSpecial ? nil : old.times[$0], times[$0]) }
        }
        // A job without an identifier counts as changed each time, unless one is given and is its own.
        return timesDiffer || Self.needsChange(old.comment, comment) || old.isDisabled != isDisabled
            || identifier != (old.identifier ?? "NO ID SET") || old.command != command
    }

    /// What is not given stays as it was.
    fileprivate func settled(_ old: Crontab.Job) -> Crontab.Job {
        var job = self
        if !Self.needsChange(old.comment, comment) { job.comment = old.comment }
        if !isSpecial, !old.isSpecial {
            for index in times.indices where !Self.needsChange(old.times[index], times[index]) { job.times[index] = old.times[index] }
        }
        if job.identifier == nil { job.identifier = old.identifier }
        return job
    }

    /// Draws the numbers for `random` and for ranges such as `5:20`.
    fileprivate func drawn() -> Crontab.Job {
        var job = self
        guard !isSpecial else { return job }
        for (index, range) in [(0, 0...59), (1, 0...23), (3, 1...12), (4, 0...6)] {
            let ends = times[index].parts(":").compactMap { Int($0) }.sorted()
            if times[index] == "random" {
                job.times[index] = String(Int.random(in: range))
            } else if ends.count == 2, times[index].parts(":").count == 2 {
                job.times[index] = String(Int.random(in: ends[0]...ends[1]))
            }
        }
        if times[2] == "random" {
            let days =
                ["1", "3", "5", "7", "8", "10", "12"].contains(job.times[3]) ? 31 : ["4", "6", "9", "11"].contains(job.times[3]) ? 30 : 28
            job.times[2] = String(Int.random(in: 1...days))
        }
        return job
    }
}
