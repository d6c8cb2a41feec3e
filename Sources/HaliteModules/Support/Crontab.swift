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

        /// By identifier, or by command where neither the job nor the caller has one.
        func matches(_ command: String, _ wanted: String?) -> Bool {
            if let identifier { return identifier == wanted }
            return self.command == command || (wanted != nil && self.command == wanted)
        }
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
            let words = body.parts(" ")
            if body.hasPrefix("@") {
                guard words.count > 1 else { continue }
                jobs.append(Job(times: [words[0]], command: words.dropFirst().joined(separator: " "), identifier: identifier, comment: comment, isDisabled: isDisabled))
            } else if let equals = body.firstIndex(of: "="), equals > body.startIndex, !(body.firstIndex(of: " ").map { $0 < equals } ?? false) {
                environment.append((String(body[..<equals]), String(body[body.index(after: equals)...])))
                continue
            } else if words.count > 5 {
                jobs.append(Job(times: Array(words[..<5]), command: words[5...].joined(separator: " "), identifier: identifier, comment: comment, isDisabled: isDisabled))
            } else {
                continue
            }
            (identifier, comment) = (nil, nil)
        }
    }

    var text: String {
        var lines = before + [Self.tag]
        lines += environment.map { $0.value.isEmpty ? "\($0.name)=\"\"" : "\($0.name)=\($0.value)" }
        // Special jobs stand behind the others.
        for job in jobs.filter({ $0.times.count == 5 }) + jobs.filter({ $0.times.count == 1 }) {
            if job.comment != nil || job.identifier != nil {
                var remark = "#"
                if let comment = job.comment, !comment.isEmpty { remark += " " + comment.parts("\n").joined(separator: "\n# ") }
                if let identifier = job.identifier { remark += " \(Self.marker):\(identifier)" }
                lines.append(remark)
            }
            lines.append((job.isDisabled ? "#DISABLED#" : "") + (job.times + [job.command]).joined(separator: " "))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func read(_ user: String, _ host: any Host) async throws -> Crontab {
        let result = try await host.run("crontab", "-u", user, "-l")
        // Without a crontab the program fails, which is no error.
        guard result.succeeded else { return Crontab("") }
        // Some systems put three lines of their own in front.
        let lines = result.lines
        let isGenerated = lines.count > 2 && lines[0].hasPrefix("# DO NOT EDIT")
        return Crontab((isGenerated ? Array(lines.dropFirst(3)) : lines).joined(separator: "\n"))
    }

    /// Hands the text to crontab; returns what it complains of.
    func write(_ user: String, _ host: any Host) async throws -> String? {
        var command = Command(["crontab", "-u", user, "-"])
        command.standardInput = Array(text.utf8)
        let result = try await host.run(command)
        return result.succeeded ? nil : result.errorText
    }

    /// Puts a job in: `present`, `new` or `updated`.
    mutating func set(_ job: Job) -> String {
        guard let index = jobs.firstIndex(where: { $0.matches(job.command, job.identifier) }) else {
            jobs.append(job.settled(nil))
            return "new"
        }
        let settled = job.settled(jobs[index])
        if jobs[index] == settled { return "present" }
        jobs.remove(at: index)
        jobs.append(settled)
        return "updated"
    }
}

extension Crontab.Job {
    /// `random` becomes a number once and stays it; a comment that nobody gives stays.
    fileprivate func settled(_ old: Crontab.Job?) -> Crontab.Job {
        var job = self
        if job.comment == nil { job.comment = old?.comment }
        let ranges = [0...59, 0...23, 1...28, 1...12, 0...6]
        guard job.times.count == 5 else { return job }
        for index in 0..<5 {
            if job.times[index] == "random" {
                let known = old.flatMap { $0.times.count == 5 && $0.times[index] != "*" ? $0.times[index] : nil }
                job.times[index] = known ?? String(Int.random(in: ranges[index]))
            } else {
                let ends = job.times[index].parts(":").compactMap { Int($0) }.sorted()
                if ends.count == 2 { job.times[index] = String(Int.random(in: ends[0]...ends[1])) }
            }
        }
        return job
    }
}
