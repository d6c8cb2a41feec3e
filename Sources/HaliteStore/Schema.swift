import HaliteValue

/// The tables, and how an older file becomes a newer one. A step is never changed once it was released.
enum Schema {
    private static let steps: [[String]] = [
        [
            "CREATE TABLE job (jid TEXT PRIMARY KEY, function TEXT NOT NULL, job BLOB NOT NULL, minions BLOB NOT NULL, start REAL NOT NULL) WITHOUT ROWID",
            """
            CREATE TABLE return (jid TEXT NOT NULL, minion TEXT NOT NULL, data BLOB NOT NULL, retcode INTEGER NOT NULL,
            success INTEGER NOT NULL, finish REAL NOT NULL, PRIMARY KEY (jid, minion)) WITHOUT ROWID
            """,
            "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL, data BLOB NOT NULL, time REAL NOT NULL)",
            "CREATE TABLE facts (minion TEXT PRIMARY KEY, grains BLOB NOT NULL, pillar BLOB NOT NULL) WITHOUT ROWID",
            "CREATE TABLE mine (minion TEXT NOT NULL, function TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (function, minion)) WITHOUT ROWID",
            "CREATE INDEX job_start ON job (start)",
            "CREATE INDEX event_time ON event (time)",
        ]
    ]

    static func migrate(_ database: Database) throws {
        let version = try database.run("PRAGMA user_version").first?.first?.intValue ?? 0
        guard version <= steps.count else {
            throw StoreError("the database was written by a newer Halite (its format is \(version), this one knows \(steps.count))")
        }
        for step in version..<steps.count {
            // All or nothing: a killed master leaves the older format whole.
            try database.begin()
            do {
                for statement in steps[step] { try database.run(statement) }
                try database.run("PRAGMA user_version = \(step + 1)")
                try database.commit()
            } catch {
                database.rollback()
                throw error
            }
        }
    }
}
