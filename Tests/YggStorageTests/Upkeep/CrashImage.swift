import FoundationEssentials
import YggStorage

/// A database whose files are copied at a chosen statement of a write: what a SIGKILL at that moment leaves behind.
struct CrashingDatabase: YggStorage.Database {
    let database: SQLiteDatabase
    let path: String
    /// The statement after which the files are copied, counted from 1.
    let statement: Int
    let image: String

    func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        database.enqueue(
            { tx in try body(CrashingTransaction(tx: tx, database: self)) },
            completion: completion
        )
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await database.read(body)
    }

    func close() async { await database.close() }

    fileprivate func takeImage() throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: image + suffix)
        }
    }
}

private final class CrashingTransaction: SQLTransaction {
    private let tx: any SQLTransaction
    private let database: CrashingDatabase
    private var count = 0

    init(tx: any SQLTransaction, database: CrashingDatabase) {
        self.tx = tx
        self.database = database
    }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        let changed = try tx.execute(sql, arguments)
        count += 1
        if count == database.statement { try database.takeImage() }
        return changed
    }

    func query<Value>(_ sql: String, _ arguments: [SQLValue], _ read: (any SQLRow) throws -> Value) throws -> [Value] {
        try tx.query(sql, arguments, read)
    }

    var lastInsertedKey: Int64 { tx.lastInsertedKey }
    func afterCommit(_ effect: @escaping @Sendable () -> Void) { tx.afterCommit(effect) }
}
