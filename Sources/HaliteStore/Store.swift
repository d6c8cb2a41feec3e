import Glibc
import HaliteCore
import HaliteValue
import Synchronization

/// What a master keeps: jobs and returns, events, the facts of the minions, the mine.
///
/// One SQLite file. Every call is a short transaction under a lock; callers must not be on an event loop.
package final class Store: Sendable {
    // The lock gives the connection to one thread at a time.
    private struct Guarded: @unchecked Sendable { let database: Database }
    private let guarded: Mutex<Guarded>

    /// - Parameter path: a file, or `:memory:`.
    package init(path: String) throws {
        let database = try Database(path: path)
        try Schema.migrate(database)
        guarded = Mutex(Guarded(database: database))
    }

    private func read<T>(_ body: (Database) throws -> T) throws -> T { try guarded.withLock { try body($0.database) } }
    private func write<T>(_ body: (Database) throws -> T) throws -> T {
        try guarded.withLock { guarded in
            let database = guarded.database
            try database.begin()
            do {
                let result = try body(database)
                try database.commit()
                return result
            } catch {
                database.rollback()
                throw error
            }
        }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    // MARK: Jobs

    package func save(_ job: Job, minions: [String]) throws {
        try write { database in
            try database.run(
                "INSERT OR REPLACE INTO job (jid, function, job, minions, start) VALUES (?, ?, ?, ?, ?)", .string(job.id),
                .string(job.function), .bytes(MessagePack.encode(.map(job.value))),
                .bytes(MessagePack.encode(minions.value)), .float(Self.now()))
        }
    }

    /// Stores a return once. False when it was there already: a minion that got no answer sends again.
    package func save(_ result: JobReturn) throws -> Bool {
        try write { database in
            try database.run(
                "INSERT OR IGNORE INTO return (jid, minion, data, retcode, success, finish) VALUES (?, ?, ?, ?, ?, ?)",
                .string(result.jobID), .string(result.minion), .bytes(MessagePack.encode(.map(result.map))),
                .int(result.returnCode), .bool(result.success), .float(Self.now()))
            return database.changes > 0
        }
    }

    package func job(_ id: String) throws -> (job: Job, minions: [String])? {
        try read { database in
            guard let row = try database.run("SELECT job, minions FROM job WHERE jid = ?", .string(id)).first else { return nil }
            return try Self.job(row)
        }
    }

    private static func job(_ row: Database.Row) throws -> (job: Job, minions: [String]) {
        guard case .bytes(let job) = row[0], case .bytes(let minions) = row[1],
            let map = try MessagePack.decode(job).mapValue
        else { throw StoreError("a job in the database is malformed") }
        return (try Job(value: map), (try MessagePack.decode(minions).listValue ?? []).map(\.pythonString))
    }

    /// The newest first.
    package func jobs(limit: Int = 1000) throws -> [(job: Job, minions: [String])] {
        try read { database in
            try database.run("SELECT job, minions FROM job ORDER BY jid DESC LIMIT ?", .int(limit)).map(Self.job)
        }
    }

    package func returns(ofJob id: String) throws -> [JobReturn] {
        try read { database in
            try database.run("SELECT minion, data FROM return WHERE jid = ? ORDER BY minion", .string(id)).map { row in
                guard case .bytes(let data) = row[1], let map = try MessagePack.decode(data).mapValue else {
                    throw StoreError("a return in the database is malformed")
                }
                return try JobReturn(map: map, minion: row[0].pythonString)
            }
        }
    }

    // MARK: Events

    @discardableResult
    package func save(_ event: Event) throws -> Int {
        try write { database in
            try database.run(
                "INSERT INTO event (tag, data, time) VALUES (?, ?, ?)", .string(event.tag),
                .bytes(MessagePack.encode(.map(event.data))), .float(Self.now()))
            return database.lastRow
        }
    }

    /// What came behind a position, the oldest first.
    package func events(after position: Int, limit: Int = 1000) throws -> [(position: Int, event: Event)] {
        try read { database in
            try database.run("SELECT id, tag, data FROM event WHERE id > ? ORDER BY id LIMIT ?", .int(position), .int(limit)).map { row in
                guard case .bytes(let data) = row[2] else { throw StoreError("an event in the database is malformed") }
                return (row[0].intValue ?? 0, Event(tag: row[1].pythonString, data: try MessagePack.decode(data).mapValue ?? [:]))
            }
        }
    }

    /// Removes jobs, returns and events that are older.
    package func prune(olderThan seconds: Double) throws {
        let limit = Value.float(Self.now() - seconds)
        try write { database in
            try database.run("DELETE FROM return WHERE jid IN (SELECT jid FROM job WHERE start < ?)", limit)
            try database.run("DELETE FROM job WHERE start < ?", limit)
            try database.run("DELETE FROM event WHERE time < ?", limit)
        }
    }

    // MARK: Facts and mine

    package func saveFacts(of minion: String, grains: ValueMap? = nil, pillar: ValueMap? = nil) throws {
        try write { database in
            try database.run(
                "INSERT OR IGNORE INTO facts (minion, grains, pillar) VALUES (?, ?, ?)", .string(minion), Self.empty, Self.empty)
            if let grains {
                try database.run("UPDATE facts SET grains = ? WHERE minion = ?", .bytes(MessagePack.encode(.map(grains))), .string(minion))
            }
            if let pillar {
                try database.run("UPDATE facts SET pillar = ? WHERE minion = ?", .bytes(MessagePack.encode(.map(pillar))), .string(minion))
            }
        }
    }

    private static let empty = Value.bytes(MessagePack.encode(.map([:])))

    package func facts(of minion: String) throws -> MinionFacts? {
        try read { database in
            guard let row = try database.run("SELECT grains, pillar FROM facts WHERE minion = ?", .string(minion)).first,
                case .bytes(let grains) = row[0], case .bytes(let pillar) = row[1]
            else { return nil }
            return MinionFacts(
                id: minion, grains: try MessagePack.decode(grains).mapValue ?? [:], pillar: try MessagePack.decode(pillar).mapValue ?? [:])
        }
    }

    package func forget(minion: String) throws {
        try write { database in
            try database.run("DELETE FROM facts WHERE minion = ?", .string(minion))
            try database.run("DELETE FROM mine WHERE minion = ?", .string(minion))
        }
    }

    /// - Parameter clear: forget what the minion gave before.
    package func saveMine(of minion: String, _ data: ValueMap, clear: Bool) throws {
        try write { database in
            if clear { try database.run("DELETE FROM mine WHERE minion = ?", .string(minion)) }
            for (function, value) in data {
                try database.run(
                    "INSERT OR REPLACE INTO mine (minion, function, data) VALUES (?, ?, ?)", .string(minion),
                    .string(function.pythonString), .bytes(MessagePack.encode(value)))
            }
        }
    }

    /// - Parameter function: nil forgets everything that the minion gave.
    package func deleteMine(of minion: String, function: String?) throws {
        try write { database in
            if let function {
                try database.run("DELETE FROM mine WHERE minion = ? AND function = ?", .string(minion), .string(function))
            } else {
                try database.run("DELETE FROM mine WHERE minion = ?", .string(minion))
            }
        }
    }

    /// Minion to data of one function.
    package func mine(function: String) throws -> ValueMap {
        try read { database in
            var map = ValueMap()
            for row in try database.run("SELECT minion, data FROM mine WHERE function = ? ORDER BY minion", .string(function)) {
                if case .bytes(let data) = row[1] { map[row[0]] = try MessagePack.decode(data) }
            }
            return map
        }
    }
}
