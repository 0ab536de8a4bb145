import Testing
import YggCore
import YggProtocol

@testable import YggClient

@Suite(.timeLimit(.minutes(1)))
struct EventStreamTests {
    private func stream(_ server: ScriptedServer, after: Int64? = nil) -> EventStream {
        var stream = CoordinatorClient(address: server.url, token: nil).stream("t1", after: after)
        stream.firstPause = .milliseconds(1)
        return stream
    }

    private func events(_ stream: EventStream) async throws -> [String] {
        var seen: [String] = []
        for try await element in stream {
            switch element {
            case .event(let event): seen.append("\(event.name) \(event.id ?? "-")")
            case .interrupted: seen.append("interrupted")
            }
        }
        return seen
    }

    @Test
    func `a stream ends with its end`() async throws {
        let pieces = ["retry: 2000\n\n", "id: 1\nevent: output\ndata: {}\n\n:\n\nid: 2\nev", "ent: end\ndata: {}\n\n"]
        try await ScriptedServer.run([.events(pieces)]) { server in
            let seen = try await events(stream(server))
            #expect(seen == ["output 1", "end 2"])
            let request = try #require(server.seen.first)
            #expect(request.uri == "/v1/tasks/t1/stream")
            #expect(request.header("last-event-id") == nil)
        }
    }

    @Test
    func `a broken stream goes on after the last event it delivered`() async throws {
        let replies: [ScriptedReply] = [
            .events(["id: 5\nevent: output\ndata: {}\n\nid: 6\nevent: output\ndata: {\"cut\": "], breaks: true),
            .json(#"{"code":"stopping","detail":"It stops."}"#, status: 503),
            .hangUp,
            .events(["id: 6\nevent: output\ndata: {}\n\nid: 7\nevent: end\ndata: {}\n\n"]),
        ]
        try await ScriptedServer.run(replies) { server in
            let seen = try await events(stream(server, after: 4))
            #expect(seen == ["output 5", "interrupted", "output 6", "end 7"])
            #expect(server.seen.map { $0.header("last-event-id") } == ["4", "5", "5", "5"])
        }
    }

    @Test
    func `a stream with nothing left ends at once`() async throws {
        try await ScriptedServer.run([ScriptedReply(status: 204)]) { server in
            let seen = try await events(stream(server, after: 9))
            #expect(seen.isEmpty)
        }
    }

    @Test
    func `a refusal is final`() async throws {
        try await ScriptedServer.run([.json(#"{"code":"not-found","detail":"No."}"#, status: 404)]) { server in
            let problem = await #expect(throws: Problem.self) { _ = try await events(stream(server)) }
            #expect(problem?.code == "not-found")
            #expect(server.seen.count == 1)
        }
    }

    @Test
    func `a server that hangs up after its preamble is an outage`() async throws {
        try await ScriptedServer.run([.events(["retry: 2000\n\n"], breaks: true)]) { server in
            var stream = stream(server)
            stream.patience = .milliseconds(50)
            stream.firstPause = .milliseconds(20)
            await #expect(throws: ClientError.self) { _ = try await events(stream) }
            // With a pause that grows, not as fast as it can.
            #expect(server.seen.count < 10)
        }
    }

    @Test
    func `patience ends`() async throws {
        let url = try await ScriptedServer.run([.hangUp]) { $0.url }
        var stream = CoordinatorClient(address: url, token: nil).stream("t1")
        stream.firstPause = .milliseconds(1)
        stream.patience = .milliseconds(20)
        await #expect(throws: ClientError.self) { _ = try await events(stream) }
    }
}
