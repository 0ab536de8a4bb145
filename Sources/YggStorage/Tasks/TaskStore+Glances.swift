package import YggCore

/// The part of a task's row that moves, without what was asked for: cheap enough to be looked at after every commit.
package struct TaskGlance: Sendable, Hashable {
    package var num: Int64
    package var id: TaskID
    package var prefix: String
    package var state: TaskState
    package var attempt: Int64
    package var epoch: Int64
    package var interruptions: Int64
    package var executor: ExecutorID?
    package var version: Int64
    package var nextSeq: Int64
    /// The executor's entries of this epoch that were taken.
    package var reported: Int64
    package var result: [UInt8]?
    package var error: [UInt8]?
}

extension TaskStore {
    /// All tasks, in the order of their submission.
    package func glances(in tx: any SQLTransaction) throws -> [TaskGlance] {
        try tx.query(
            """
            SELECT num, id, prefix, state, attempt, epoch, interruptions, executor, version, next_seq, reported, result,
                error
            FROM tasks ORDER BY num
            """,
            []
        ) { row in
            guard let state = TaskState(rawValue: row.text(3)) else {
                throw StorageError(.corrupt, "A task is in a state that this version does not know.")
            }
            return TaskGlance(
                num: row.integer(0),
                id: TaskID(trusted: row.text(1)),
                prefix: row.text(2),
                state: state,
                attempt: row.integer(4),
                epoch: row.integer(5),
                interruptions: row.integer(6),
                executor: row.optionalText(7).map(ExecutorID.init(trusted:)),
                version: row.integer(8),
                nextSeq: row.integer(9),
                reported: row.integer(10),
                result: row.optionalBlob(11),
                error: row.optionalBlob(12)
            )
        }
    }
}
