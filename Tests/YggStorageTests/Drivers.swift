import FoundationEssentials
import Synchronization
import Testing
import YggCore
import YggStorage

/// One way to keep a store. Whatever holds for a database is tested with all of them.
struct Driver: Sendable, CustomTestStringConvertible {
    var name: String
    var open: @Sendable (_ path: String) throws -> any YggStorage.Database

    var testDescription: String { name }

    static let all = [Driver(name: "SQLite") { try SQLiteDatabase(path: $0) }]

    /// Hands `body` a migrated database in a folder of its own, and removes both.
    func withStore(_ body: (Store) async throws -> Void) async throws {
        try await withFolder { folder in
            let database = try open(folder + "/ygg.db")
            do {
                try await Migrator.migrate(database)
                try await body(Store(database: database))
            } catch {
                await database.close()
                throw error
            }
            await database.close()
        }
    }
}

/// A folder for the time of `body`.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ygg-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
}

/// A database with a task store over it.
struct Store: Sendable {
    let database: any YggStorage.Database
    let tasks = TaskStore()

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction, TaskStore) throws -> Value
    ) async throws -> Value {
        let tasks = tasks
        return try await database.write { try body($0, tasks) }
    }

    /// Reads through a store that has cached nothing.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction, TaskStore) throws -> Value
    ) async throws -> Value {
        try await database.read { try body($0, TaskStore()) }
    }

    @discardableResult
    func insert(_ task: FleetTask, lane: LaneID = 1, events: [EventDraft] = []) async throws -> StoredTask {
        try await write { tx, tasks in try tasks.insert(task, lane: lane, events: events, in: tx) }
    }
}

/// What several closures noted, in order.
final class Notes: Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}

struct Refused: Error {}

extension Timestamp {
    static let noon = Timestamp(milliseconds: 1_772_366_400_000)
}

extension FleetTask {
    static func queued(_ id: String, priority: Int64 = 2, kind: String = "dev-test", labels: [String] = []) -> FleetTask
    {
        FleetTask(submitted: .sample(id, priority: priority, kind: kind, labels: labels))
    }

    func after(_ change: TaskChange, at now: Timestamp = .noon) throws -> FleetTask {
        try applying(change, at: now, jitter: 0)
    }
}

extension TaskSpec {
    static func sample(
        _ id: String,
        priority: Int64 = 2,
        kind: String = "dev-test",
        labels: [String] = [],
        notBefore: Timestamp? = nil,
        timeouts: Timeouts = Timeouts(),
        dedupeKey: String? = nil
    ) -> TaskSpec {
        TaskSpec(
            id: TaskID(trusted: id),
            kind: TaskKind(trusted: kind),
            title: "",
            labels: labels,
            priority: Priority(priority) ?? .normal,
            createdAt: .noon,
            notBefore: notBefore,
            timeouts: timeouts,
            dedupeKey: dedupeKey
        )
    }
}
