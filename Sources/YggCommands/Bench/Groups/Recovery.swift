import FoundationEssentials
import Glibc
import YggCore

/// What a fleet does when something of it dies, or is to: how long it takes, and that nothing is lost on the way.
struct Recovery {
    let context: BenchContext

    private static let tasks = 8
    private static let cancellations = 10
    private static let leases = 1000
    private static let restarts = 5

    func run() throws {
        context.report.note("an executor is killed; its leases live for 15 s")
        try killExecutor()
        context.report.note("work that ignores SIGTERM is cancelled")
        try cancel()
        context.report.note("a coordinator is killed under \(Self.leases) running tasks")
        try killCoordinator()
    }

    // MARK: Executors

    /// From the SIGKILL of an executor to its tasks at work on another one.
    private func killExecutor() throws {
        try RecoveryFleet.with(context, "killed") { fleet in
            let reader = try TaskReader(port: fleet.port, stop: context.stop)
            let doomed = try fleet.startExecutor("doomed", slots: Self.tasks)
            var ids: [String] = []
            for _ in 0..<Self.tasks { ids.append(try fleet.submit("try-hold")) }
            for id in ids { try reader.wait(for: id) { $0["state"] == "running" } }
            try fleet.waitForProcesses(Self.tasks)
            _ = try fleet.startExecutor("heir", slots: Self.tasks)
            let killedAt = MonotonicTime.now
            doomed.kill()
            var samples = Samples()
            for id in ids {
                let task = try reader.wait(for: id) { $0["state"] == "running" && $0["executor"] == "heir" }
                guard task["attempt"] == 1 else { throw CommandFailure("A lost attempt was counted: \(task.text)") }
                samples.add(MonotonicTime.now - killedAt)
            }
            context.report.add(
                BenchMetric(
                    "recovery.executorKilled",
                    samples,
                    budget: .percentiles(p99: 17_000),
                    details: ["leaseTtlMs": 15_000]
                )
            )
        }
    }

    /// From the call that cancels a task to the moment when no process of it is left.
    private func cancel() throws {
        try RecoveryFleet.with(context, "cancel") { fleet in
            let reader = try TaskReader(port: fleet.port, stop: context.stop)
            let connection = try LoadConnection(port: fleet.port)
            _ = try fleet.startExecutor("worker", slots: 1)
            var samples = Samples()
            for _ in 0..<Self.cancellations {
                let known = fleet.processes.count
                let id = try fleet.submit("try-stubborn")
                // The command itself, and one that it put into a group of its own.
                try fleet.waitForProcesses(known + 2)
                let family = fleet.processes.dropFirst(known)
                let cancelledAt = MonotonicTime.now
                try connection.exchange(LoadRequest.post("/v1/tasks/\(id)/cancel", [:]), context.stop).expect(202)
                while family.contains(where: { Glibc.kill($0, 0) == 0 && !isZombie($0) }) {
                    try context.stop.sleep(seconds: 0.001)
                }
                samples.add(MonotonicTime.now - cancelledAt)
                try reader.wait(for: id) { $0["state"] == "cancelled" }
            }
            context.report.add(BenchMetric("recovery.cancel", samples, budget: .percentiles(p99: 3000)))
        }
    }

    private func isZombie(_ pid: pid_t) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        return stat.split(separator: ")").last?.split(separator: " ").first == "Z"
    }

    // MARK: Coordinators

    /// From the start of a coordinator to its ready line, and to its word on every lease that the one before it had
    /// granted and was killed over.
    private func killCoordinator() throws {
        var (ready, stated) = (Samples(), Samples())
        for round in 0..<Self.restarts {
            try RecoveryFleet.with(context, "restart-\(round)") { fleet in
                let info = try TaskReader(port: fleet.port, stop: context.stop).get("/info")
                var executor = SimulatedExecutor(
                    id: "bench",
                    bootID: "boot",
                    storeID: info["storeId"]?.stringValue ?? ""
                )
                var connection = try LoadConnection(port: fleet.port)
                func exchange(_ request: [UInt8]) throws -> LoadResponse {
                    try connection.exchange(request, context.stop)
                }
                try exchange(executor.registration(kind: "bench-noop", slots: Self.leases)).expect(200)
                try exchange(LoadRequest.submitBatch(Self.leases, kind: "bench-noop")).expect(200)
                while executor.leases.count < Self.leases { _ = try executor.apply(try exchange(executor.sync())) }
                let began = try fleet.restartCoordinator()
                ready.add(MonotonicTime.now - began)
                connection = try LoadConnection(port: fleet.port)
                let again = try executor.apply(try exchange(executor.sync()))
                stated.add(MonotonicTime.now - began)
                guard again.isEmpty else { throw CommandFailure("\(again.count) tasks would have run twice.") }
                try exchange(executor.report()).expect(200)
                let reader = try TaskReader(port: fleet.port, stop: context.stop)
                try reader.waitUntilDrained()
                try reader.expectFirstAttempts(Self.leases)
            }
        }
        let details: JSONObject = ["leases": .int(Int64(Self.leases)), "lost": 0, "runTwice": 0]
        context.report.add(
            BenchMetric("recovery.coordinatorReady", ready, budget: .percentiles(p99: 1000), details: details)
        )
        context.report.add(
            BenchMetric("recovery.leasesStated", stated, budget: .percentiles(p99: 1000), details: details)
        )
    }
}

extension TaskReader {
    /// Waits until something holds of a task.
    @discardableResult
    fileprivate func wait(for id: String, until isReached: (JSON) -> Bool) throws -> JSON {
        var task = try task(id)
        while !isReached(task) {
            task = try get("/v1/tasks/\(id)?wait=30s&index=\(task["version"]?.intValue ?? 0)")
        }
        return task
    }

    /// - Throws: where not exactly so many tasks have succeeded, or one of them not in its first attempt.
    fileprivate func expectFirstAttempts(_ count: Int) throws {
        var cursor: String?
        var seen = 0
        repeat {
            let page = try get("/v1/tasks?state=succeeded&limit=200" + (cursor.map { "&cursor=\($0)" } ?? ""))
            for task in page["items"]?.arrayValue ?? [] {
                guard task["epoch"] == 1 else { throw CommandFailure("A task was granted twice: \(task.text)") }
                seen += 1
            }
            cursor = page["nextCursor"]?.stringValue
        } while cursor != nil
        guard seen == count else { throw CommandFailure("\(count - seen) of \(count) tasks were lost.") }
    }
}
