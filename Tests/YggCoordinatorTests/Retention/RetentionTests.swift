import FoundationEssentials
import Synchronization
import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(2)))
struct RetentionTests {
    @Test func `old tasks go with all they left, others stay`() async throws {
        try await Household.with { household in
            let now = Timestamp.now
            let (old, new): ([UInt8], [UInt8]) = (Array("old".utf8), Array("new".utf8))
            try await household.submit("old")
            try await household.run("old", artifacts: [old], endedAt: now)
            try await household.submit("new")
            try await household.run("new", artifacts: [new], endedAt: now + .days(20))
            try await household.submit("waiting")
            try await household.retention.pass(at: now + .days(31))
            #expect(try await household.exists("old") == false)
            #expect(try await household.exists("new"))
            #expect(try await household.exists("waiting"))
            #expect(!household.hasFile(of: old))
            #expect(household.hasFile(of: new))
            #expect(household.coordinator.retentionState.tasks == 1)
            #expect(household.coordinator.retentionState.artifacts == 1)
            #expect(try await StoreInspection(of: household.layout).problems == [])
        }
    }

    @Test func `what an unfinished task waits for stays, however old, until it has ended`() async throws {
        try await Household.with { household in
            let now = Timestamp.now
            try await household.submit("dependency")
            try await household.run("dependency", endedAt: now)
            try await household.submit("waiting", after: ["dependency"])
            try await household.retention.pass(at: now + .days(365))
            #expect(try await household.exists("dependency"))
            try await household.run("waiting", endedAt: now + .days(365))
            try await household.retention.pass(at: now + .days(366))
            #expect(try await household.exists("dependency") == false)
            #expect(try await household.exists("waiting"))
        }
    }

    @Test func `by size the log and the artifacts go, the result stays, and both are told`() async throws {
        try await Household.with(retention: RetentionRules(age: .days(30), size: 500_000)) { household in
            let bytes = Array("evidence".utf8)
            try await household.submit("first")
            try await household.run("first", output: 300_000, artifacts: [bytes])
            try await household.submit("second")
            try await household.run("second", output: 250_000)
            try await household.retention.pass(at: .now)
            let first = TaskID(trusted: "first")
            let (page, task, lastSeq) = try await household.coordinator.events(of: first, after: 0, limit: 100)
            #expect(task.state == .succeeded)
            #expect(task.result?["outcome"] == "succeeded")
            #expect(page.events.isEmpty)
            #expect(page.firstStored == lastSeq + 1, "all of it is a gap")
            let second = try await household.coordinator.events(of: TaskID(trusted: "second"), after: 0, limit: 100)
            #expect(!second.page.events.isEmpty && second.page.firstStored == nil, "the newest output stays")
            let removed = await #expect(throws: Problem.self) {
                try await household.coordinator.artifact(ArtifactStore.hash(of: bytes), of: first)
            }
            #expect(removed?.status == 410 && removed?.code == "artifact-removed")
            let unknown = await #expect(throws: Problem.self) {
                try await household.coordinator.artifact(
                    ArtifactStore.hash(of: bytes),
                    of: TaskID(trusted: "second")
                )
            }
            #expect(unknown?.status == 404)
        }
    }

    @Test func `the audit pushes no output out`() async throws {
        try await Household.with(retention: RetentionRules(age: .days(30), size: 1_000_000)) { household in
            try await household.submit("done")
            try await household.run("done", output: 100_000)
            try await household.database.write { tx in
                for index in 0..<20_000 {
                    let entry = AuditEntry(
                        .taskCancel,
                        by: .local,
                        at: .now,
                        task: TaskID(trusted: "t\(index)"),
                        detail: String(repeating: "x", count: 80 + index % 40)
                    )
                    try AuditStore.append(entry, in: tx)
                }
            }
            try await household.retention.pass(at: .now)
            let (page, _, _) = try await household.coordinator.events(
                of: TaskID(trusted: "done"),
                after: 0,
                limit: 100
            )
            #expect(page.firstStored == nil && !page.events.isEmpty)
            #expect(household.coordinator.retentionCounts.withLock { $0.usedBytes } < 1_000_000)
        }
    }

    @Test func `where there is no output left, the oldest results go`() async throws {
        try await Household.with(retention: .nothing) { household in
            try await household.submit("done")
            try await household.run("done")
            try await household.submit("waiting")
            try await household.retention.pass(at: .now)
            #expect(try await household.exists("done") == false)
            #expect(try await household.exists("waiting"))
        }
    }

    @Test func `a log of many steps is removed to its end`() async throws {
        try await Household.with(retention: .nothing) { household in
            try await household.submit("long")
            for _ in 0..<30 {
                try await household.database.write { [store = household.coordinator.store] tx in
                    guard var stored = try store.task(TaskID(trusted: "long"), in: tx) else { return }
                    let text = String(repeating: "y", count: 10_000)
                    try store.append(
                        [EventDraft(at: .now, type: .output, data: ["stream": "stdout", "text": .string(text)])],
                        to: &stored,
                        in: tx
                    )
                    try store.write(stored, in: tx)
                }
            }
            try await household.run("long")
            var settings = Retention.Settings()
            settings.stepBytes = 25_000
            let retention = Retention(
                coordinator: household.coordinator,
                upkeep: household.database,
                settings: settings,
                logger: Household.quiet
            )
            try await retention.pass(at: .now)
            #expect(try await household.exists("long") == false)
            #expect(try await StoreInspection(of: household.layout).problems == [])
        }
    }

    // MARK: Artifacts

    @Test func `bytes that two tasks share stay until both are gone`() async throws {
        try await Household.with { household in
            let now = Timestamp.now
            let bytes = Array("shared".utf8)
            for (id, days) in [("one", Int64(0)), ("two", 20)] {
                try await household.submit(id)
                try await household.run(id, artifacts: [bytes], endedAt: now + .days(days))
            }
            try await household.retention.pass(at: now + .days(31))
            #expect(household.hasFile(of: bytes))
            let loaded = try await household.coordinator.artifact(
                ArtifactStore.hash(of: bytes),
                of: TaskID(trusted: "two")
            )
            #expect(try await loaded.all() == bytes)
            try await household.retention.pass(at: now + .days(51))
            #expect(!household.hasFile(of: bytes))
        }
    }

    @Test func `bytes that a crash left without an owner are swept away, others are not`() async throws {
        try await Household.with { household in
            let (owned, orphan): ([UInt8], [UInt8]) = (Array("owned".utf8), Array("orphan".utf8))
            try await household.submit("task")
            try await household.start("task")
            try await household.upload(owned, to: "task")
            // The process ended between the file and its row.
            try await household.coordinator.artifacts.save(orphan, as: ArtifactStore.hash(of: orphan))
            let grave = household.file(of: owned) + ".removed"
            #expect(FileManager.default.createFile(atPath: grave, contents: nil))
            try await household.retention.sweepArtifacts()
            #expect(household.hasFile(of: owned))
            #expect(!household.hasFile(of: orphan))
            #expect(!FileManager.default.fileExists(atPath: grave))
        }
    }

    @Test func `where no artifact ever came, there is nothing to sweep`() async throws {
        try await Household.with { household in
            #expect(!FileManager.default.fileExists(atPath: household.layout.artifacts))
            let removed = try await household.coordinator.artifacts.sweep { _ in false }
            #expect(removed == 0)
        }
    }

    @Test func `an upload that meets the removal of the same bytes has them afterwards`() async throws {
        try await Household.with { household in
            let store = household.coordinator.artifacts
            let bytes = Array("contested".utf8)
            let hash = ArtifactStore.hash(of: bytes)
            // One that holds them when they are to be removed.
            try await store.save(bytes, as: hash)
            let whileHeld = try await store.holding(hash) { try await store.remove([hash]) { _ in false } }
            #expect(whileHeld == 0)
            #expect(household.hasFile(of: bytes))
            // One that comes and goes between the question who owns them and the removal.
            let count = try await store.remove([hash]) { _ in
                try await store.holding(hash) { try await store.save(bytes, as: hash) }
                return false
            }
            #expect(count == 0)
            #expect(household.hasFile(of: bytes))
            let whileOwned = try await store.remove([hash]) { _ in true }
            #expect(whileOwned == 0)
            let afterwards = try await store.remove([hash]) { _ in false }
            #expect(afterwards == 1)
            #expect(!household.hasFile(of: bytes))
        }
    }

    // MARK: The disk

    @Test func `a disk that is too full turns new work away, and takes the results of the old`() async throws {
        try await Household.with { household in
            try await household.submit("before")
            try await household.submit("done")
            try await household.run("done")
            household.disk.free.withLock { $0 = 100 << 20 }
            await household.retention.measureDisk()
            for attempt in [
                { _ = try await household.submit("new") },
                { _ = try await household.coordinator.retry(TaskID(trusted: "done")) },
                { _ = try await household.coordinator.submit(batch: []) },
            ] as [() async throws -> Void] {
                let problem = await #expect(throws: Problem.self) { try await attempt() }
                #expect(problem?.status == 507 && problem?.code == "disk-low" && problem?.retryAfter == 60)
                #expect(problem?.detail.contains("100 MiB free") == true)
            }
            try await household.run("before", artifacts: [Array("result".utf8)])
            #expect(household.coordinator.diskState.isLow)
            household.disk.free.withLock { $0 = 1 << 30 }
            await household.retention.measureDisk()
            try await household.submit("new")
        }
    }
}
