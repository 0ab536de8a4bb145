import Testing

@testable import YggClient

@Suite(.timeLimit(.minutes(1)))
struct HTTPTransportTests {
    @Test(arguments: [[], ["{\"half\": "]])
    func `an answer that stops half way is over at the timeout`(pieces: [String]) async throws {
        // By path: the first may be over before it was sent.
        let replies = [ScriptedReply(path: "/stalls", pieces: pieces, stalls: true), .json("{}")]
        try await DedicatedHTTPClient.with { client in
            try await ScriptedServer.run(replies) { server in
                let transport = client.transport(baseURL: server.url, token: nil)
                await #expect(throws: TransportError.timedOut(url: server.url, after: .seconds(2))) {
                    try await transport.send(method: "GET", path: "/stalls", timeout: .seconds(2))
                }
                let next = try await transport.send(method: "GET", path: "/")
                #expect(next.status == 200)
            }
        }
    }

    @Test
    func `cancelling ends the wait for the rest of an answer`() async throws {
        try await ScriptedServer.run([ScriptedReply(pieces: ["{"], stalls: true)]) { server in
            let call = Task { try await HTTPTransport(baseURL: server.url, token: nil).send(method: "GET", path: "/") }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }

    @Test func `a server without TLS is asked for it in vain, which is said in words`() async throws {
        try await ScriptedServer.run([.json("{}")]) { server in
            let url = server.url.replacing("http:", with: "https:")
            let error = await #expect(throws: TransportError.self) {
                try await HTTPTransport(baseURL: url, token: nil).send(method: "GET", path: "/")
            }
            #expect(error == .unreachable(url: url, reason: "there is no TLS there; its address begins with http://"))
            #expect(server.seen.isEmpty)
        }
    }
}
