import Testing
import YggCore

@testable import YggClient

@Suite(.timeLimit(.minutes(1)))
struct RetryAfterTests {
    private static let now = Timestamp(milliseconds: 784_111_777_000)  // Sun, 06 Nov 1994 08:49:37 GMT

    private func wait(_ field: String?, date: String? = nil) -> Milliseconds? {
        var headers: [(String, String)] = []
        if let field { headers.append(("Retry-After", field)) }
        if let date { headers.append(("Date", date)) }
        return HTTPReply(status: 503, headers: headers, body: []).retryAfter(at: Self.now)
    }

    @Test(
        arguments: [
            ("7", 7), ("0", 0), ("-3", 0), ("999999999999", 86_400), ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Wed, 09 Nov 1994 08:49:37 GMT", 86_400),
        ] as [(String, Int64)]
    )
    func `seconds and times are read, within bounds`(field: String, seconds: Int64) {
        #expect(wait(field) == .seconds(seconds))
    }

    @Test(arguments: ["soon", "", "7.5", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT", "1e9"])
    func `what says nothing is nothing`(field: String) {
        #expect(wait(field) == nil)
        #expect(wait(nil) == nil)
    }

    @Test func `a time is held against the clock that it was read from`() {
        let field = "Sun, 06 Nov 1994 10:00:30 GMT"
        #expect(wait(field, date: "Sun, 06 Nov 1994 10:00:00 GMT") == .seconds(30))
    }

    @Test func `a server that asks for a second gets it`() async throws {
        let busy = ScriptedReply.json(#"{"retryable":true}"#, status: 503, headers: [("retry-after", "1")])
        try await ScriptedServer.run([busy, .json(#"{"id":"t1","version":3}"#)]) { server in
            let began = ContinuousClock.now
            _ = try await CoordinatorClient(address: server.url, token: nil).exchange("GET", RequestPath("v1", "tasks"))
            #expect(server.seen.count == 2)
            #expect(began.duration(to: .now) >= .seconds(1))
        }
    }

    @Test func `a server that asks for long is not asked again`() async throws {
        let busy = ScriptedReply.json(#"{"retryable":true}"#, status: 503, headers: [("retry-after", "600")])
        try await ScriptedServer.run([busy]) { server in
            let reply = try await CoordinatorClient(address: server.url, token: nil)
                .exchange("GET", RequestPath("v1", "tasks"))
            #expect(reply.status == 503 && server.seen.count == 1)
        }
    }

    @Test func `a stream that is refused for a second is asked for again after it`() async throws {
        let busy = ScriptedReply.json(#"{"detail":"It starts."}"#, status: 503, headers: [("retry-after", "1")])
        let end = ScriptedReply.events(["event: end\ndata: {\"state\":\"succeeded\"}\n\n"])
        try await ScriptedServer.run([busy, end]) { server in
            let began = ContinuousClock.now
            let client = CoordinatorClient(address: server.url, token: nil)
            var elements: [EventStream.Element] = []
            for try await element in EventStream(client: client, task: "t", after: nil) { elements.append(element) }
            #expect(elements.count == 2 && elements.first == .interrupted(reason: "It starts."))
            #expect(began.duration(to: .now) >= .seconds(1))
        }
    }
}
