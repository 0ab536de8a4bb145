import FoundationEssentials
import Testing
import YggClient
import YggCore
import YggProcess

/// Clients whose answers are lost after the commit, and clients that hang up before it.
@Suite(.timeLimit(.minutes(2)))
struct LostAnswerTests {
    /// Sends a request whose answer is lost on its way, and returns when the server has given it.
    private func send(_ method: String, _ path: String, _ body: JSON?, _ key: String? = nil, to relay: Relay) async {
        let reply = try? await HTTPTransport(baseURL: relay.address, token: nil).send(
            method: method,
            path: path,
            headers: key.map { [("idempotency-key", $0)] } ?? [],
            body: body?.bytes,
            timeout: .seconds(60)
        )
        #expect(reply == nil, "the answer was to be lost")
    }

    private func all(_ ygg: RunningYgg) async throws -> [JSON] {
        try #require(try await ygg.get("/v1/tasks?limit=200").json?["items"]?.arrayValue)
    }

    @Test func `a submission whose answer was lost is one task, however it is repeated`() async throws {
        try await withUp { ygg, _ in
            let relay = try Relay(to: ygg.address)
            relay.turn(.cutAtAnswer)
            let named: JSON = ["kind": "bench-noop", "id": "mine"]
            await send("POST", "/v1/tasks", named, to: relay)
            let again = try await ygg.post("/v1/tasks", named)
            #expect(again.status == 200 && again.json?["id"] == "mine")

            let unnamed: JSON = ["kind": "bench-noop", "title": "keyed"]
            await send("POST", "/v1/tasks", unnamed, "k1", to: relay)
            let replayed = try await ygg.post("/v1/tasks", unnamed, headers: [("idempotency-key", "k1")])
            #expect(replayed.status == 201 && replayed.header("idempotency-replayed") == "true")

            let batch: JSON = ["tasks": [["kind": "bench-noop"], ["kind": "bench-noop"]]]
            await send("POST", "/v1/tasks:batch", batch, "k2", to: relay)
            _ = try await ygg.post("/v1/tasks:batch", batch, headers: [("idempotency-key", "k2")])

            let tasks = try await all(ygg)
            #expect(tasks.count == 4)
            for task in tasks { _ = try await ygg.finished(try #require(task["id"]?.stringValue)) }

            await send("POST", "/v1/tasks/mine/retry", nil, "k3", to: relay)
            let retried = try await ygg.post("/v1/tasks/mine/retry", headers: [("idempotency-key", "k3")])
            #expect(retried.json?["retryOf"] == "mine")
            #expect(try await all(ygg).count == 5)
        }
    }

    @Test func `a cancellation whose answer was lost stands, and may be repeated`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let relay = try Relay(to: fleet.coordinator.address)
            let id = try await fleet.hold("a")
            relay.turn(.cutAtAnswer)
            await send("POST", "/v1/tasks/\(id)/cancel", nil, to: relay)
            let again = try await fleet.coordinator.post("/v1/tasks/\(id)/cancel")
            #expect(again.status == 202)
            #expect(try await fleet.coordinator.finished(id)["state"] == "cancelled")
            let events = try #require(
                try await fleet.coordinator.get("/v1/tasks/\(id)/events").json?["items"]?.arrayValue
            )
            #expect(events.filter { $0["data"]?["cancelRequested"] == true }.count == 1)
            #expect(events.filter { $0["data"]?["state"] == "cancelled" }.count == 1)
        }
    }

    @Test func `what a client asked for before it hung up is done whole`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let id = try await fleet.hold("a")
            let address = fleet.coordinator.address
            // Cut off between the commit and the answer, somewhere: the client closes as soon as it has spoken.
            let requests = (0..<50).map { number -> (String, JSON?) in
                ("/v1/tasks", ["kind": "bench-noop", "id": .string("t\(number)")])
            }
            for (path, body) in requests + [("/v1/tasks/\(id)/cancel", nil)] {
                try RawConnection(to: address).say(RawRequest.post(path, body))
            }
            #expect(try await fleet.coordinator.finished(id)["state"] == "cancelled")
            let tasks = try await all(fleet.coordinator).compactMap { $0["id"]?.stringValue }
            #expect(tasks.count > 1)
            for task in tasks { _ = try await fleet.coordinator.finished(task) }
            let check = await fleet.coordinator.cli("db", "check", "--data-dir", "\(fleet.directory)/coordinator")
            #expect(check.outcome.succeeded, "\(check.stdout)\(check.stderr)")
        }
    }

    @Test func `viewers that hang up leave the task and its log alone`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let id = try await fleet.hold("a", kind: "try-tell")
            for _ in 0..<20 {
                let viewer = try RawConnection(to: fleet.coordinator.address)
                viewer.say(RawRequest.get("/v1/tasks/\(id)/stream"))
                #expect(viewer.hear(atLeast: 1).bytes.isEmpty == false)
            }
            fleet.openGate(of: "a")
            #expect(try await fleet.coordinator.finished(id)["state"] == "succeeded")
            let lines = try await fleet.coordinator.output(of: id).split(separator: "\n")
            #expect(lines.dropLast() == (1..<lines.count).map { "line \($0)" }[...])
            // A connection's end is heard of by itself, and not in the order of others' work.
            while await !tool("curl", "-s", "\(fleet.coordinator.address)/metrics").stdout
                .contains("yggdrasil_stream_viewers 0\n")
            {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
