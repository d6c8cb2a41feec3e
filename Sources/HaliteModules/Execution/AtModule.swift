import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Jobs that run once, at a time.
package struct AtModule: ExecutionModule {
    package static let name = "at"
    package static let summary = "Jobs that run once, at a time."
    package static let requires: Requirement = .command("at")

    package static let functions: [Function] = [
        Function(
            "atq", "Return the jobs that wait.", .optional("tag", nil as Value, "Those with a tag, or one by its number."), body: queue),
        Function(
            "atrm", "Remove jobs: by number, all, or all with a tag.", .rest("args", "Numbers, or all and perhaps a tag."), body: remove),
        Function(
            "at", "Add a job.", .rest("args", "The time, and the words of the command."),
            .keywords("kwargs", "tag, and runas for another user."), example: "halite '*' at.at '12:05am' '/usr/local/sbin/task' tag=task",
            body: add),
        Function("atc", "Return what a job will do.", .required("jobid", "Its number."), body: show),
        Function(
            "jobcheck", "Return the jobs that are as said.",
            .keywords("kwargs", "runas, tag, hour, minute, day, month, year."), body: check),
    ]

    struct Job: Sendable, Equatable {
        var number: Int
        var date: String
        var time: String
        var queue: String
        var user: String
        var tag: String

        var value: Value {
            [
                "job": .int(number), "date": .string(date), "time": .string(time), "queue": .string(queue), "user": .string(user),
                "tag": .string(tag),
            ]
        }
    }

    // MARK: - Looking

    static func jobs(_ call: CallContext) async throws -> [Job] {
        let isRedHat = call.grains["os_family"] == "RedHat"
        let lines = try await call.host.run(Command(isRedHat ? ["at", "-l"] : ["atq"])).lines
        var found: [Job] = []
        for parts in lines.map({ $0.parts("\t", maxSplits: 1) }) where parts.count == 2 {
            let words = parts[1].words()
            guard let number = Int(parts[0].stripped()) else { continue }
            let (date, time, rest): (String, String, ArraySlice<String>)
            if words.count > 6, let day = day(words) {
                (date, time, rest) = (day.date, day.time, words[5...])
            } else if words.count > 3 {
                (date, time, rest) = (words[0], words[1], words[2...])
            } else {
                continue
            }
            let fields = Array(rest)
            let text = try await call.host.run("at", "-c", String(number)).lines
            let mark = "### SALT: "
            let tag = text.last { $0.hasPrefix(mark) }.map {
                String($0.dropFirst(mark.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            }
            found.append(
                Job(number: number, date: date, time: time, queue: fields[0], user: fields.count > 1 ? fields[1] : "", tag: tag ?? ""))
        }
        return found
    }

    /// `Wed Nov 25 12:05:00 2026` as date and time; the seconds are none.
    private static func day(_ words: [String]) -> (date: String, time: String)? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard let month = months.firstIndex(of: words[1]), let day = Int(words[2]), Int(words[4]) != nil else { return nil }
        let clock = words[3].parts(":")
        guard clock.count == 3 else { return nil }
        return ("\(words[4])-\(padded(month + 1))-\(padded(day))", "\(clock[0]):\(clock[1]):00")
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func list(_ jobs: [Job]) -> ValueMap { ["jobs": .list(jobs.map(\.value))] }

    static func queue(_ call: CallContext, tag: Value) async throws -> ValueMap {
        let all = try await jobs(call)
        if !tag.isTruthy { return list(all) }
        return list(all.filter { tag == .string($0.tag) || tag == .int($0.number) || tag == .string(String($0.number)) })
    }

    private static func show(_ call: CallContext, number: String) async throws -> Value {
        let text = try await call.host.run("at", "-c", number).text
        return text.isEmpty ? ["error": .string("invalid job id '\(number)'")] : .string(text)
    }

    static func matching(_ call: CallContext, _ wanted: ValueMap) async throws -> [Job] {
        func number(_ key: String) throws -> String? {
            guard let value = wanted[key], value.isTruthy else { return nil }
            return padded(try Int(value: value))
        }
        let (hour, minute, day, month) = (try number("hour"), try number("minute"), try number("day"), try number("month"))
        var year = wanted["year"].flatMap { $0.isTruthy ? $0.pythonString : nil }
        if let short = year, short.utf8.count == 2 { year = "20" + short }
        let (user, tag) = (wanted["runas"]?.pythonString, wanted["tag"]?.pythonString)
        return try await jobs(call).filter { job in
            let (date, clock) = (job.date.parts("-"), job.time.parts(":"))
            guard date.count == 3, clock.count > 1 else { return false }
            let pairs = [
                (hour, clock[0]), (minute, clock[1]), (day, date[2]), (month, date[1]), (year, date[0]), (user, job.user), (tag, job.tag),
            ]
            return pairs.allSatisfy { wanted, found in wanted == nil || wanted == "" || wanted == found }
        }
    }

    private static func check(_ call: CallContext, wanted: ValueMap) async throws -> ValueMap {
        if wanted.isEmpty { return ["error": "You have given a condition"] }
        let waiting = try await jobs(call)
        if waiting.isEmpty { return list([]) }
        let found = try await matching(call, wanted)
        return found.isEmpty ? ["jobs": [], "note": "No match jobs or time format error"] : list(found)
    }

    // MARK: - Changing

    static func remove(_ call: CallContext, given: [Value]) async throws -> ValueMap {
        let words = given.map(\.pythonString)
        guard let first = words.first else { return ["jobs": ["removed": [], "tag": nil]] }
        let chosen: [Job]
        let tag = first == "all" && words.count > 1 ? words[1] : nil
        if first == "all" {
            chosen = try await jobs(call).filter { tag == nil || $0.tag == tag || String($0.number) == tag }
        } else {
            chosen = try await jobs(call).filter { words.contains(String($0.number)) }
        }
        let numbers = chosen.map { String($0.number) }
        if !numbers.isEmpty { _ = try await call.host.run(Command(["at", "-d"] + numbers)) }
        return ["jobs": ["removed": numbers.value, "tag": tag.value]]
    }

    static func add(_ call: CallContext, given: [Value], options: ValueMap) async throws -> ValueMap {
        guard given.count > 1 else { return list([]) }
        let words = given.map(\.pythonString)
        if words[0].hasPrefix("-") { throw ExecutionError("'\(words[0])' is no time") }
        let tag = options["tag"].map { "### SALT: \($0.pythonString)\n" } ?? ""
        var command = Command(["at", words[0]])
        command.standardInput = Array("\(tag)\(words.dropFirst().joined(separator: " "))\n".utf8)
        command.mergesErrors = true
        command.user = options["runas"].flatMap { $0.isTruthy ? $0.pythonString : nil }
        let output = try await call.host.run(command).text
        if output.hasSuffix("Garbled time") { return ["jobs": [], "error": "invalid timespec"] }
        guard let line = output.parts("\n").first(where: { $0.hasPrefix("job ") }), let number = line.words().dropFirst().first else {
            return ["jobs": [], "error": .string(output)]
        }
        return try await queue(call, tag: .int(Int(number) ?? 0))
    }
}
