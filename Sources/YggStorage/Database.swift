/// A value as it goes into and comes out of a column.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    package static func optional(_ value: Int64?) -> SQLValue { value.map(SQLValue.integer) ?? .null }
    package static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
    package static func optional(_ value: [UInt8]?) -> SQLValue { value.map(SQLValue.blob) ?? .null }
}

/// One row of a result, read by position while the query runs.
package protocol SQLRow {
    func integer(_ column: Int) -> Int64
    func optionalInteger(_ column: Int) -> Int64?
    func text(_ column: Int) -> String
    func optionalText(_ column: Int) -> String?
    func blob(_ column: Int) -> [UInt8]
    func optionalBlob(_ column: Int) -> [UInt8]?
}

/// What a closure may do inside a transaction. Never leaves the closure it was handed to.
///
/// SQL is written once for all drivers: `?` for arguments, and only what SQLite and PostgreSQL both understand.
package protocol SQLTransaction {
    /// - Returns: how many rows were changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int

    func query<Value>(_ sql: String, _ arguments: [SQLValue], _ read: (any SQLRow) throws -> Value) throws -> [Value]

    /// The key that the last insert into a table with a generated key made.
    var lastInsertedKey: Int64 { get }

    /// Runs `effect` after the commit, in the order of commits and before the writer hears of it. What a rolled-back
    /// or repeated closure registered is dropped.
    func afterCommit(_ effect: @escaping @Sendable () -> Void)
}

extension SQLTransaction {
    package func first<Value>(
        _ sql: String,
        _ arguments: [SQLValue],
        _ read: (any SQLRow) throws -> Value
    ) throws -> Value? {
        try query(sql, arguments, read).first
    }
}

/// The one seam to a store.
///
/// Closures are synchronous: rows are read, the pure decision is made, rows are written, with no `await` between. A
/// write may run more than once (its group failed, it is tried alone), so all it does outside the transaction it
/// registers with `afterCommit`. A write that was begun is not cancelled with its caller.
package protocol Database: Sendable {
    /// Queues a write and returns at once. `completion` is called after the effects, on the writer's own thread: it
    /// must be short.
    func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    )

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value

    func close() async
}

extension Database {
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(body) { continuation.resume(with: $0) }
        }
    }
}

/// What went wrong with the store, in words for the person who runs it.
package struct StorageError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file cannot be opened, or is another program's.
        case cannotOpen
        /// The settings that make a commit durable did not take.
        case notDurable
        /// The database was written by a newer version.
        case newerSchema
        /// A row does not say what it should.
        case corrupt
        case full
        case failed
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail }
}
