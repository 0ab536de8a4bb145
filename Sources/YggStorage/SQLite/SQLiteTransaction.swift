import FoundationEssentials
import GRDB

/// One GRDB connection inside a transaction, through our seam. Statements are prepared once and kept.
final class SQLiteTransaction: SQLTransaction {
    private let db: GRDB.Database
    var effects: [@Sendable () -> Void] = []

    init(_ db: GRDB.Database) { self.db = db }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(StatementArguments(arguments.map(\.databaseValue)))
        try statement.execute()
        return db.changesCount
    }

    func query<Value>(
        _ sql: String, _ arguments: [SQLValue], _ read: (any SQLRow) throws -> Value
    ) throws -> [Value] {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(StatementArguments(arguments.map(\.databaseValue)))
        let cursor = try Row.fetchCursor(statement)
        var values: [Value] = []
        while let row = try cursor.next() { values.append(try read(SQLiteRow(row: row))) }
        return values
    }

    var lastInsertedKey: Int64 { db.lastInsertedRowID }

    func afterCommit(_ effect: @escaping @Sendable () -> Void) { effects.append(effect) }
}

private struct SQLiteRow: SQLRow {
    let row: Row

    func integer(_ column: Int) -> Int64 { row[column] }
    func optionalInteger(_ column: Int) -> Int64? { row[column] }
    func text(_ column: Int) -> String { row[column] }
    func optionalText(_ column: Int) -> String? { row[column] }

    func blob(_ column: Int) -> [UInt8] { optionalBlob(column) ?? [] }

    func optionalBlob(_ column: Int) -> [UInt8]? {
        guard !row.hasNull(atIndex: column) else { return nil }
        return (try? row.withUnsafeData(atIndex: column) { data in data.map { [UInt8]($0) } }) ?? nil
    }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }
}
