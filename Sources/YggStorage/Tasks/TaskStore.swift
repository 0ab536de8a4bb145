package import YggCore

/// Everything durable about tasks, written once over `Database`.
///
/// Methods take the transaction they run in; what belongs together is put together by the coordinator.
package final class TaskStore: Sendable {
    private let specs = SpecCache()

    package init() {}

    static let columns = """
        num, lane, state, phase, attempt, epoch, interruptions, executor, open_dependencies, not_before, updated_at,
        started_at, finished_at, cancel_requested, pending_digest, approval_since, version, next_seq, reported, result,
        error, spec, landing
        """

    /// Stores a new task with the events of its beginning.
    package func insert(
        _ task: FleetTask,
        lane: LaneID,
        events: [EventDraft],
        in tx: any SQLTransaction
    ) throws -> StoredTask {
        let spec = task.spec
        try tx.execute(
            """
            INSERT INTO tasks (id, prefix, lane, priority, state, phase, attempt, epoch, interruptions, executor,
                open_dependencies, not_before, wake_at, updated_at, started_at, finished_at, cancel_requested,
                pending_digest, approval_since, landing, dedupe_key, version, next_seq, reported, spec, result, error)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(spec.id.rawValue), .text(spec.kind.prefix), .integer(lane),
                .integer(Int64(spec.priority.rawValue)),
            ] + mutableColumns(task) + [
                .integer(Int64(events.count + 1)), .integer(0), .blob(spec.storedJSON.bytes),
                .optional(task.result?.bytes), .optional(task.error?.storedBytes),
            ]
        )
        var stored = StoredTask(num: tx.lastInsertedKey, lane: lane, task: task)
        for label in Set(spec.labels) {
            try tx.execute(
                "INSERT INTO task_labels (label, task) VALUES (?, ?)",
                [.text(label), .integer(stored.num)]
            )
        }
        try noteReferences(of: spec, num: stored.num, in: tx)
        try append(events, to: &stored, in: tx)
        let num = stored.num
        switch task.state {
        case .running: tx.afterCommit { [specs] in specs.insert(granted: spec, for: num) }
        case .queued: tx.afterCommit { [specs] in specs.insert(queued: spec, for: num) }
        default: break
        }
        return stored
    }

    /// Writes what may have changed since the task was read, with the events of the change.
    package func update(
        _ stored: inout StoredTask,
        to task: FleetTask,
        events: [EventDraft],
        in tx: any SQLTransaction
    ) throws {
        if task.epoch != stored.task.epoch {
            stored.reported = 0
            if task.state == .running {
                let num = stored.num
                tx.afterCommit { [specs] in specs.insert(granted: task.spec, for: num) }
            }
        }
        stored.task = task
        try append(events, to: &stored, in: tx)
        try write(stored, in: tx)
    }

    /// Writes the row alone, after events were appended.
    package func write(_ stored: StoredTask, in tx: any SQLTransaction) throws {
        let task = stored.task
        try tx.execute(
            """
            UPDATE tasks SET state = ?, phase = ?, attempt = ?, epoch = ?, interruptions = ?, executor = ?,
                open_dependencies = ?, not_before = ?, wake_at = ?, updated_at = ?, started_at = ?, finished_at = ?,
                cancel_requested = ?, pending_digest = ?, approval_since = ?, landing = ?, dedupe_key = ?, version = ?,
                next_seq = ?, reported = ?, result = ?, error = ?
            WHERE num = ?
            """,
            mutableColumns(task) + [
                .integer(stored.nextSeq), .integer(stored.reported), .optional(task.result?.bytes),
                .optional(task.error?.storedBytes), .integer(stored.num),
            ]
        )
        if task.state.isTerminal {
            let num = stored.num
            tx.afterCommit { [specs] in specs.remove(num) }
        }
    }

    private func mutableColumns(_ task: FleetTask) -> [SQLValue] {
        [
            .text(task.state.rawValue), .text(task.phase.rawValue), .integer(Int64(task.attempt)),
            .integer(task.epoch), .integer(Int64(task.interruptions)), .optional(task.executor?.rawValue),
            .integer(Int64(task.openDependencies)), .optional(task.notBefore?.milliseconds),
            .optional(task.wakeAt?.milliseconds), .integer(task.updatedAt.milliseconds),
            .optional(task.startedAt?.milliseconds), .optional(task.finishedAt?.milliseconds),
            .integer(task.cancelRequested ? 1 : 0), .optional(task.pendingDigest),
            .optional(task.approvalSince?.milliseconds), .optional(task.landing),
            // Unique among unfinished tasks only.
            task.state.isTerminal ? .null : .optional(task.spec.dedupeKey), .integer(task.version),
        ]
    }

    package func task(_ id: TaskID, in tx: any SQLTransaction) throws -> StoredTask? {
        try first("WHERE id = ?", [.text(id.rawValue)], in: tx)
    }

    package func task(num: Int64, in tx: any SQLTransaction) throws -> StoredTask? {
        try first("WHERE num = ?", [.integer(num)], in: tx)
    }

    package func liveTask(dedupeKey: String, in tx: any SQLTransaction) throws -> StoredTask? {
        try first("WHERE dedupe_key = ?", [.text(dedupeKey)], in: tx)
    }

    /// The queued tasks of a lane, in the order in which they are to be granted. What is to be landed where another
    /// task lands at the moment is none of them.
    package func queueHeads(of lane: LaneID, limit: Int, in tx: any SQLTransaction) throws -> [StoredTask] {
        try select(
            """
            WHERE state = 'queued' AND lane = ? AND (landing IS NULL OR NOT EXISTS
                (SELECT 1 FROM tasks AS other WHERE other.landing = tasks.landing AND other.state = 'running'))
            ORDER BY priority, num LIMIT ?
            """,
            [.integer(lane), .integer(Int64(limit))],
            in: tx
        )
    }

    package func hasQueued(in lane: LaneID, in tx: any SQLTransaction) throws -> Bool {
        try tx.first("SELECT 1 FROM tasks WHERE state = 'queued' AND lane = ? LIMIT 1", [.integer(lane)]) { _ in true }
            ?? false
    }

    /// The lanes of those that wait to be landed at a place.
    package func lanesWaiting(toLandAt place: String, in tx: any SQLTransaction) throws -> [LaneID] {
        try tx.query(
            "SELECT DISTINCT lane FROM tasks WHERE state = 'queued' AND landing = ? ORDER BY lane",
            [.text(place)]
        ) { $0.integer(0) }
    }

    /// Who lands at a place at the moment.
    package func landing(at place: String, in tx: any SQLTransaction) throws -> TaskID? {
        try tx.first("SELECT id FROM tasks WHERE landing = ? AND state = 'running'", [.text(place)]) {
            TaskID(trusted: $0.text(0))
        }
    }

    package func lanesWithQueued(in tx: any SQLTransaction) throws -> [LaneID] {
        try tx.query(
            """
            SELECT id FROM lanes WHERE EXISTS
                (SELECT 1 FROM tasks WHERE tasks.state = 'queued' AND tasks.lane = lanes.id)
            """,
            []
        ) { $0.integer(0) }
    }

    /// Tasks that the clock alone changes, those due by `time`, soonest first.
    package func due(by time: Timestamp, limit: Int, in tx: any SQLTransaction) throws -> [StoredTask] {
        try select(
            "WHERE wake_at <= ? ORDER BY wake_at LIMIT ?",
            [.integer(time.milliseconds), .integer(Int64(limit))],
            in: tx
        )
    }

    package func nextWake(in tx: any SQLTransaction) throws -> Timestamp? {
        try tx.first("SELECT MIN(wake_at) FROM tasks WHERE wake_at IS NOT NULL", []) { row in
            row.optionalInteger(0).map { Timestamp(milliseconds: $0) }
        } ?? nil
    }

    package func running(in tx: any SQLTransaction) throws -> [StoredTask] {
        try select("WHERE state = 'running' AND state <> 'succeeded' ORDER BY num", [], in: tx)
    }

    // MARK: Dependencies

    package func addEdge(from dependency: Int64, to task: Int64, in tx: any SQLTransaction) throws {
        try tx.execute(
            "INSERT INTO edges (depends_on, task) VALUES (?, ?)",
            [.integer(dependency), .integer(task)]
        )
    }

    /// Tasks that wait for `num`.
    package func dependants(of num: Int64, in tx: any SQLTransaction) throws -> [StoredTask] {
        try select(
            "WHERE num IN (SELECT task FROM edges WHERE depends_on = ?) AND state = 'blocked' ORDER BY num",
            [.integer(num)],
            in: tx
        )
    }

    // MARK: Reading rows

    private func first(_ clause: String, _ arguments: [SQLValue], in tx: any SQLTransaction) throws -> StoredTask? {
        try select(clause, arguments, in: tx).first
    }

    func select(_ clause: String, _ arguments: [SQLValue], in tx: any SQLTransaction) throws -> [StoredTask] {
        try tx.query("SELECT \(Self.columns) FROM tasks \(clause)", arguments) { row in
            let num = row.integer(0)
            return StoredTask(
                num: num,
                lane: row.integer(1),
                task: FleetTask(
                    restoring: try Self.snapshot(row),
                    of: try specs[num] ?? TaskSpec(stored: row.blob(21))
                ),
                nextSeq: row.integer(17),
                reported: row.integer(18)
            )
        }
    }

    private static func snapshot(_ row: any SQLRow) throws -> FleetTask.Snapshot {
        guard let state = TaskState(rawValue: row.text(2)), let phase = Phase(rawValue: row.text(3)) else {
            throw StorageError(.corrupt, "Task \(row.integer(0)) is in a state that this version does not know.")
        }
        func time(_ column: Int) -> Timestamp? { row.optionalInteger(column).map { Timestamp(milliseconds: $0) } }
        return FleetTask.Snapshot(
            state: state,
            phase: phase,
            attempt: Int(row.integer(4)),
            epoch: row.integer(5),
            interruptions: Int(row.integer(6)),
            executor: row.optionalText(7).map(ExecutorID.init(trusted:)),
            openDependencies: Int(row.integer(8)),
            notBefore: time(9),
            updatedAt: Timestamp(milliseconds: row.integer(10)),
            startedAt: time(11),
            finishedAt: time(12),
            cancelRequested: row.integer(13) != 0,
            pendingDigest: row.optionalText(14),
            approvalSince: time(15),
            landing: row.optionalText(22),
            result: try row.optionalBlob(19).flatMap { try JSON(parsing: $0).objectValue },
            error: try row.optionalBlob(20).map { try TaskError(stored: $0) },
            version: row.integer(16)
        )
    }
}

extension TaskError {
    var storedBytes: [UInt8] {
        JSONObject([("code", .string(code)), ("detail", .string(detail)), ("retryable", .bool(retryable))]).bytes
    }

    init(stored bytes: [UInt8]) throws {
        let json = try JSON(parsing: bytes)
        self.init(
            code: json["code"]?.stringValue ?? "",
            detail: json["detail"]?.stringValue ?? "",
            retryable: json["retryable"]?.boolValue ?? false
        )
    }
}
