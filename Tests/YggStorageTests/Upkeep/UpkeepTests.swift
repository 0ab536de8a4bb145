import FoundationEssentials
import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(2)))
struct UpkeepTests {
    private func withDatabase(
        _ path: String,
        schema: Int64 = Migrator.newest,
        _ body: (SQLiteDatabase) async throws -> Void
    ) async throws {
        let database = try SQLiteDatabase(path: path)
        try await Migrator.migrate(database, to: schema)
        do { try await body(database) } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    /// Writes a task as a version with the first schema did.
    private static func writeOldTask(_ id: String, in tx: any SQLTransaction) throws {
        try tx.execute(
            """
            INSERT INTO tasks (id, prefix, lane, priority, state, phase, attempt, epoch, interruptions, open_dependencies,
                updated_at, cancel_requested, version, next_seq, reported, spec)
            VALUES (?, 'dev', 1, 2, 'queued', 'run', 0, 0, 0, 0, 0, 0, 1, 1, 0, ?)
            """,
            [.text(id), .blob(Array(#"{"id":"\#(id)","kind":"dev-test","createdAt":0}"#.utf8))]
        )
    }

    // MARK: Migrations

    @Test func `a migration that is killed at any statement leaves the old store, which migrates afterwards`()
        async throws
    {
        try await withFolder { folder in
            var statement = 0
            while true {
                statement += 1
                let path = "\(folder)/\(statement).sqlite"
                let image = "\(folder)/\(statement).image"
                try await withDatabase(path, schema: 1) { database in
                    try await database.write { tx in try Self.writeOldTask("kept", in: tx) }
                    try await Migrator.migrate(
                        CrashingDatabase(database: database, path: path, statement: statement, image: image)
                    )
                }
                guard FileManager.default.fileExists(atPath: image) else { break }
                #expect(try SQLiteFile.schema(of: image) == 1)
                #expect(try SQLiteFile.damage(of: image) == [])
                try await withDatabase(image) { database in
                    let kept = try await database.read { tx in try TaskStore().task(TaskID(trusted: "kept"), in: tx) }
                    #expect(kept?.task.state == .queued)
                }
                #expect(try SQLiteFile.schema(of: image) == Migrator.newest)
            }
            #expect(statement > 5, "the images were taken")
        }
    }

    @Test func `a store of a newer version is left alone`() async throws {
        try await withFolder { folder in
            try await withDatabase(folder + "/ygg.sqlite") { database in
                _ = try await database.write { tx in
                    try tx.execute("INSERT INTO migrations (number, name) VALUES (99, 'tomorrow')", [])
                }
                await #expect(throws: StorageError.self) { try await Migrator.migrate(database) }
            }
        }
    }

    // MARK: Copies

    @Test func `a copy that is made while tasks are written is a consistent store`() async throws {
        try await withFolder { folder in
            let path = folder + "/ygg.sqlite"
            try await withDatabase(path) { database in
                let store = Store(database: database)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 0..<400 {
                            try await store.insert(
                                .queued("t\(number)"),
                                events: [EventDraft(at: .noon, type: .state, data: ["state": "queued"])]
                            )
                        }
                    }
                    for copy in 0..<5 {
                        try SQLiteFile.copy(path, to: "\(folder)/copy-\(copy)")
                        #expect(try SQLiteFile.damage(of: "\(folder)/copy-\(copy)") == [])
                        let check = try SQLiteFile.read("\(folder)/copy-\(copy)") { try StoreCheck(in: $0) }
                        #expect(check.problems == [])
                        #expect(check.tasks == check.events)
                    }
                    try await group.waitForAll()
                }
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/copy-0.draft"))
            #expect(!FileManager.default.fileExists(atPath: folder + "/copy-0-wal"))
        }
    }

    @Test func `there is no copy of nothing, and none of what is no database`() throws {
        let path = FileManager.default.temporaryDirectory.path + "/ygg-no-db-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: StorageError.self) { try SQLiteFile.copy(path, to: path + ".copy") }
        try String(repeating: "no database ", count: 500).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: StorageError.self) { try SQLiteFile.copy(path, to: path + ".copy") }
        #expect(!FileManager.default.fileExists(atPath: path + ".copy"))
    }

    // MARK: Restoring

    @Test(arguments: Driver.all)
    func `a restored store has a new id, and the counters of its open tasks jump`(driver: Driver) async throws {
        try await driver.withStore { store in
            let before = try await StoreIdentity.open(store.database, newID: "one").storeID
            var running = try await store.insert(
                .queued("running"),
                events: [EventDraft(at: .noon, type: .state, data: ["state": "queued"])]
            )
            running = try await store.write { [running] tx, tasks in
                var running = running
                let granted = try running.task.after(.granted(to: ExecutorID(trusted: "huginn")))
                try tasks.update(&running, to: granted, events: [], in: tx)
                running.reported = 4
                try tasks.write(running, in: tx)
                return running
            }
            let done = try await store.insert(try FleetTask.queued("done").after(.cancel))
            #expect(try await Restoration.adopt(store.database, newID: "two", at: .noon) == 1)
            let after = try await StoreIdentity.open(store.database, newID: "three")
            #expect(before == "one")
            #expect(after.storeID == "two")
            #expect(after.followsFarewell, "nobody knows what the one that was lost has promised")
            let (now, page) = try await store.read { [running] tx, tasks in
                (
                    try tasks.task(num: running.num, in: tx),
                    try tasks.events(of: running.num, after: running.nextSeq - 1, limit: 10, in: tx)
                )
            }
            let jumped = try #require(now)
            #expect(jumped.task.epoch == running.task.epoch + Restoration.jump)
            #expect(jumped.reported == 0)
            #expect(jumped.nextSeq == running.nextSeq + Restoration.jump + 1)
            #expect(page.events.map(\.type) == [.gap])
            #expect(page.events.first?.data["from"] == .int(running.nextSeq))
            let untouched = try await store.read { tx, tasks in try tasks.task(num: done.num, in: tx)?.task.epoch }
            #expect(untouched == done.task.epoch)
            #expect(try await store.read { tx, _ in try StoreCheck(in: tx).problems } == [])
        }
    }

    // MARK: Checking

    @Test(
        arguments: [
            ("UPDATE tasks SET next_seq = 9 WHERE id = 'a'", "The log of task a ends at 1 and should at 8."),
            ("DELETE FROM events", "The log of task a is gone."),
            ("UPDATE events SET first_seq = 5, last_seq = 5", "The log of task a cannot be read from 5 to 5."),
            ("UPDATE events SET task = 77", "1 rows of events belong to tasks that are gone."),
            ("UPDATE tasks SET state = 'running'", "Task a is running and nobody holds it."),
            ("UPDATE tasks SET state = 'lost'", "Task a is in a state that does not exist."),
            (
                "UPDATE tasks SET finished_at = 5",
                "Task a has ended and says no time, or says a time and has not ended."
            ),
            (
                "UPDATE tasks SET open_dependencies = 1, state = 'blocked'",
                "Task a waits for another number of tasks than it counts: it might wait for ever."
            ),
            (
                "INSERT INTO task_references (target, task) VALUES (55, 1)",
                "1 rows of task_references belong to tasks that are gone."
            ),
        ]
    )
    func `what is wrong with a store is found`(statement: String, complaint: String) async throws {
        try await Driver.all[0].withStore { store in
            try await store.insert(
                .queued("a"),
                events: [EventDraft(at: .noon, type: .state, data: ["state": "queued"])]
            )
            #expect(try await store.read { tx, _ in try StoreCheck(in: tx).problems } == [])
            _ = try await store.write { tx, _ in try tx.execute(statement, []) }
            #expect(try await store.read { tx, _ in try StoreCheck(in: tx).problems }.contains(complaint))
        }
    }
}
