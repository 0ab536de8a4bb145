import Glibc
import Testing
import YggCore
import YggProcess

/// What tasks do to a machine, and what is left of them.
@Suite(.timeLimit(.minutes(3)))
struct ExecutorWorkTests {
    @Test func `a task that burns every core does not cost its lease`() async throws {
        // Four processes a core, for several times the time to live.
        let declared = """
            coordinator: {leaseTTL: 2s}
            handlers:
              - kind: try-burn
                run: [sh, -c, 'i=0; while [ $i -lt $(($(nproc) * 4)) ]; do timeout 8 sh -c "while :; do :; done" & i=$((i+1)); done; wait; echo burnt']
            """
        try await withUp(configuration: declared) { ygg, _ in
            let id = try await ygg.submit(["kind": "try-burn"])
            let task = try await ygg.finished(id)
            #expect(task["state"] == "succeeded", "\(task.text)")
            #expect(task["epoch"] == 1, "the lease was lost on the way")
            #expect(try await ygg.output(of: id) == "burnt\n")
        }
    }

    @Test func `a cancelled task leaves no process of its group`() async throws {
        let declared = """
            handlers:
              - kind: try-family
                run: [sh, -c, 'trap "" TERM; sleep 600 & sh -c "sleep 600 & wait" & echo $$; wait']
            """
        try await withUp(configuration: declared) { ygg, _ in
            let id = try await ygg.submit(["kind": "try-family"])
            _ = await collect(["sh", "-c", "curl -sN '\(ygg.address)/v1/tasks/\(id)/stream' | grep -m 1 stdout"])
            let group = try #require(Int32(try await ygg.output(of: id).split(separator: "\n").first ?? ""))
            #expect(kill(-group, 0) == 0, "the group is there")
            #expect(try await ygg.post("/v1/tasks/\(id)/cancel").status == 202)
            #expect(try await ygg.finished(id)["state"] == "cancelled")
            #expect(kill(-group, 0) == -1 && errno == ESRCH, "the group is gone")
        }
    }
}
