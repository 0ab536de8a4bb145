import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(2)))
struct RetentionStoreTests {
    private static func output(_ size: Int) -> EventDraft {
        EventDraft(at: .noon, type: .output, data: ["text": .string(String(repeating: "x", count: size))])
    }

    /// Stores a task that has ended at `time`.
    private func finish(
        _ store: Store,
        _ spec: TaskSpec,
        at time: Timestamp = .noon,
        output: Int = 10
    ) async throws -> StoredTask {
        let stored = try await store.insert(FleetTask(submitted: spec), events: [Self.output(output)])
        let task = try stored.task.after(.cancel, at: time)
        return try await store.write { [stored] tx, tasks in
            var stored = stored
            try tasks.update(&stored, to: task, events: [], in: tx)
            return stored
        }
    }

    private func candidates(_ store: Store, hasOutput: Bool = true) async throws -> [RetentionRules.Candidate] {
        try await store.read { tx, _ in
            try RetentionStore.candidates(hasOutput: hasOutput, after: .beginning, limit: 100, in: tx)
        }
    }

    @Test(arguments: Driver.all)
    func `finished tasks are looked at in the order of their ends, unfinished ones never`(driver: Driver) async throws {
        try await driver.withStore { store in
            let late = try await finish(store, .sample("late"), at: .noon + .hours(1))
            let early = try await finish(store, .sample("early"), at: .noon)
            try await store.insert(.queued("waiting"))
            let found = try await candidates(store)
            #expect(found.map(\.num) == [early.num, late.num])
            #expect(found.allSatisfy { $0.hasOutput && !$0.isReferenced })
            let rest = try await store.read { tx, _ in
                try RetentionStore.candidates(
                    hasOutput: true,
                    after: .init(finishedAt: .noon, num: early.num),
                    limit: 100,
                    in: tx
                )
            }
            #expect(rest.map(\.num) == [late.num])
        }
    }

    @Test(arguments: Driver.all)
    func `whom an unfinished task refers to is known, until it has ended`(driver: Driver) async throws {
        try await driver.withStore { store in
            for id in ["dependency", "parent", "first-try", "talk", "nobody"] {
                _ = try await finish(store, .sample(id))
            }
            let spec = TaskSpec(
                id: TaskID(trusted: "new"),
                kind: TaskKind(trusted: "dev-test"),
                title: "",
                createdAt: .noon,
                dependsOn: [TaskID(trusted: "dependency")],
                parent: TaskID(trusted: "parent"),
                retryOf: TaskID(trusted: "first-try"),
                continues: TaskID(trusted: "talk")
            )
            let new = try await store.insert(FleetTask(submitted: spec))
            let referenced = try await candidates(store).filter(\.isReferenced).map(\.num)
            #expect(referenced.count == 4)
            let nobody = try await store.read { tx, tasks in try tasks.task(TaskID(trusted: "nobody"), in: tx)?.num }
            #expect(!referenced.contains(nobody ?? -1))
            try await store.write { tx, tasks in
                var new = new
                try tasks.update(&new, to: try new.task.after(.cancel), events: [], in: tx)
            }
            #expect(try await candidates(store).allSatisfy { !$0.isReferenced })
        }
    }

    @Test(arguments: Driver.all)
    func `a log goes from its beginning, a bounded step at a time, and its artifacts last`(driver: Driver) async throws
    {
        try await driver.withStore { store in
            var stored = try await finish(store, .sample("long"))
            for _ in 0..<20 {
                stored = try await store.write { [stored] tx, tasks in
                    var stored = stored
                    try tasks.append([Self.output(1000)], to: &stored, in: tx)
                    try tasks.write(stored, in: tx)
                    return stored
                }
            }
            let num = stored.num
            let lastSeq = stored.nextSeq - 1
            try await store.write { tx, _ in
                try ArtifactIndex.add("ab", size: 5, to: num, epoch: 1, in: tx)
            }
            let first = try await store.write { tx, _ in try RetentionStore.removeOutput(of: num, budget: 3000, in: tx)
            }
            #expect(!first.isDone && first.artifacts.isEmpty)
            #expect((3000..<5000).contains(first.bytes))
            let page = try await store.read { tx, tasks in try tasks.events(of: num, after: 0, limit: 100, in: tx) }
            #expect(page.firstStored == page.events.first?.seq)
            #expect(page.events.map(\.seq) == Array((page.firstStored ?? 0)...lastSeq))
            let rest = try await store.write { tx, _ in
                try RetentionStore.removeOutput(of: num, budget: .max, in: tx)
            }
            #expect(rest.isDone && rest.artifacts == ["ab"])
            #expect(try await candidates(store).isEmpty)
            #expect(try await candidates(store, hasOutput: false).map(\.num) == [num])
            let problems = try await store.read { tx, _ in try StoreCheck(in: tx).problems }
            #expect(problems == [])
        }
    }

    @Test(arguments: Driver.all)
    func `a removed task leaves nothing behind`(driver: Driver) async throws {
        try await driver.withStore { store in
            let first = try await finish(store, .sample("first", labels: ["room=attic"]))
            let spec = TaskSpec(
                id: TaskID(trusted: "second"),
                kind: TaskKind(trusted: "dev-test"),
                title: "",
                labels: ["room=attic"],
                createdAt: .noon,
                dependsOn: [TaskID(trusted: "first")]
            )
            let second = try await finish(store, spec)
            try await store.write { tx, tasks in try tasks.addEdge(from: first.num, to: second.num, in: tx) }
            for stored in [first, second] {
                let removed = try await store.write { tx, _ in
                    try RetentionStore.removeTask(stored.num, budget: .max, in: tx)
                }
                #expect(removed.isDone)
            }
            let left = try await store.read { tx, _ in
                try ["tasks", "events", "task_labels", "edges", "task_references"].map { table in
                    try tx.first("SELECT COUNT(*) FROM \(table)", []) { $0.integer(0) }
                }
            }
            #expect(left == [0, 0, 0, 0, 0])
        }
    }

    @Test(arguments: Driver.all)
    func `a key whose task is gone belongs to the next request`(driver: Driver) async throws {
        try await driver.withStore { store in
            for task in ["one", "two"] {
                try await store.write { tx, _ in
                    try IdempotencyStore.save("k", fingerprint: task, task: TaskID(trusted: task), at: .noon, in: tx)
                }
            }
            let found = try await store.read { tx, _ in try IdempotencyStore.find("k", in: tx)?.fingerprint }
            #expect(found == "two")
            for (time, isKept) in [(Timestamp.noon + .hours(24), true), (.noon + .hours(25), false)] {
                try await store.write { tx, _ in try IdempotencyStore.removeExpired(at: time, in: tx) }
                let isThere = try await store.read { tx, _ in try IdempotencyStore.find("k", in: tx) != nil }
                #expect(isThere == isKept)
            }
        }
    }

    @Test func `a database that is kept at its size does not grow while tasks keep coming`() async throws {
        try await withFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/ygg.sqlite")
            try await Migrator.migrate(database)
            let store = Store(database: database)
            let limit: Int64 = 4 << 20
            var sizes: [Int64] = []
            for round in 0..<12 {
                for number in 0..<60 {
                    _ = try await finish(
                        store,
                        .sample("r\(round)-\(number)"),
                        at: .noon + .minutes(Int64(round * 60 + number)),
                        output: 30_000
                    )
                }
                var used = try await database.footprint().used
                var pass = RetentionPass(rules: RetentionRules(age: .days(30), size: limit), used: used, now: .noon)
                for candidate in try await candidates(store) {
                    guard case .output(let num)? = pass.removal(of: candidate) else { break }
                    _ = try await store.write { tx, _ in
                        try RetentionStore.removeOutput(of: num, budget: .max, in: tx)
                    }
                    used = try await database.footprint().used
                    pass.measured(used)
                }
                while try await database.footprint().hasTooMuchUnused { try await database.giveBack() }
                #expect(used <= limit)
                let footprint = try await database.footprint()
                sizes.append(footprint.used + footprint.unused)
            }
            let settled = sizes.dropFirst(4)
            #expect((settled.max() ?? 0) <= limit + limit / 2, "\(sizes)")
            #expect((settled.last ?? 0) <= (settled.first ?? 0) + limit / 8, "it grows: \(sizes)")
            await database.close()
        }
    }
}
