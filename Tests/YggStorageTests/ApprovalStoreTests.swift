import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct ApprovalStoreTests {
    private static func approval(of task: String, epoch: Int64 = 1, digest: String = "d") -> Approval {
        Approval(
            task: TaskID(trusted: task),
            epoch: epoch,
            phase: .run,
            question: ApprovalQuestion(
                subject: .diff,
                next: .land,
                summary: "grüße 🌳",
                repository: "/r",
                target: "main",
                diff: String(repeating: "a", count: 64),
                bundle: String(repeating: "b", count: 64),
                verification: [["swift", "test"]]
            ),
            digest: digest,
            requestedAt: .noon + Milliseconds(epoch),
            expiresAt: .noon + .days(7),
            excerpt: .init(text: "+line\n", bytes: 99)
        )
    }

    @Test(arguments: Driver.all)
    func `a question is as it was asked, and is decided once`(driver: Driver) async throws {
        try await driver.withStore { store in
            let task = try await store.insert(.queued("t"))
            let asked = Self.approval(of: "t")
            try await store.write { tx, _ in try ApprovalStore.add(asked, to: task.num, in: tx) }
            #expect(try await store.read { tx, _ in try ApprovalStore.open(of: task.num, in: tx) } == asked)
            let first = ApprovalDecision(.approved, by: "freya", comment: "fine", at: .noon + 5)
            let second = ApprovalDecision(.rejected, by: "odin", at: .noon + 6)
            let decided = try await store.write { tx, _ in try ApprovalStore.decide(first, task: task.num, in: tx) }
            let late = try await store.write { tx, _ in try ApprovalStore.decide(second, task: task.num, in: tx) }
            #expect(decided?.decision == first && late == nil)
            let all = try await store.read { tx, _ in try ApprovalStore.all(of: task.num, in: tx) }
            #expect(all == [decided].compactMap(\.self))
            #expect(try await store.read { tx, _ in try ApprovalStore.open(of: task.num, in: tx) } == nil)
        }
    }

    @Test(arguments: Driver.all)
    func `a task has one open question, and an attempt asks one`(driver: Driver) async throws {
        try await driver.withStore { store in
            let task = try await store.insert(.queued("t"))
            try await store.write { tx, _ in try ApprovalStore.add(Self.approval(of: "t"), to: task.num, in: tx) }
            await #expect(throws: (any Error).self) {
                try await store.write { tx, _ in
                    try ApprovalStore.add(Self.approval(of: "t", epoch: 2), to: task.num, in: tx)
                }
            }
            try await store.write { tx, _ in
                _ = try ApprovalStore.decide(ApprovalDecision(.sentBack, at: .noon), task: task.num, in: tx)
            }
            await #expect(throws: (any Error).self) {
                try await store.write { tx, _ in
                    try ApprovalStore.add(Self.approval(of: "t", digest: "other"), to: task.num, in: tx)
                }
            }
        }
    }

    @Test(arguments: Driver.all)
    func `what waits is told oldest first, and what was decided to the next attempt`(driver: Driver) async throws {
        try await driver.withStore { store in
            var nums: [Int64] = []
            for id in ["a", "b", "c"] {
                let task = try await store.insert(.queued(id))
                nums.append(task.num)
                try await store.write { tx, _ in try ApprovalStore.add(Self.approval(of: id), to: task.num, in: tx) }
            }
            let second = nums[1]
            try await store.write { tx, _ in
                _ = try ApprovalStore.decide(ApprovalDecision(.sentBack, at: .noon), task: second, in: tx)
                try ApprovalStore.add(Self.approval(of: "b", epoch: 2), to: second, in: tx)
                _ = try ApprovalStore.decide(ApprovalDecision(.approved, at: .noon), task: second, in: tx)
            }
            let open = try await store.read { tx, _ in try ApprovalStore.open(after: nil, limit: 10, in: tx) }
            #expect(open.map(\.approval.task.rawValue) == ["a", "c"])
            let rest = try await store.read { tx, _ in
                try ApprovalStore.open(after: open.first?.num, limit: 10, in: tx)
            }
            #expect(rest.map(\.approval.task.rawValue) == ["c"])
            let told = try await store.read { tx, _ in try ApprovalStore.decisions(of: second, in: tx) }
            #expect(told.map { $0.decision?.verdict } == [.sentBack, .approved])
            let backlog = try await store.read { tx, _ in try ApprovalStore.backlog(in: tx) }
            #expect(backlog.map(\.subject) == ["diff"] && backlog.first?.count == 2)
        }
    }

    /// Whatever a coordinator believes: the store takes no second landing at one place.
    @Test(arguments: Driver.all)
    func `of two that land at one place the queue shows one, and the store runs one`(driver: Driver) async throws {
        try await driver.withStore { store in
            func landing(_ id: String, at place: String) throws -> FleetTask {
                try FleetTask.queued(id).after(.granted(to: ExecutorID(trusted: "a")))
                    .after(.asked(digest: "d", result: [:], epoch: 1))
                    .after(.approved(.land(at: place)))
            }
            let first = try landing("first", at: "/r main")
            let second = try landing("second", at: "/r main")
            let other = try landing("other", at: "/r next")
            for task in [first, second, other] { try await store.insert(task) }
            let heads = { @Sendable (tx: any SQLTransaction, tasks: TaskStore) in
                try tasks.queueHeads(of: 1, limit: 10, in: tx).map(\.task.id.rawValue)
            }
            #expect(try await store.read(heads) == ["first", "second", "other"])
            func grant(_ id: String) async throws {
                try await store.write { tx, tasks in
                    guard var stored = try tasks.task(TaskID(trusted: id), in: tx) else { return }
                    let task = try stored.task.applying(.granted(to: ExecutorID(trusted: "a")), at: .noon, jitter: 0)
                    try tasks.update(&stored, to: task, events: [], in: tx)
                }
            }
            try await grant("first")
            #expect(try await store.read(heads) == ["other"])
            await #expect(throws: (any Error).self) { try await grant("second") }
            try await grant("other")
            #expect(try await store.read { tx, tasks in try tasks.lanesWaiting(toLandAt: "/r main", in: tx) } == [1])
            let who = try await store.read { tx, tasks in try tasks.landing(at: "/r main", in: tx) }
            #expect(who?.rawValue == "first")
        }
    }
}
