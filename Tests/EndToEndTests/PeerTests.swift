import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// Clients that somebody else wrote. `scripts/test.sh` installs them; the fast profile leaves them out, and says so.
@Suite(.timeLimit(.minutes(2)), .enabled(if: ProcessInfo.processInfo.environment["TEST_PROFILE"] == "full"))
struct PeerTests {
    @Test func `httpx-sse reads a stream whole and resumes it`() async throws {
        let python = try #require(
            ProcessInfo.processInfo.environment["YGG_TEST_PYTHON"],
            "the full profile needs the peers that scripts/test.sh installs"
        )
        let script = """
            import sys, httpx
            from httpx_sse import connect_sse
            def read(headers):
                with httpx.Client(timeout=60) as client:
                    with connect_sse(client, "GET", sys.argv[1], headers=headers) as source:
                        return [(event.id, event.event) for event in source.iter_sse()]
            whole = read({})
            rest = read({"Last-Event-ID": whole[2][0]})
            assert whole[3:] == rest, (whole, rest)
            print(len(whole), whole[-1][1], ",".join(name for _, name in whole))
            """
        try await withUp(configuration: StreamTests.counting) { ygg, _ in
            let id = try await ygg.submit(["kind": "try-count", "params": ["lines": 50]])
            _ = try await ygg.finished(id)
            let run = await tool(python, "-c", script, "\(ygg.address)/v1/tasks/\(id)/stream")
            #expect(run.outcome.succeeded, "\(run.stderr)")
            let words = run.stdout.split(separator: " ")
            #expect(words.dropFirst().first == "end")
            #expect(run.stdout.contains("state,state,output"))
        }
    }
}
