package import YggCore

/// What makes a copy of a store a store of its own.
package enum Restoration {
    /// How far epochs and sequence numbers jump. The lost time is unknown: executors may hold leases of it, and viewers
    /// may have seen entries of it. Nothing that is numbered from here on can be taken for any of those.
    package static let jump: Int64 = 1_000_000_000

    /// Gives the store a new id, and lets epoch and `seq` of every open task jump. The log of each says so.
    ///
    /// What was running is still shown as running: the coordinator, which never hears of those leases, moves it on as
    /// the loss of an executor does.
    /// - Returns: how many tasks were open.
    package static func adopt(_ database: any Database, newID: String, at now: Timestamp) async throws -> Int {
        _ = try await database.write { tx in
            try tx.execute(
                "INSERT INTO meta (name, value) VALUES ('storeId', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [.text(newID)]
            )
            try StoreIdentity.assumeFarewell(in: tx)
        }
        let store = TaskStore()
        var after: Int64 = .min
        var count = 0
        while true {
            let page = try await database.write { [after] tx in
                let page = try store.unfinished(after: after, limit: 500, in: tx)
                for stored in page { try store.jump(stored, at: now, in: tx) }
                return page.map(\.num)
            }
            guard let last = page.last else { return count }
            after = last
            count += page.count
        }
    }
}

extension TaskStore {
    /// Tasks that have not ended, in the order of their submission.
    func unfinished(after num: Int64, limit: Int, in tx: any SQLTransaction) throws -> [StoredTask] {
        try select(
            "WHERE state <> 'succeeded' AND finished_at IS NULL AND num > ? ORDER BY num LIMIT ?",
            [.integer(num), .integer(Int64(limit))],
            in: tx
        )
    }

    fileprivate func jump(_ stored: StoredTask, at now: Timestamp, in tx: any SQLTransaction) throws {
        var stored = stored
        let from = stored.nextSeq
        stored.nextSeq += Restoration.jump
        try append(
            [
                EventDraft(
                    at: now,
                    type: .gap,
                    data: [
                        "from": .int(from), "to": .int(stored.nextSeq - 1),
                        "reason": "The store was restored from a backup.",
                    ]
                )
            ],
            to: &stored,
            in: tx
        )
        try tx.execute(
            "UPDATE tasks SET epoch = epoch + ?, next_seq = ?, reported = 0, version = version + 1 WHERE num = ?",
            [.integer(Restoration.jump), .integer(stored.nextSeq), .integer(stored.num)]
        )
    }
}
