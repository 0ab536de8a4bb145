import Testing
import YggCore
import YggProcess

/// What the coordinator says to executors that lose answers, repeat themselves, come late or are somebody else.
@Suite(.timeLimit(.minutes(2)))
struct ProtocolTests {
    @Test func `a lease is stated until it is held, and the same result twice is one`() async throws {
        try await withUp { ygg, _ in
            var executor = try await PlayedExecutor("played", kind: "try-play", at: ygg)
            let id = try await ygg.submit(["kind": "try-play"])
            let first = try await executor.leases(1)[0]
            #expect(first["spec"]?["kind"] == "try-play")
            // The answer is lost: the next request knows nothing of it.
            executor.seen = 0
            let again = try await executor.leases(1)[0]
            #expect(again["task"] == first["task"] && again["epoch"] == first["epoch"])
            #expect(again["spec"]?["kind"] == "try-play", "it is stated whole until it is named")
            #expect(try await executor.report(first, n: 2, ("final", ["outcome": "succeeded"]))["refused"] == "gap")
            let final: (String, JSON) = ("final", ["outcome": "succeeded", "result": ["n": 1]])
            #expect(try await executor.report(first, n: 1, final)["upTo"] == 1)
            let task = try await ygg.finished(id)
            let repeated = try await executor.report(first, n: 1, ("final", ["outcome": "failed"]))
            #expect(repeated["upTo"] == 1, "it has arrived: it may be forgotten there")
            #expect(try await ygg.get("/v1/tasks/\(id)").json?["version"] == task["version"])
        }
    }

    @Test func `another boot ends what the last one held, and its word counts no more`() async throws {
        try await withUp { ygg, _ in
            var before = try await PlayedExecutor("played", kind: "try-play", at: ygg)
            let id = try await ygg.submit(["kind": "try-play"])
            let lease = try await before.leases(1)[0]
            var after = try await PlayedExecutor("played", kind: "try-play", boot: "boot-2", at: ygg)
            // The commit that ends the old lease may come after the first answer, which does not state it any more.
            var stated = try await after.sync()
            while stated.isEmpty { stated = try await after.sync() }
            let next = stated[0]
            #expect(next["task"]?.stringValue == id)
            #expect(next["epoch"]?.intValue ?? 0 > 1)
            let late = try await ygg.post(
                "/v1/executors/played/reports",
                [
                    "bootId": "boot-1", "storeId": .string(before.store), "seen": 0, "held": [],
                    "entries": [["task": .string(id), "epoch": 1, "n": 1, "final": ["outcome": "succeeded"]]],
                ]
            )
            #expect(late.status == 409 && late.code == "replaced")
            let stale = try await after.report(lease, n: 1, ("final", ["outcome": "succeeded"]), held: [next])
            #expect(stale["refused"] == "lease-lost")
            #expect(try await after.report(next, n: 1, ("final", ["outcome": "succeeded"]))["upTo"] == 1)
            let task = try await ygg.finished(id)
            #expect(task["attempt"] == 1, "what a restart interrupted is not counted")
        }
    }

    @Test func `what cannot be read of one lease does not hold up another`() async throws {
        try await withUp { ygg, _ in
            var executor = try await PlayedExecutor("played", kind: "try-play", slots: 2, at: ygg)
            let ids = [try await ygg.submit(["kind": "try-play"]), try await ygg.submit(["kind": "try-play"])]
            _ = try await executor.leases(2)
            func entry(_ id: String, _ body: (String, JSON)) -> JSON {
                ["task": .string(id), "epoch": 1, "n": 1, body.0: body.1]
            }
            let answer = try await ygg.post(
                "/v1/executors/played/reports",
                [
                    "bootId": "boot-1", "storeId": .string(executor.store), "seen": .int(executor.seen),
                    "held": .array(ids.map { ["task": .string($0), "epoch": 1] }),
                    "entries": [
                        entry(ids[0], ("event", ["at": "no time", "type": "no type"])),
                        entry(ids[1], ("final", ["outcome": "succeeded"])),
                    ],
                ]
            )
            #expect(answer.status == 200)
            let verdicts = answer.json?["verdicts"]?.arrayValue ?? []
            #expect(verdicts.first { $0["task"]?.stringValue == ids[0] }?["refused"] == "lease-lost")
            #expect(verdicts.first { $0["task"]?.stringValue == ids[1] }?["upTo"] == 1)
            #expect(try await ygg.finished(ids[1])["state"] == "succeeded")
            let silent = try await ygg.post(
                "/v1/executors/played/sync",
                ["bootId": "boot-1", "storeId": .string(executor.store), "seen": 0]
            )
            #expect(silent.status == 400, "a request that names no leases must not be read as holding none")
        }
    }

    @Test func `a version that both sides speak is enough, and one that only one side speaks is refused in a sentence`()
        async throws
    {
        try await withUp { ygg, _ in
            func register(_ range: JSON) async throws -> Answer {
                // Whoever is newer says more than is understood here.
                try await ygg.post(
                    "/v1/executors",
                    [
                        "id": "other", "instance": "i-1", "bootId": "boot-1", "protocol": range, "novelty": ["x": 1],
                        "kinds": [["kind": "try-play", "description": "", "novelty": true]],
                    ]
                )
            }
            for range in [[0, 1], [1, 1], [1, 2]] as [JSON] {
                let answer = try await register(range)
                #expect(answer.status == 200, "\(range.text): \(String(decoding: answer.body, as: UTF8.self))")
            }
            let newer = try await register([2, 3])
            #expect(newer.status == 409 && newer.code == "protocol-version")
            #expect(newer.json?["detail"]?.stringValue?.contains("protocol 2 to 3") == true)
            #expect(newer.json?["nextAction"]?.stringValue?.hasPrefix("Upgrade the coordinator first") == true)
            let older = try await register([0, 0])
            #expect(older.status == 409 && older.json?["nextAction"] == "Upgrade the executor.")

            var executor = try await PlayedExecutor("played", kind: "try-play", at: ygg)
            let id = try await ygg.submit(["kind": "try-play", "labels": ["executor=played"]])
            let lease = try await executor.leases(1)[0]
            let novel: (String, JSON) = ("final", ["outcome": "succeeded", "novelty": 1])
            #expect(try await executor.report(lease, n: 1, novel)["upTo"] == 1)
            #expect(try await ygg.finished(id)["state"] == "succeeded")
        }
    }

    @Test func `an executor that its coordinator refuses for its version ends, and says whom to upgrade`() async throws
    {
        let refusal =
            #"{"code": "protocol-version", "detail": "This coordinator speaks protocol 7 to 9.", "nextAction": "Upgrade the executor."}"#
        // A coordinator of a later version, as far as an executor of this one gets to know it.
        let server = """
            import http.server, json
            class Later(http.server.BaseHTTPRequestHandler):
                def log_message(self, *args): pass
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    self.send_response(409)
                    self.send_header("Content-Type", "application/problem+json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
            body = '\(refusal)'.encode()
            server = http.server.HTTPServer(("127.0.0.1", 0), Later)
            print(json.dumps({"event": "ready", "address": f"http://127.0.0.1:{server.server_port}"}), flush=True)
            server.serve_forever()
            """
        let scratch = try ScratchDirectory()
        let later = try await RunningYgg.start(["-c", server], program: "python3")
        let executor = try await RunningYgg.start([
            "executor", "--id", "old", "--coordinator", later.address, "--port", "0", "--data-dir", scratch.path,
        ])
        let outcome = await executor.end()
        #expect(outcome.ending == .exited(1))
        #expect(
            executor.log.contains("protocol 7 to 9") && executor.log.contains("Upgrade the executor"),
            "\(executor.log)"
        )
        await later.killNow()
    }

    @Test func `who may not speak for an executor is told so`() async throws {
        try await withUp { ygg, _ in
            let executor = try await PlayedExecutor("played", kind: "try-play", at: ygg)
            func register(_ changes: JSONObject) async throws -> Answer {
                var body: JSONObject = [
                    "id": "played", "instance": "i-1", "bootId": "boot-2", "protocol": [1, 1], "kinds": [],
                ]
                for member in changes.members { body[member.key] = member.value }
                return try await ygg.post("/v1/executors", .object(body))
            }
            let stranger = try await register(["instance": "i-2"])
            #expect(stranger.status == 409 && stranger.code == "executor-id-in-use")
            let newer = try await register(["protocol": [7, 9]])
            #expect((400..<500).contains(newer.status))
            #expect(newer.json?["detail"]?.stringValue?.contains("7") == true, "\(newer.json?.text ?? "")")
            let body: JSON = ["bootId": "boot-1", "storeId": "another", "seen": 0, "held": []]
            let foreign = try await ygg.post("/v1/executors/played/sync", body)
            #expect(foreign.status == 409 && foreign.code == "store-changed")
            let unknown = try await ygg.post(
                "/v1/executors/nobody/sync",
                ["bootId": "b", "storeId": .string(executor.store), "seen": 0, "held": []]
            )
            #expect(unknown.status == 404)
        }
    }
}
