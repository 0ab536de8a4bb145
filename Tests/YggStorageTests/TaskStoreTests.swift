import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct TaskStoreTests {
    @Test(arguments: Driver.all)
    func `every field of a task survives the store`(driver: Driver) async throws {
        let spec = TaskSpec(
            id: TaskID(trusted: "full"),
            kind: TaskKind(trusted: "code-fix"),
            title: "grüße 🌳",
            description: "Long\n\0text",
            params: ["a": [1, .double(0.5), nil], "o": ["x": "y"]],
            labels: ["b", "a", "b"],
            priority: Priority(0) ?? .normal,
            source: .beads,
            submittedBy: "me",
            createdAt: .noon,
            notBefore: .noon + 5,
            timeouts: Timeouts(queue: 1, run: 2, silence: 3, approval: 4),
            retry: RetryPolicy(maxAttempts: 9, backoff: 8, maxBackoff: 7, nonRetryable: ["x"]),
            onLost: .succeed,
            dependsOn: [TaskID(trusted: "d1"), TaskID(trusted: "d2")],
            onDependencyFailure: .run,
            parent: TaskID(trusted: "p"),
            retryOf: TaskID(trusted: "r"),
            continues: TaskID(trusted: "c"),
            dedupeKey: "k",
            tier: [.plan, .review],
            skippedTier: [.review]
        )
        let snapshot = FleetTask.Snapshot(
            state: .awaitingApproval,
            phase: .land,
            attempt: 4,
            epoch: 1 << 40,
            interruptions: 3,
            executor: ExecutorID(trusted: "fenrir"),
            openDependencies: 2,
            notBefore: .noon + 6,
            updatedAt: .noon + 7,
            startedAt: .noon + 8,
            finishedAt: .noon + 9,
            cancelRequested: true,
            pendingDigest: "digest",
            approvalSince: .noon + 10,
            landing: "/r main",
            result: ["r": [1]],
            error: TaskError(code: "e", detail: "d", retryable: true),
            version: 77
        )
        let task = FleetTask(restoring: snapshot, of: spec)
        let bare = FleetTask.queued("bare")
        try await driver.withStore { store in
            let inserted = try await store.insert(task, lane: 7)
            try await store.insert(bare)
            let read = try #require(try await store.read { try $1.task(spec.id, in: $0) })
            #expect(read.num == inserted.num && read.lane == 7 && read.nextSeq == 1 && read.reported == 0)
            #expect(Fields(read.task) == Fields(task))
            let plain = try #require(try await store.read { try $1.task(bare.id, in: $0) })
            #expect(Fields(plain.task) == Fields(bare))
            // A change writes what may have changed, and nothing else.
            let granted = try bare.after(.granted(to: ExecutorID(trusted: "a")), at: .noon + 99)
            try await store.write { tx, tasks in
                var stored = plain
                stored.reported = 3
                try tasks.update(&stored, to: granted, events: [], in: tx)
            }
            let changed = try #require(try await store.read { try $1.task(num: plain.num, in: $0) })
            #expect(Fields(changed.task) == Fields(granted) && changed.reported == 0)
        }
    }

    @Test(arguments: Driver.all)
    func `a queue is granted by priority, then by age`(driver: Driver) async throws {
        try await driver.withStore { store in
            for (id, priority) in [("z", 2), ("y", 2), ("x", 0), ("w", 4), ("v", 0)] as [(String, Int64)] {
                try await store.insert(.queued(id, priority: priority))
            }
            try await store.insert(.queued("elsewhere", priority: 0), lane: 2)
            try await store.insert(try FleetTask.queued("gone", priority: 0).after(.cancel))
            let heads = try await store.read { try $1.queueHeads(of: 1, limit: 4, in: $0).map(\.task.id.rawValue) }
            #expect(heads == ["x", "v", "z", "y"])
            #expect(try await store.read { try $1.hasQueued(in: 2, in: $0) })
            #expect(try await !store.read { try $1.hasQueued(in: 3, in: $0) })
        }
    }

    @Test(arguments: Driver.all)
    func `the clock finds what is due, soonest first`(driver: Driver) async throws {
        try await driver.withStore { store in
            #expect(try await store.read { try $1.nextWake(in: $0) } == nil)
            for (id, seconds) in [("late", 30), ("soon", 10), ("next", 20)] as [(String, Int64)] {
                try await store.insert(FleetTask(submitted: .sample(id, notBefore: .noon + .seconds(seconds))))
            }
            try await store.insert(FleetTask(submitted: .sample("timeout", timeouts: Timeouts(queue: .seconds(15)))))
            try await store.insert(.queued("never"))
            #expect(try await store.read { try $1.nextWake(in: $0) } == .noon + .seconds(10))
            let due = try await store.read { try $1.due(by: .noon + .seconds(20), limit: 9, in: $0) }
            #expect(due.map(\.task.id.rawValue) == ["soon", "timeout", "next"])
            #expect(try await store.read { try $1.due(by: .noon + .seconds(30), limit: 2, in: $0).count } == 2)
        }
    }

    @Test(arguments: Driver.all)
    func `those that wait for a task are found while they wait`(driver: Driver) async throws {
        try await driver.withStore { store in
            let first = try await store.insert(.queued("first"))
            var waiting: [StoredTask] = []
            for id in ["b", "a"] {
                let stored = try await store.insert(FleetTask(submitted: .sample(id), openDependencies: 1))
                try await store.write { tx, tasks in try tasks.addEdge(from: first.num, to: stored.num, in: tx) }
                waiting.append(stored)
            }
            let found = try await store.read { try $1.dependants(of: first.num, in: $0).map(\.task.id.rawValue) }
            #expect(found == ["b", "a"])
            let released = waiting[0]
            try await store.write { tx, tasks in
                var released = released
                let task = try released.task.after(.dependencyEnded(first.task.id, succeeded: true))
                try tasks.update(&released, to: task, events: [], in: tx)
            }
            #expect(try await store.read { try $1.dependants(of: first.num, in: $0).map(\.task.id.rawValue) } == ["a"])
        }
    }

    @Test(arguments: Driver.all)
    func `a log is paged over its chunks without a hole`(driver: Driver) async throws {
        let draft = EventDraft(at: .noon, type: .output, data: ["text": "line\n🌳"])
        try await driver.withStore { store in
            let stored = try await store.insert(.queued("t"), events: [draft])
            let other = try await store.insert(.queued("u"), events: [draft, draft])
            let last = try await store.write { tx, tasks in
                var stored = stored
                for number in 1...40 {
                    try tasks.append(Array(repeating: draft, count: number % 7), to: &stored, in: tx)
                }
                try tasks.write(stored, in: tx)
                return stored.nextSeq - 1
            }
            #expect(try await store.read { try $1.task(stored.task.id, in: $0)?.nextSeq } == last + 1)
            for limit in [1, 3, 16, 1000] {
                var seqs: [Int64] = []
                while true {
                    let after = seqs.last ?? 0
                    let page = try await store.read {
                        try $1.events(of: stored.num, after: after, limit: limit, in: $0)
                    }
                    #expect(page.events.count <= limit && page.firstStored == nil)
                    if page.events.isEmpty { break }
                    seqs += page.events.map(\.seq)
                }
                #expect(seqs == Array(1...last), "limit \(limit)")
            }
            let small = try await store.read {
                try $1.events(of: stored.num, after: 0, limit: 1000, maxBytes: 1, in: $0)
            }
            #expect(!small.events.isEmpty && small.events.count < 10)
            let beyond = try await store.read { try $1.events(of: stored.num, after: .max, limit: 10, in: $0) }
            #expect(beyond.events.isEmpty)
            // Of a log whose beginning was cut away, a reader is told where it begins.
            _ = try await store.write { tx, _ in
                try tx.execute("DELETE FROM events WHERE task = ? AND first_seq < 10", [.integer(stored.num)])
            }
            let cut = try await store.read { try $1.events(of: stored.num, after: 0, limit: 5, in: $0) }
            #expect(cut.firstStored == cut.events.first?.seq && (cut.firstStored ?? 0) >= 10)
            #expect(try await store.read { try $1.events(of: other.num, after: 0, limit: 9, in: $0).events.count } == 2)
        }
    }

    @Test(arguments: Driver.all)
    func `a list is filtered, newest first, and goes on from its cursor`(driver: Driver) async throws {
        try await driver.withStore { store in
            let fenrir = ExecutorID(trusted: "fenrir")
            try await store.insert(.queued("1", labels: ["x", "y"]))
            try await store.insert(
                try FleetTask.queued("2", kind: "ops-disk", labels: ["x"]).after(.granted(to: fenrir))
            )
            try await store.insert(try FleetTask.queued("3").after(.cancel))
            try await store.insert(.queued("4", kind: "ops-disk"))
            func list(
                _ change: (inout TaskFilter) -> Void,
                before: Int64? = nil,
                limit: Int = 10
            ) async throws -> String {
                var filter = TaskFilter()
                change(&filter)
                let final = filter
                let found = try await store.read { try $1.list(final, before: before, limit: limit, in: $0) }
                return found.map(\.task.id.rawValue).joined()
            }
            #expect(try await list { _ in } == "4321")
            #expect(try await list({ _ in }, limit: 2) == "43")
            let third = try await store.read { try $1.task(TaskID(trusted: "3"), in: $0)?.num }
            #expect(try await list({ _ in }, before: third) == "21")
            #expect(try await list { $0.states = [.queued] } == "41")
            #expect(try await list { $0.states = [.running, .cancelled] } == "32")
            #expect(try await list { $0.prefix = "ops-" } == "42")
            #expect(try await list { $0.label = "x" } == "21")
            #expect(try await list { $0.label = "it's" } == "")
            #expect(try await list { $0.executor = fenrir } == "2")
            #expect(
                try await list {
                    $0.states = [.queued]
                    $0.prefix = "dev-"
                    $0.label = "y"
                } == "1"
            )
        }
    }

    @Test(arguments: Driver.all)
    func `a dedupe key is taken while its task is unfinished`(driver: Driver) async throws {
        try await driver.withStore { store in
            let stored = try await store.insert(FleetTask(submitted: .sample("a", dedupeKey: "k")))
            #expect(try await store.read { try $1.liveTask(dedupeKey: "k", in: $0)?.task.id.rawValue } == "a")
            await #expect(throws: StorageError.self) {
                try await store.insert(FleetTask(submitted: .sample("b", dedupeKey: "k")))
            }
            try await store.write { tx, tasks in
                var stored = stored
                try tasks.update(&stored, to: try stored.task.after(.cancel), events: [], in: tx)
            }
            #expect(try await store.read { try $1.liveTask(dedupeKey: "k", in: $0) == nil })
            try await store.insert(FleetTask(submitted: .sample("b", dedupeKey: "k")))
            #expect(try await store.read { try $1.liveTask(dedupeKey: "k", in: $0)?.task.id.rawValue } == "b")
        }
    }

    @Test(arguments: Driver.all)
    func `a task that was rolled back is not remembered under the number of the next`(driver: Driver) async throws {
        try await driver.withStore { store in
            await #expect(throws: Refused.self) {
                try await store.write { tx, tasks in
                    let stored = try tasks.insert(.queued("ghost"), lane: 1, events: [], in: tx)
                    let ghost = try tasks.task(stored.task.id, in: tx)
                    #expect(ghost?.num == stored.num)
                    throw Refused()
                }
            }
            try await store.insert(.queued("real"))
            let ids = try await store.write { tx, tasks in
                try (1...2).map { _ in try tasks.queueHeads(of: 1, limit: 9, in: tx).map(\.task.spec.id.rawValue) }
            }
            #expect(ids == [["real"], ["real"]])
        }
    }

    @Test
    func `queue heads and what is due are read in the order of their indexes`() async throws {
        for driver in Driver.all {
            try await driver.withStore { store in
                let recorder = Recorder()
                try await store.write { tx, tasks in
                    let recording = RecordingTransaction(tx, recorder)
                    _ = try tasks.queueHeads(of: 1, limit: 5, in: recording)
                    _ = try tasks.due(by: .noon, limit: 5, in: recording)
                    _ = try tasks.nextWake(in: recording)
                    _ = try tasks.hasQueued(in: 1, in: recording)
                }
                let plans = try await store.read { tx, _ in
                    try recorder.statements.map { sql, arguments in
                        try tx.query("EXPLAIN QUERY PLAN \(sql)", arguments) { $0.text(3) }.joined(separator: "; ")
                    }
                }
                let expected = ["tasks_queue", "tasks_wake", "tasks_wake", "tasks_queue"]
                #expect(plans.count == expected.count)
                for (plan, index) in zip(plans, expected) {
                    #expect(plan.contains(index) && !plan.contains("TEMP B-TREE"), "\(plan)")
                }
            }
        }
    }

    @Test
    func `the first page of a list costs the same with ten tasks and with a hundred thousand`() async throws {
        for driver in Driver.all {
            try await driver.withStore { store in
                let recorder = Recorder()
                try await store.write { tx, tasks in
                    let recording = RecordingTransaction(tx, recorder)
                    var byPrefix = TaskFilter()
                    byPrefix.prefix = "dev-"
                    _ = try tasks.list(TaskFilter(), before: nil, limit: 51, in: recording)
                    _ = try tasks.list(TaskFilter(), before: 1000, limit: 51, in: recording)
                    _ = try tasks.list(byPrefix, before: nil, limit: 51, in: recording)
                }
                let plans = try await store.read { tx, _ in
                    try recorder.statements.map { sql, arguments in
                        try tx.query("EXPLAIN QUERY PLAN \(sql)", arguments) { $0.text(3) }.joined(separator: "; ")
                    }
                }
                #expect(plans.count == 3)
                // Read in their order as far as the page goes, and never sorted.
                #expect(plans.allSatisfy { !$0.contains("TEMP B-TREE") }, "\(plans)")
                #expect(plans[2].contains("tasks_prefix"), "\(plans)")
            }
        }
    }
}

/// All of a task, to be compared.
private struct Fields: Equatable, CustomStringConvertible {
    let description: String

    init(_ task: FleetTask) {
        func dumped(_ value: Any) -> String {
            Mirror(reflecting: value).children.filter { $0.label != "spec" }
                .map { "\($0.label ?? ""): \($0.value)" }.joined(separator: "\n")
        }
        description = dumped(task) + "\n" + dumped(task.spec)
    }
}
