import Testing
import YggCore
import YggProtocol

@testable import YggClient

@Suite(.timeLimit(.minutes(1)))
struct CoordinatorClientTests {
    private static let task = #"{"id":"t1","kind":"git-log","title":"log","state":"queued","version":3}"#

    private func client(_ server: ScriptedServer, token: String? = nil) -> CoordinatorClient {
        CoordinatorClient(address: server.url, token: token)
    }

    @Test
    func `a submit carries key, token and body`() async throws {
        try await ScriptedServer.run([.json(Self.task, status: 201)]) { server in
            var submission = TaskSubmission(kind: TaskKind(trusted: "git-log"), params: ["repo": "/r"])
            submission.source = .cli
            let task = try await client(server, token: "secret").submit(submission, idempotencyKey: "key")
            #expect(task.id == "t1")
            #expect(task.state == .queued)
            let request = try #require(server.seen.first)
            #expect(request.method == "POST")
            #expect(request.uri == "/v1/tasks")
            #expect(request.header("authorization") == "Bearer secret")
            #expect(request.header("idempotency-key") == "key")
            #expect(request.header("content-type") == "application/json")
            let body = try JSON(parsing: request.body)
            #expect(body["source"] == "cli")
        }
    }

    @Test
    func `a submit whose answer is lost is sent again with its key`() async throws {
        try await ScriptedServer.run([.hangUp, .json(Self.task, status: 201)]) { server in
            let task = try await client(server)
                .submit(TaskSubmission(kind: TaskKind(trusted: "git-log")), idempotencyKey: "key")
            #expect(task.id == "t1")
            #expect(server.seen.map { $0.header("idempotency-key") } == ["key", "key"])
        }
    }

    @Test
    func `a write without a key is never sent twice`() async throws {
        try await ScriptedServer.run([.hangUp, .json(Self.task)]) { server in
            await #expect(throws: ClientError.self) {
                _ = try await client(server).request("POST", RequestPath("v1", "tasks"), body: [:])
            }
            #expect(server.seen.count == 1)
        }
    }

    @Test
    func `a server that cannot just now is asked again`() async throws {
        let busy = ScriptedReply.json(#"{"code":"stopping","detail":"It stops.","retryable":true}"#, status: 503)
        try await ScriptedServer.run([busy, .json(Self.task)]) { server in
            let version = try await client(server).task("t1").version
            #expect(version == 3)
            #expect(server.seen.count == 2)
        }
    }

    @Test
    func `a problem keeps what it says`() async throws {
        let body = #"""
            {"code":"unknown-kind","detail":"There is no kind git-lgo.","nextAction":"Did you mean git-log?",
            "errors":[{"pointer":"#/kind","detail":"is not known"}]}
            """#
        try await ScriptedServer.run([.json(body, status: 422, headers: [("retry-after", "7")])]) { server in
            let problem = await #expect(throws: Problem.self) { _ = try await client(server).task("t1") }
            #expect(problem?.status == 422)
            #expect(problem?.code == "unknown-kind")
            #expect(problem?.nextAction == "Did you mean git-log?")
            #expect(problem?.issues == [.init(pointer: "/kind", detail: "is not known")])
            #expect(problem?.retryAfter == 7)
            #expect(server.seen.count == 1)
        }
    }

    @Test
    func `nobody at an address is said with the address`() async throws {
        let url = try await ScriptedServer.run([.hangUp]) { $0.url }
        await #expect(throws: ClientError.unreachable(url: url, reason: "connection refused")) {
            _ = try await CoordinatorClient(address: url, token: nil).task("t1")
        }
    }

    @Test
    func `the next address is asked where one is dead`() async throws {
        let dead = try await ScriptedServer.run([.hangUp]) { $0.url }
        try await ScriptedServer.run([.json(Self.task)]) { server in
            let client = CoordinatorClient(address: "\(dead), \(server.url)", token: nil)
            let id = try await client.task("t1").id
            #expect(id == "t1")
        }
    }

    @Test
    func `an answer without JSON is nobody of ours`() async throws {
        try await ScriptedServer.run([ScriptedReply(headers: [], pieces: ["<html>"])]) { server in
            await #expect(throws: ClientError.self) { _ = try await client(server).task("t1") }
            await #expect(throws: ClientError.self) { _ = try await client(server).health() }
        }
    }

    @Test
    func `failing health is an answer`() async throws {
        try await ScriptedServer.run([.json(#"{"status":"fail"}"#, status: 503)]) { server in
            let health = try await client(server).health()
            #expect(health["status"] == "fail")
        }
    }

    @Test
    func `lists are asked for with their filters and read to their end`() async throws {
        let replies = [
            ScriptedReply.json(#"{"items":[{"id":"a"}],"nextCursor":"c d"}"#),
            .json(#"{"items":[{"id":"b"}],"nextCursor":null}"#),
        ]
        try await ScriptedServer.run(replies) { server in
            let ids = try await client(server).executors().map { $0["id"] }
            #expect(ids == ["a", "b"])
            #expect(server.seen.map(\.uri) == ["/v1/executors", "/v1/executors?cursor=c%20d"])
        }
        try await ScriptedServer.run([replies[1]]) { server in
            let filter = TaskFilter(states: [.queued, .running], prefix: "git-", label: "a=b&c", executor: nil)
            let page = try await client(server).tasks(filter, limit: 5)
            #expect(page.nextCursor == nil)
            #expect(
                server.seen.map(\.uri) == ["/v1/tasks?state=queued%2Crunning&prefix=git-&label=a%3Db%26c&limit=5"]
            )
        }
    }

    @Test
    func `a waiting read names the version it knows`() async throws {
        try await ScriptedServer.run([.json(Self.task)]) { server in
            _ = try await client(server).task("t1", waitingFor: .seconds(90), index: 3)
            #expect(server.seen.map(\.uri) == ["/v1/tasks/t1?wait=30s&index=3"])
        }
    }
}
