import YggCore

/// What must hold in every store, whatever happened to it. Each complaint names the task and what is wrong.
package struct StoreCheck: Sendable {
    package private(set) var problems: [String] = []
    package private(set) var tasks: Int64 = 0
    package private(set) var events: Int64 = 0

    /// Complaints that are listed at most; a store that is damaged as a whole has one for every row.
    private static let limit = 100

    /// Looks at everything in the transaction.
    package init(in tx: any SQLTransaction) throws {
        tasks = try tx.first("SELECT COUNT(*) FROM tasks", []) { $0.integer(0) } ?? 0
        try checkStates(in: tx)
        try checkDependencies(in: tx)
        try checkOwners(in: tx)
        try checkLogs(in: tx)
    }

    package mutating func complain(_ sentence: String) {
        if problems.count < Self.limit { problems.append(sentence) }
    }

    private mutating func complain(
        about sql: String,
        in tx: any SQLTransaction,
        _ sentence: (String) -> String
    ) throws {
        for name in try tx.query("\(sql) LIMIT 20", [], { $0.text(0) }) { complain(sentence(name)) }
    }

    private mutating func checkStates(in tx: any SQLTransaction) throws {
        let states = TaskState.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let ended = TaskState.allCases.filter(\.isTerminal).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        try complain(about: "SELECT id FROM tasks WHERE state NOT IN (\(states))", in: tx) {
            "Task \($0) is in a state that does not exist."
        }
        try complain(about: "SELECT id FROM tasks WHERE (state IN (\(ended))) <> (finished_at IS NOT NULL)", in: tx) {
            "Task \($0) has ended and says no time, or says a time and has not ended."
        }
        try complain(about: "SELECT id FROM tasks WHERE epoch < 0 OR attempt < 0 OR reported < 0", in: tx) {
            "Task \($0) has an epoch or an attempt below zero."
        }
        try complain(
            about: "SELECT id FROM tasks WHERE state = 'running' AND (epoch < 1 OR executor IS NULL)",
            in: tx
        ) { "Task \($0) is running and nobody holds it." }
        try complain(
            about: """
                SELECT id FROM tasks WHERE (state = 'awaitingApproval') <> EXISTS
                    (SELECT 1 FROM approvals WHERE approvals.task = tasks.num AND verdict IS NULL)
                """,
            in: tx
        ) { "Task \($0) waits for a person who is asked nothing, or asks one and does not wait." }
    }

    private mutating func checkDependencies(in tx: any SQLTransaction) throws {
        try complain(
            about: """
                SELECT id FROM tasks WHERE state = 'blocked' AND open_dependencies <> (SELECT COUNT(*) FROM edges
                    JOIN tasks AS awaited ON awaited.num = edges.depends_on
                    WHERE edges.task = tasks.num AND awaited.finished_at IS NULL)
                """,
            in: tx
        ) { "Task \($0) waits for another number of tasks than it counts: it might wait for ever." }
        try complain(
            about: """
                SELECT id FROM tasks WHERE state IN ('scheduled', 'queued', 'running') AND open_dependencies <> 0
                """,
            in: tx
        ) { "Task \($0) went on before what it depends on had ended." }
    }

    private mutating func checkOwners(in tx: any SQLTransaction) throws {
        for (table, column) in [
            ("events", "task"), ("artifacts", "task"), ("edges", "task"), ("edges", "depends_on"),
            ("task_labels", "task"), ("approvals", "task"), ("task_references", "task"), ("task_references", "target"),
        ] {
            let orphans =
                try tx.first(
                    """
                    SELECT COUNT(*) FROM \(table) WHERE NOT EXISTS
                        (SELECT 1 FROM tasks WHERE tasks.num = \(table).\(column))
                    """,
                    []
                ) { $0.integer(0) } ?? 0
            if orphans > 0 { complain("\(orphans) rows of \(table) belong to tasks that are gone.") }
        }
    }

    /// Every log is dense: each chunk begins where the one before ended, the last one ends at the task's own counter,
    /// and what was cut off was cut off at the beginning. A restore alone may jump, and says so in the first entry after.
    private mutating func checkLogs(in tx: any SQLTransaction) throws {
        var found: [String] = []
        var counted: Int64 = 0
        var log: (num: Int64, id: String, next: Int64, last: Int64, isTrimmed: Bool)?
        func end(_ finished: (num: Int64, id: String, next: Int64, last: Int64, isTrimmed: Bool)?) {
            guard let finished, finished.last != finished.next - 1 else { return }
            found.append("The log of task \(finished.id) ends at \(finished.last) and should at \(finished.next - 1).")
        }
        _ = try tx.query(
            """
            SELECT tasks.num, tasks.id, tasks.next_seq, tasks.finished_at, events.first_seq, events.last_seq, events.body
            FROM tasks JOIN events ON events.task = tasks.num ORDER BY events.task, events.first_seq
            """,
            []
        ) { row in
            let (num, first, last) = (row.integer(0), row.integer(4), row.integer(5))
            if log?.num != num {
                end(log)
                let mayBeCut = row.optionalInteger(3) != nil
                log = (num, row.text(1), row.integer(2), mayBeCut ? first - 1 : 0, mayBeCut)
            }
            guard let current = log, found.count < Self.limit else { return }
            let events = Self.events(of: row.blob(6))
            counted += Int64(events?.count ?? 0)
            if let events, Int64(events.count) == last - first + 1,
                zip(events, 0...).allSatisfy({ $0.seq == first + $1 })
            {
                let jumped = events.first.map { $0.type == .gap && $0.data["from"] == .int(current.last + 1) } ?? false
                if first != current.last + 1, !jumped {
                    found.append("The log of task \(current.id) has a hole between \(current.last) and \(first).")
                }
            } else {
                found.append("The log of task \(current.id) cannot be read from \(first) to \(last).")
            }
            log?.last = last
        }
        end(log)
        events = counted
        for sentence in found { complain(sentence) }
        try complain(
            about: """
                SELECT id FROM tasks WHERE trimmed = 0 AND next_seq > 1
                    AND NOT EXISTS (SELECT 1 FROM events WHERE events.task = tasks.num)
                """,
            in: tx
        ) { "The log of task \($0) is gone." }
    }

    private static func events(of body: [UInt8]) -> [Event]? {
        try? body.split(separator: UInt8(ascii: "\n")).map { line in
            var reader = try ObjectReader(JSON(parsing: Array(line)))
            return try Event(reading: &reader)
        }
    }
}
