import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct RetentionSettings: ArgumentGroup {
        var retain: ValueMap = [:]
        var strptimeFormat: String?
        var timezone: Value = .null

        static let fields: [ArgumentField<RetentionSettings>] = [
            .field(
                "retain", \.retain,
                "How many to keep: most_recent, first_of_hour, first_of_day, first_of_week, first_of_month, first_of_year.", required: true),
            .field("strptime_format", \.strptimeFormat, "Where the time stands in the names; by default it is that of change."),
            .field("timezone", \.timezone, "Without effect: times are the host's."),
        ]
    }

    static func retentionSchedule(_ given: StateContext, _ settings: RetentionSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let host = state.call.host
        if path.isEmpty { return state.failed("Must provide name to file.retention_schedule") }
        guard try await host.isDirectory(path) else { return state.failed("Name provided to file.retention must be a directory") }
        let schedule = try await RetentionSchedule.read(path, settings, host)
        let kept = try schedule.kept(settings.retain)
        func sorted(_ names: some Sequence<String>) -> [String] { names.sorted { $1.utf8.lexicographicallyPrecedes($0.utf8) } }
        let deleted = sorted(schedule.names.filter { !kept.contains($0) })
        let changes: ValueMap =
            deleted.isEmpty ? [:] : ["retained": sorted(kept).value, "deleted": deleted.value, "ignored": sorted(schedule.ignored).value]
        return try await state.either(
            would: {
                StateResult(
                    name: path, result: deleted.isEmpty ? true : nil,
                    comment: "\(deleted.count) backups would have been removed from \(path).\n", changes: changes)
            },
            do: {
                for name in deleted { try await host.remove(Path.join(path, name)) }
                return StateResult(
                    name: path, result: true, comment: "\(deleted.count) backups were removed from \(path).\n", changes: changes)
            })
    }
}

/// The files of a folder by the times that belong to them.
private struct RetentionSchedule: Sendable {
    private struct Entry: Sendable {
        let name: String
        let date: CivilDate
        let seconds: Double
    }

    private var entries: [Entry] = []
    private(set) var ignored: [String] = [".", ".."]
    var names: [String] { entries.map(\.name) }

    static func read(_ path: String, _ settings: FileState.RetentionSettings, _ host: any Host) async throws -> RetentionSchedule {
        var schedule = RetentionSchedule()
        let offset = settings.strptimeFormat == nil ? try await zoneOffset(host) : 0
        for name in try await host.list(path) {
            if let format = settings.strptimeFormat, !format.isEmpty {
                if let date = CivilDate(name, format: format) {
                    schedule.entries.append(Entry(name: name, date: date, seconds: date.seconds))
                } else {
                    schedule.ignored.append(name)
                }
            } else if let status = try await host.status(Path.join(path, name), followLinks: false) {
                let seconds = status.modificationTime
                schedule.entries.append(Entry(name: name, date: CivilDate(seconds: seconds + offset), seconds: seconds))
            }
        }
        return schedule
    }

    /// Seconds that the host's clock is ahead of Greenwich.
    private static func zoneOffset(_ host: any Host) async throws -> Double {
        let text = try await host.run("date", "+%z").text
        guard let number = Int(text.drop { $0 == "+" }) else { return 0 }
        return Double(number / 100 * 3600 + number % 100 * 60)
    }

    func kept(_ rules: ValueMap) throws -> Set<String> {
        var kept: Set<String> = []
        for (rule, count) in rules {
            let most = count == "all" ? Int.max : try Self.number(count)
            switch rule.pythonString {
            // Salt keeps one week more than it is told.
            case "first_of_week": kept.formUnion(first(most == .max ? most : most + 1) { [$0.date.year, $0.date.week] })
            case "first_of_year": kept.formUnion(first(most) { [$0.date.year] })
            case "first_of_month": kept.formUnion(first(most) { [$0.date.year, $0.date.month] })
            case "first_of_day": kept.formUnion(first(most) { [$0.date.year, $0.date.month, $0.date.day] })
            case "first_of_hour": kept.formUnion(first(most) { [$0.date.year, $0.date.month, $0.date.day, $0.date.hour] })
            case "most_recent":
                kept.formUnion(entries.sorted { $0.seconds > $1.seconds }.prefix(most).map(\.name))
            default: throw ExecutionError("'\(rule.pythonString)'")
            }
        }
        return kept
    }

    private static func number(_ value: Value) throws -> Int {
        guard let number = value.intValue ?? Int(value.pythonString) else {
            throw ExecutionError("invalid literal for int() with base 10: \(value.pythonRepr)")
        }
        return number
    }

    /// The first file of each of the latest periods.
    private func first(_ count: Int, by period: (Entry) -> [Int]) -> [String] {
        if count <= 0 { return [] }
        var firsts: [[Int]: Entry] = [:]
        for entry in entries {
            let key = period(entry)
            if let known = firsts[key], known.seconds <= entry.seconds { continue }
            firsts[key] = entry
        }
        return firsts.sorted { $1.key.lexicographicallyPrecedes($0.key) }.prefix(count).map(\.value.name)
    }
}
