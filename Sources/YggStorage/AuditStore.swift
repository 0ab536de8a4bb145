package import YggCore

/// The audit: appended to in the commit of what it tells of, read, and cut off at its old end. Nothing changes an entry.
package enum AuditStore {
    package static func append(_ entry: AuditEntry, in tx: any SQLTransaction) throws {
        try tx.execute(
            """
            INSERT INTO audit (at, by_name, token, address, action, task, executor, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(entry.at.milliseconds), .text(entry.by), .optional(entry.token?.rawValue),
                .optional(entry.address), .text(entry.action.rawValue), .optional(entry.task?.rawValue),
                .optional(entry.executor?.rawValue), .optional(entry.detail),
            ]
        )
    }

    /// A page, newest first.
    /// - Parameter cursor: the number of the last entry of the page before.
    /// - Returns: each entry with its number.
    package static func list(
        _ filter: AuditFilter,
        before cursor: Int64?,
        limit: Int,
        in tx: any SQLTransaction
    ) throws -> [(num: Int64, entry: AuditEntry)] {
        var conditions: [String] = []
        var arguments: [SQLValue] = []
        func add(_ condition: String, _ argument: SQLValue?) {
            guard let argument else { return }
            conditions.append(condition)
            arguments.append(argument)
        }
        add("num < ?", cursor.map(SQLValue.integer))
        add("at >= ?", filter.since.map { .integer($0.milliseconds) })
        add("by_name = ?", filter.by.map(SQLValue.text))
        add("task = ?", filter.task.map { .text($0.rawValue) })
        add("executor = ?", filter.executor.map { .text($0.rawValue) })
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try tx.query(
            """
            SELECT num, at, by_name, token, address, action, task, executor, detail FROM audit \(condition)
            ORDER BY num DESC LIMIT ?
            """,
            arguments + [.integer(Int64(limit))]
        ) { row in (row.integer(0), entry(in: row)) }
        .compactMap { num, entry in entry.map { (num, $0) } }
    }

    /// About how many bytes of the file the audit takes. It is asked every few seconds, so a year's rows are not added up:
    /// there are as many as their numbers say, and those at both ends are measured.
    package static func bytes(in tx: any SQLTransaction) throws -> Int64 {
        let ends = try tx.first("SELECT (SELECT MIN(num) FROM audit), (SELECT MAX(num) FROM audit)", []) { row in
            row.optionalInteger(0).flatMap { first in row.optionalInteger(1).map { (first: first, last: $0) } }
        }
        guard let ends = ends ?? nil else { return 0 }
        let sizes = try tx.query(
            """
            SELECT LENGTH(by_name) + COALESCE(LENGTH(token), 0) + COALESCE(LENGTH(address), 0) + LENGTH(action)
                + COALESCE(LENGTH(task), 0) + COALESCE(LENGTH(executor), 0) + COALESCE(LENGTH(detail), 0)
            FROM audit WHERE num < ? OR num > ?
            """,
            [.integer(ends.first + measured), .integer(ends.last - measured)]
        ) { $0.integer(0) }
        guard !sizes.isEmpty else { return 0 }
        let count = ends.last - ends.first + 1
        return count * (sizes.reduce(0, +) / Int64(sizes.count) + rowOverhead)
    }

    /// Rows at each end that are measured.
    private static let measured: Int64 = 250
    /// What a row takes beside its text: its time, its head, its number and its place in a page.
    private static let rowOverhead: Int64 = 24

    /// Removes some of what is older than `time`, from the beginning up to the first entry that is not.
    /// - Returns: whether there may be more.
    package static func removeSome(before time: Timestamp, limit: Int, in tx: any SQLTransaction) throws -> Bool {
        let removed = try tx.execute(
            """
            DELETE FROM audit WHERE num IN
                (SELECT num FROM (SELECT num, at FROM audit ORDER BY num LIMIT ?) AS oldest WHERE at < ?)
            """,
            [.integer(Int64(limit)), .integer(time.milliseconds)]
        )
        return removed == limit
    }

    /// nil for an action that a newer version knows.
    private static func entry(in row: any SQLRow) -> AuditEntry? {
        guard let action = AuditEntry.Action(rawValue: row.text(5)) else { return nil }
        return AuditEntry(
            at: Timestamp(milliseconds: row.integer(1)),
            by: row.text(2),
            token: row.optionalText(3).map { TokenID($0) },
            address: row.optionalText(4),
            action: action,
            task: row.optionalText(6).map { TaskID(trusted: $0) },
            executor: row.optionalText(7).map { ExecutorID(trusted: $0) },
            detail: row.optionalText(8)
        )
    }
}
