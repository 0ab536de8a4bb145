package import YggCore

/// What people were asked, and what they decided. The task's row says that it waits; both change in one commit.
package enum ApprovalStore {
    private static let columns = """
        approvals.num, tasks.id, approvals.epoch, approvals.phase, approvals.digest, approvals.question,
        approvals.excerpt, approvals.diff_bytes, approvals.requested_at, approvals.expires_at, approvals.verdict,
        approvals.decided_by, approvals.comment, approvals.decided_at
        """

    /// - Parameter task: the row of the task that asks.
    package static func add(_ approval: Approval, to task: Int64, in tx: any SQLTransaction) throws {
        try tx.execute(
            """
            INSERT INTO approvals (task, epoch, phase, digest, subject, question, excerpt, diff_bytes, requested_at,
                expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(task), .integer(approval.epoch), .text(approval.phase.rawValue), .text(approval.digest),
                .text(approval.question.subject.rawValue), .blob(approval.question.json.bytes),
                .optional(approval.excerpt?.text), .optional(approval.excerpt?.bytes),
                .integer(approval.requestedAt.milliseconds),
                .optional(approval.expiresAt?.milliseconds),
            ]
        )
    }

    /// Closes the open question of a task. The condition is in the update: whoever comes second changes nothing.
    /// - Returns: it, decided; nil where nothing was open.
    package static func decide(
        _ decision: ApprovalDecision,
        task: Int64,
        in tx: any SQLTransaction
    ) throws -> Approval? {
        guard var open = try first("WHERE approvals.task = ? AND approvals.verdict IS NULL", [.integer(task)], in: tx)
        else { return nil }
        let changed = try tx.execute(
            """
            UPDATE approvals SET verdict = ?, decided_by = ?, comment = ?, decided_at = ?
            WHERE task = ? AND verdict IS NULL
            """,
            [
                .text(decision.verdict.rawValue), .optional(decision.by), .optional(decision.comment),
                .integer(decision.at.milliseconds), .integer(task),
            ]
        )
        guard changed == 1 else { return nil }
        open.decision = decision
        return open
    }

    /// All that was ever asked about a task, newest first.
    package static func all(of task: Int64, in tx: any SQLTransaction) throws -> [Approval] {
        try select("WHERE approvals.task = ? ORDER BY approvals.num DESC", [.integer(task)], in: tx).map(\.approval)
    }

    /// The one that waits.
    package static func open(of task: Int64, in tx: any SQLTransaction) throws -> Approval? {
        try first("WHERE approvals.task = ? AND approvals.verdict IS NULL", [.integer(task)], in: tx)
    }

    /// What an attempt must know: the last decisions that let the task go on, oldest first.
    package static func decisions(of task: Int64, in tx: any SQLTransaction) throws -> [Approval] {
        try select(
            """
            WHERE approvals.task = ? AND approvals.verdict IN ('approved', 'sentBack')
            ORDER BY approvals.num DESC LIMIT 4
            """,
            [.integer(task)],
            in: tx
        ).map(\.approval).reversed()
    }

    /// Those that wait, oldest first, after `cursor`.
    package static func open(
        after cursor: Int64?,
        limit: Int,
        in tx: any SQLTransaction
    ) throws -> [(num: Int64, approval: Approval)] {
        try select(
            "WHERE approvals.verdict IS NULL AND approvals.num > ? ORDER BY approvals.num LIMIT ?",
            [.integer(cursor ?? 0), .integer(Int64(limit))],
            in: tx
        )
    }

    /// How many wait of each subject, and since when the oldest.
    package struct Backlog: Sendable {
        package var subject: String
        package var count: Int64
        package var oldest: Timestamp
    }

    package static func backlog(in tx: any SQLTransaction) throws -> [Backlog] {
        try tx.query(
            """
            SELECT subject, COUNT(*), MIN(requested_at) FROM approvals WHERE verdict IS NULL
            GROUP BY subject ORDER BY subject
            """,
            []
        ) { row in
            Backlog(
                subject: row.text(0),
                count: row.integer(1),
                oldest: Timestamp(milliseconds: row.integer(2))
            )
        }
    }

    // MARK: Reading rows

    private static func first(
        _ clause: String,
        _ arguments: [SQLValue],
        in tx: any SQLTransaction
    ) throws -> Approval? {
        try select(clause, arguments, in: tx).first?.approval
    }

    private static func select(
        _ clause: String,
        _ arguments: [SQLValue],
        in tx: any SQLTransaction
    ) throws -> [(num: Int64, approval: Approval)] {
        try tx.query(
            "SELECT \(columns) FROM approvals JOIN tasks ON tasks.num = approvals.task \(clause)",
            arguments
        ) { row in (row.integer(0), try approval(row)) }
    }

    private static func approval(_ row: any SQLRow) throws -> Approval {
        func time(_ column: Int) -> Timestamp? { row.optionalInteger(column).map { Timestamp(milliseconds: $0) } }
        guard let phase = Phase(rawValue: row.text(3)) else {
            throw StorageError(.corrupt, "Approval \(row.integer(0)) is of a phase that this version does not know.")
        }
        var reader = try ObjectReader(JSON(parsing: row.blob(5)))
        return Approval(
            task: TaskID(trusted: row.text(1)),
            epoch: row.integer(2),
            phase: phase,
            question: try ApprovalQuestion(reading: &reader),
            digest: row.text(4),
            requestedAt: Timestamp(milliseconds: row.integer(8)),
            expiresAt: time(9),
            excerpt: row.optionalText(6).map { .init(text: $0, bytes: row.optionalInteger(7) ?? 0) },
            decision: try row.optionalText(10).map { word in
                guard let verdict = ApprovalDecision.Verdict(rawValue: word), let at = time(13) else {
                    throw StorageError(.corrupt, "Approval \(row.integer(0)) was decided in an unknown way.")
                }
                return ApprovalDecision(verdict, by: row.optionalText(11), comment: row.optionalText(12), at: at)
            }
        )
    }
}
