package import YggCore

extension TaskStore {
    /// Gives the drafts their places in the task's log and stores them as one chunk: JSON, one event a line.
    ///
    /// The row must be written afterwards, because it keeps the next number.
    package func append(_ drafts: [EventDraft], to stored: inout StoredTask, in tx: any SQLTransaction) throws {
        guard !drafts.isEmpty else { return }
        let first = stored.nextSeq
        var body: [UInt8] = []
        for draft in drafts {
            draft.numbered(stored.nextSeq).json.write(to: &body)
            body.append(UInt8(ascii: "\n"))
            stored.nextSeq += 1
        }
        try tx.execute(
            "INSERT INTO events (task, first_seq, last_seq, body) VALUES (?, ?, ?, ?)",
            [.integer(stored.num), .integer(first), .integer(stored.nextSeq - 1), .blob(body)]
        )
    }

    /// A page of a task's log.
    package struct EventPage: Sendable {
        package var events: [Event]
        /// The first number that is still stored, where it lies beyond what was asked for.
        package var firstStored: Int64?
    }

    /// Events with a number greater than `after`, up to `limit` of them and about `maxBytes`.
    package func events(
        of num: Int64,
        after: Int64,
        limit: Int,
        maxBytes: Int = 1 << 20,
        in tx: any SQLTransaction
    ) throws -> EventPage {
        var events: [Event] = []
        var bytes = 0
        var next = after
        reading: while events.count < limit, bytes < maxBytes {
            // Chunk by chunk: a chunk may hold one event or thousands.
            // It begins with the last one that starts at or before the event that is wanted.
            let chunks = try tx.query(
                """
                SELECT last_seq, body FROM events WHERE task = ? AND last_seq > ? AND first_seq >= COALESCE(
                    (SELECT MAX(first_seq) FROM events WHERE task = ? AND first_seq <= ?), 0)
                ORDER BY first_seq LIMIT 16
                """,
                [.integer(num), .integer(next), .integer(num), .integer(next.addingReportingOverflow(1).partialValue)]
            ) { ($0.integer(0), $0.blob(1)) }
            if chunks.isEmpty { break }
            for (lastSeq, body) in chunks {
                bytes += body.count
                for line in body.split(separator: UInt8(ascii: "\n")) {
                    var reader = try ObjectReader(JSON(parsing: Array(line)))
                    let event = try Event(reading: &reader)
                    guard event.seq > after else { continue }
                    if events.count == limit { break reading }
                    events.append(event)
                }
                next = lastSeq
                if bytes >= maxBytes { break reading }
            }
        }
        let firstStored = events.first.flatMap { $0.seq > after + 1 ? $0.seq : nil }
        return EventPage(events: events, firstStored: firstStored)
    }
}
