import Synchronization
import YggStorage

/// The statements that were asked through a transaction.
final class Recorder: Sendable {
    private let list = Mutex<[(String, [SQLValue])]>([])

    var statements: [(sql: String, arguments: [SQLValue])] { list.withLock { $0.map { ($0.0, $0.1) } } }
    func add(_ sql: String, _ arguments: [SQLValue]) { list.withLock { $0.append((sql, arguments)) } }
}

/// Hands everything on, and notes the queries.
final class RecordingTransaction: SQLTransaction {
    private let base: any SQLTransaction
    private let recorder: Recorder

    init(_ base: any SQLTransaction, _ recorder: Recorder) {
        self.base = base
        self.recorder = recorder
    }

    var lastInsertedKey: Int64 { base.lastInsertedKey }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int { try base.execute(sql, arguments) }

    func query<Value>(
        _ sql: String,
        _ arguments: [SQLValue],
        _ read: (any SQLRow) throws -> Value
    ) throws -> [Value] {
        recorder.add(sql, arguments)
        return try base.query(sql, arguments, read)
    }

    func afterCommit(_ effect: @escaping @Sendable () -> Void) { base.afterCommit(effect) }
}
