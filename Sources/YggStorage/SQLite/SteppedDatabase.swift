import GRDB
import Synchronization
package import YggCore

/// A store in memory that commits when it is told to, on the thread that tells it: for the simulation.
///
/// It is one process's way to the store. The store outlives it, as a disk outlives a process: what was committed is found
/// by the next one that `reopened` makes.
package final class SteppedDatabase: Database {
    /// What becomes of a group of writes.
    package enum Fate: Sendable, Hashable, CaseIterable {
        case committed
        /// The disk takes nothing: every writer hears of it.
        case refused
        /// The process dies before the commit.
        case lost
        /// The process dies after the commit, before anybody hears of it.
        case unanswered
    }

    private struct State {
        var pending: [any WriteJob] = []
        var isDead = false
    }

    private let store: DatabaseQueue
    private let sabotage: Sabotage
    private let state = Mutex(State())
    /// Called with every write that waits.
    private let onPending: @Sendable () -> Void

    /// - Parameter onPending: sees to it that `commit` is called soon.
    package convenience init(sabotage: Sabotage = [], onPending: @escaping @Sendable () -> Void) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY")
        }
        self.init(store: try DatabaseQueue(configuration: configuration), sabotage: sabotage, onPending: onPending)
    }

    private init(store: DatabaseQueue, sabotage: Sabotage, onPending: @escaping @Sendable () -> Void) {
        self.store = store
        self.sabotage = sabotage
        self.onPending = onPending
    }

    /// The same store for the next process.
    package func reopened(onPending: @escaping @Sendable () -> Void) -> SteppedDatabase {
        SteppedDatabase(store: store, sabotage: sabotage, onPending: onPending)
    }

    package func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        var job = Job(body: body, completion: completion)
        if sabotage.makes(.answersBeforeCommit), let value = try? foreseen(body) {
            completion(.success(value))
            job = Job(body: body) { _ in }
        }
        let isDead = state.withLock { state in
            if !state.isDead { state.pending.append(job) }
            return state.isDead
        }
        if isDead { job.fail(Self.death) } else { onPending() }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Value
    ) async throws -> Value { try look(body) }

    package func close() async { die() }

    /// Reads what is committed.
    package func look<Value>(_ body: (any SQLTransaction) throws -> Value) throws -> Value {
        try store.unsafeRead { db in try body(SQLiteTransaction(db)) }
    }

    /// Writes up to `count` of what waits as one group, and lets it come out as `fate` says.
    /// - Returns: whether anything waited.
    package func commit(_ count: Int, _ fate: Fate) throws -> Bool {
        let group = state.withLock { state -> [any WriteJob] in
            let group = Array(state.pending.prefix(count))
            // Whoever waits for a process that dies hears of it from `die`.
            if fate == .committed || fate == .refused { state.pending.removeFirst(group.count) }
            return group
        }
        if group.isEmpty { return false }
        switch fate {
        case .committed:
            do {
                try store.writeWithoutTransaction { db in try db.run(group) }
            } catch {
                guard group.count > 1 else {
                    group[0].fail(translated(error))
                    return true
                }
                // One bad write does not take the others along.
                state.withLock { $0.pending = group + $0.pending }
                for _ in group { _ = try commit(1, .committed) }
                return true
            }
            for job in group { job.finish() }
        case .refused: for job in group { job.fail(StorageError(.full, "The disk of the simulation is full.")) }
        case .lost: break
        case .unanswered: try? store.writeWithoutTransaction { db in try db.run(group) }
        }
        return true
    }

    /// The process is gone: whoever waited is let go, and nothing is written any more.
    package func die() {
        let pending = state.withLock { state in
            state.isDead = true
            defer { state.pending = [] }
            return state.pending
        }
        for job in pending { job.fail(Self.death) }
    }

    private static let death = StorageError(.failed, "The process of this store has ended.")

    /// What a write will return, without writing. Sabotage.
    private func foreseen<Value>(_ body: (any SQLTransaction) throws -> Value) throws -> Value {
        try store.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            defer { try? db.execute(sql: "ROLLBACK") }
            return try body(SQLiteTransaction(db))
        }
    }
}
