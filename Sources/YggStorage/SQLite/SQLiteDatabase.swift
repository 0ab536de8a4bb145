import Dispatch
import GRDB
import Synchronization

/// SQLite in WAL mode with `synchronous=FULL` and group commit.
///
/// Concurrent writes share one transaction, and so one fsync; each runs in a savepoint of its own. While a group is
/// being made durable the next one gathers, so that batches grow with the load and a lone write waits for nobody.
package final class SQLiteDatabase: Database {
    /// Writes of one group at most: a bound on how long a reader of the newest state waits.
    private static let maxGroup = 256

    let pool: DatabasePool
    private let lock: FileLock
    private let queue = DispatchQueue(label: "ygg.sqlite.writer", qos: .userInitiated)
    private let pending = Mutex(Pending())

    private struct Pending {
        var jobs: [any WriteJob] = []
        var isDraining = false
    }

    /// Opens or creates the database file.
    /// - Throws: `StorageError` where the file cannot be used, another process uses it, or commits would not be durable.
    package init(path: String) throws {
        lock = try FileLock(path: path + ".lock")
        var configuration = Configuration()
        // Whoever closes the file last, or copies it, holds it as long as its disk takes.
        configuration.busyMode = .timeout(30)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            if !db.configuration.readonly {
                // Only an empty file takes it: it lets a later clean-up give space back.
                try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            try db.execute(sql: "PRAGMA secure_delete = OFF; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw StorageError(.cannotOpen, "The database \(path) cannot be opened: \(error)")
        }
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL while it switches to WAL, so this comes after the pool is open, and is read back.
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
            let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
            guard synchronous == 2, journal == "wal" else {
                throw StorageError(
                    .notDurable,
                    "SQLite did not accept synchronous=FULL with WAL for \(path): a commit could be lost with the power."
                )
            }
        }
    }

    package func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job = Job(body: body, completion: completion)
        let mustDrain = pending.withLock { pending in
            pending.jobs.append(job)
            defer { pending.isDraining = true }
            return !pending.isDraining
        }
        if mustDrain { queue.async { self.drain() } }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await pool.read { db in try body(SQLiteTransaction(db)) }
    }

    package func close() async {
        await withCheckedContinuation { continuation in
            // The queue is serial: whatever was begun is done by now.
            queue.async {
                try? self.pool.close()
                self.lock.release()
                continuation.resume()
            }
        }
    }

    private func drain() {
        while true {
            let group = pending.withLock { pending -> [any WriteJob] in
                let group = Array(pending.jobs.prefix(Self.maxGroup))
                pending.jobs.removeFirst(group.count)
                if group.isEmpty { pending.isDraining = false }
                return group
            }
            if group.isEmpty { return }
            commit(group)
        }
    }

    private func commit(_ group: [any WriteJob]) {
        do {
            try pool.writeWithoutTransaction { db in try db.run(group) }
        } catch {
            // The group failed as a whole, at its commit for example: one bad write must not take the others along.
            guard group.count > 1 else {
                group[0].fail(translated(error))
                return
            }
            for job in group { commit([job]) }
            return
        }
        for job in group { job.finish() }
    }
}

extension GRDB.Database {
    /// Runs a group of writes in one transaction.
    func run(_ group: [any WriteJob]) throws {
        let transaction = SQLiteTransaction(self)
        // Takes the write lock at once: a group never has to be repeated because a reader was upgraded.
        try cachedStatement(sql: "BEGIN IMMEDIATE").execute()
        do {
            for job in group {
                transaction.effects = []
                if group.count == 1 {
                    try job.run(transaction)
                } else {
                    try runInSavepoint(job, transaction)
                }
                job.take(transaction.effects)
            }
            try cachedStatement(sql: "COMMIT").execute()
        } catch {
            if isInsideTransaction { try? execute(sql: "ROLLBACK") }
            throw error
        }
    }

    /// An error of the closure's own undoes its savepoint alone and is told to its caller.
    private func runInSavepoint(_ job: any WriteJob, _ transaction: SQLiteTransaction) throws {
        try cachedStatement(sql: "SAVEPOINT job").execute()
        do {
            try job.run(transaction)
        } catch {
            transaction.effects = []
            guard isInsideTransaction else { throw error }
            try cachedStatement(sql: "ROLLBACK TO job").execute()
            job.refuse(translated(error))
        }
        try cachedStatement(sql: "RELEASE job").execute()
    }
}

/// An error of SQLite in words for the person who runs it.
func translated(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_FULL:
        return StorageError(.full, "The disk that holds the database is full: free some space, nothing was changed.")
    case .SQLITE_READONLY:
        return StorageError(.failed, "The database cannot be written: its file or its file system is read-only.")
    default: return StorageError(.failed, "SQLite: \(error)")
    }
}

/// One waiting write.
protocol WriteJob: Sendable {
    func run(_ transaction: SQLiteTransaction) throws
    /// Keeps the effects of the run that was just made.
    func take(_ effects: [@Sendable () -> Void])
    /// The closure itself failed; its group goes on without it.
    func refuse(_ error: any Error)
    /// After the commit: effects, then the caller.
    func finish()
    func fail(_ error: any Error)
}

final class Job<Value: Sendable>: WriteJob {
    private struct Outcome {
        var result: Result<Value, any Error>?
        var effects: [@Sendable () -> Void] = []
    }

    private let body: @Sendable (any SQLTransaction) throws -> Value
    private let completion: @Sendable (Result<Value, any Error>) -> Void
    private let outcome = Mutex(Outcome())

    init(
        body: @escaping @Sendable (any SQLTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.body = body
        self.completion = completion
    }

    func run(_ transaction: SQLiteTransaction) throws {
        let value = try body(transaction)
        outcome.withLock { $0.result = .success(value) }
    }

    func take(_ effects: [@Sendable () -> Void]) { outcome.withLock { $0.effects = effects } }

    func refuse(_ error: any Error) { outcome.withLock { $0.result = .failure(error) } }

    func finish() {
        let outcome = outcome.withLock { $0 }
        for effect in outcome.effects { effect() }
        if let result = outcome.result { completion(result) }
    }

    func fail(_ error: any Error) { completion(.failure(error)) }
}
