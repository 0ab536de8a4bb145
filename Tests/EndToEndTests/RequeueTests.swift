import Glibc
import Testing
import YggCore
import YggProcess

/// Attempts that a person gives up.
@Suite(.timeLimit(.minutes(2)))
struct RequeueTests {
    @Test func `a task is taken from an executor that is frozen, whose word does not count when it wakes`() async throws
    {
        try await withFleet(leaseTTL: "3s") { fleet in
            let frozen = try await fleet.start("huginn")
            let id = try await fleet.hold("a", kind: "dev-hold")
            frozen.signal(SIGSTOP)
            _ = try await fleet.executor("huginn", is: "lost")
            let running = try #require(try await fleet.coordinator.get("/v1/tasks/\(id)").json)
            #expect(running["state"] == "running" && running["epoch"] == 1, "it may go on while it is cut off")
            #expect(await fleet.coordinator.cli("why", id).stdout.contains("ygg task requeue"))

            let requeue = await fleet.coordinator.cli("task", "requeue", id, "--json")
            #expect(requeue.outcome.succeeded, "\(requeue.stderr)")
            let queued = try #require(try await fleet.coordinator.get("/v1/tasks/\(id)").json)
            #expect(queued["state"] == "queued" && queued["epoch"] == 2 && queued["attempt"] == 1)
            let again = await fleet.coordinator.cli("task", "requeue", id)
            #expect(again.outcome.ending == .exited(1) && again.stderr.contains("ygg why"))

            _ = try await fleet.start("muninn")
            try await fleet.atWork("a", times: 2)
            frozen.signal(SIGCONT)
            let groups = fleet.groups(of: "a")
            try await fleet.gone(groups[0])
            #expect(kill(-groups[1], 0) == 0, "only the attempt that was given up is ended")
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded" && task["executor"] == "muninn")
            #expect(task["epoch"] == 3 && task["attempt"] == 1)
        }
    }

    @Test func `only what runs can be requeued`() async throws {
        try await withUp { ygg, _ in
            let id = try await ygg.submit(["kind": "bench-noop"])
            _ = try await ygg.finished(id)
            let answer = try await ygg.post("/v1/tasks/\(id)/requeue")
            #expect(answer.status == 409 && answer.code == "task-not-running")
            #expect(try await ygg.post("/v1/tasks/nothing/requeue").status == 404)
        }
    }
}
