import YggCore

/// One attempt, as it wrote itself down.
struct LedgerAttempt {
    var epoch: Int64
    var executor: String
    /// One for each process that began it: there must be one.
    var starts: [Instant]
    /// When it was last seen alive.
    var lastSign: Instant
    var hasEnded: Bool

    var start: Instant { starts.first ?? lastSign }

    /// By task, in the order of their epochs.
    static func all(in ledger: [LedgerEntry]) -> [String: [LedgerAttempt]] {
        Dictionary(grouping: ledger, by: \.task).mapValues { entries in
            Dictionary(grouping: entries, by: \.epoch).map { epoch, entries in
                let entries = entries.sorted { $0.at < $1.at }
                return LedgerAttempt(
                    epoch: epoch,
                    executor: entries[0].executor,
                    starts: entries.filter { $0.mark == .start }.map(\.at),
                    lastSign: entries[entries.count - 1].at,
                    hasEnded: entries.contains { $0.mark == .end }
                )
            }.sorted { $0.epoch < $1.epoch }
        }
    }
}
