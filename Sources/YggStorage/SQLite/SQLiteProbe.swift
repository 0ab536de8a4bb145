import GRDB

/// What SQLite alone can do on a disk: commits of one small row, made durable as `SQLiteDatabase` makes its own.
///
/// For the benchmark, which holds our figures against it. It lives here because SQL does.
package enum SQLiteProbe {
    /// Inserts one row a transaction into a new database at `path`, as long as `goesOn` says so; it is asked after each
    /// commit.
    package static func commitWhile(path: String, _ goesOn: () throws -> Bool) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            try db.execute(sql: "PRAGMA secure_delete = OFF; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw StorageError(.notDurable, "SQLite did not accept synchronous=FULL for \(path).")
            }
            try db.execute(sql: "CREATE TABLE probe (num INTEGER PRIMARY KEY, body BLOB NOT NULL)")
            repeat {
                try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
                try db.cachedStatement(sql: "INSERT INTO probe (body) VALUES (zeroblob(200))").execute()
                try db.cachedStatement(sql: "COMMIT").execute()
            } while try goesOn()
        }
        try pool.close()
    }
}
