import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// An agent that somebody else wrote, in another language, through the real binary.
@Suite(.timeLimit(.minutes(3)))
struct ServiceTests {
    // MARK: Register, work, answer

    @Test func `a task goes through a service and brings its result`() async throws {
        try await withFleet { fleet in
            let painter = try await fleet.startPainter()
            let id = try await fleet.ygg.submit(["kind": "paint-picture", "params": ["say": "hello"]])
            let task = try await fleet.ygg.finished(id)
            #expect(task["state"] == "succeeded" && task["executor"] == "painter", "\(task.text)")
            #expect(task["result"]?["output"] == "hello\n")
            #expect(task["result"]?["key"] == .string("\(id)/1"))
            let request = task["result"]?["request"]
            #expect(request?["kind"] == "paint-picture" && request?["task"] == .string(id) && request?["epoch"] == 1)
            #expect(request?["timeoutMs"] == task["timeouts"]?["runMs"])
            #expect(try await fleet.ygg.output(of: id) == "hello\n")

            let listed = try #require(try await fleet.ygg.get("/api/agent-services").json?["items"]?.arrayValue?.first)
            #expect(
                listed.objectValue?.keys == [
                    "id", "serviceUrl", "metadata", "status", "currentTask", "registeredAt", "lastSeenAt",
                ]
            )
            #expect(listed["serviceUrl"] == .string(painter.address) && listed["metadata"]?["colour"] == "blue")
            let executor = try #require(try await fleet.ygg.get("/v1/executors/painter").json)
            #expect(executor["state"] == "running" && executor["slots"]?["default"]?["total"] == 2)
            let kinds = try #require(try await fleet.ygg.get("/v1/kinds/paint-picture").json)
            #expect(kinds["offeredBy"] == ["painter"] && kinds["onLost"] == "fail")
            #expect(await fleet.ygg.cli("executor", "list").stdout.contains("painter"))
        }
    }

    @Test func `one that nobody knows is told to register again, and one that is removed is gone`() async throws {
        try await withFleet { fleet in
            let unknown = try await fleet.ygg.post("/api/agent-services/heartbeat", ["id": "painter"])
            #expect(unknown.status == 404 && unknown.code == "not-found")
            let body: JSON = [
                "id": "sculptor", "serviceUrl": "http://127.0.0.1:9", "metadata": ["kinds": ["cut-stone"]],
            ]
            #expect(try await fleet.ygg.post("/api/agent-services/register", body).status == 201)
            #expect(try await fleet.ygg.post("/api/agent-services/register", body).status == 200)
            let heard = try await fleet.ygg.post(
                "/api/agent-services/heartbeat",
                ["id": "sculptor", "status": "paused", "currentTask": "t1"]
            )
            #expect(heard.json?["status"] == "paused" && heard.json?["currentTask"] == "t1")
            #expect(heard.json?["heartbeatMs"] == 10_000)
            #expect(try await fleet.ygg.get("/v1/executors/sculptor").json?["state"] == "paused")
            let order = try await fleet.ygg.post("/v1/executors/sculptor/action", ["action": "resume"])
            #expect(order.status == 502 && order.code == "agent-unreachable", "nobody is at its address")
            #expect(try await fleet.ygg.call("DELETE", "/api/agent-services/sculptor").status == 204)
            #expect(try await fleet.ygg.get("/api/agent-services/sculptor").status == 404)
            #expect(try await fleet.ygg.get("/v1/executors/sculptor").status == 404)
        }
    }

    @Test func `a registration that cannot be is refused`() async throws {
        let wrong: [JSON] = [
            ["id": "x", "serviceUrl": "127.0.0.1:80"],
            ["id": "x", "serviceUrl": "http://user@h"],
            ["id": "x", "serviceUrl": "http://h", "metadata": ["kinds": ["Paint"]]],
            ["id": "x", "serviceUrl": "http://h", "metadata": ["slots": -1]],
            ["id": "a b", "serviceUrl": "http://h"],
            ["id": "heartbeat", "serviceUrl": "http://h"],
            ["serviceUrl": "http://h"],
        ]
        try await withFleet { fleet in
            for body in wrong {
                let answer = try await fleet.ygg.post("/api/agent-services/register", body)
                #expect(answer.status == 400 && answer.code == "invalid-request", "\(body.text)")
            }
        }
    }

    @Test(arguments: [(400, "as-told"), (500, "as-told")])
    func `what it answers ends the task`(_ status: Int64, _ code: String) async throws {
        try await withFleet { fleet in
            _ = try await fleet.startPainter()
            let id = try await fleet.ygg.submit([
                "kind": "paint-picture", "params": ["answer": .int(status)],
                "retry": ["maxAttempts": 2, "backoffMs": 0],
            ])
            let task = try await fleet.ygg.finished(id)
            #expect(task["state"] == "failed" && task["error"]?["code"] == .string(code), "\(task.text)")
            // A refusal of the request itself is final, a failure is tried again.
            #expect(task["attempt"] == (status == 400 ? 1 : 2))
        }
    }

    @Test func `a service that is busy gives the task back, and gets it again when it can`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.startPainter()
            let paint = "\(fleet.directory)/paint"
            let id = try await fleet.ygg.submit(["kind": "paint-picture", "params": ["needs": .string(paint)]])
            _ = try await fleet.ygg.task(id) { $0["epoch"]?.intValue ?? 0 >= 2 && $0["state"] == "queued" }
            let why = try #require(try await fleet.ygg.get("/v1/tasks/\(id)/why").json)
            #expect(why["summary"]?.stringValue?.contains("no-paint") == true, "\(why.text)")
            #expect(FileManager.default.createFile(atPath: paint, contents: nil))
            let task = try await fleet.ygg.finished(id)
            #expect(task["state"] == "succeeded" && task["attempt"] == 1, "\(task.text)")
        }
    }

    // MARK: Passing on

    @Test func `calls are passed on with the service's own answers`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.startPainter()
            let base = "/api/agent-services/painter"
            #expect(try await fleet.ygg.get("\(base)/health").json?["status"] == "ok")
            #expect(try await fleet.ygg.get("\(base)/info").json?["language"] == "python")
            #expect(try await fleet.ygg.get("\(base)/status").json?["status"] == "idle")
            #expect(try await fleet.ygg.get("\(base)/logs?lines=3").json?["query"] == "lines=3")
            #expect(try await fleet.ygg.get("/v1/executors/painter/logs?lines=3").json?["query"] == "lines=3")
            for status in [200, 400, 409, 500, 503] {
                let parameters: JSON = status == 200 ? ["say": "now"] : ["answer": .int(Int64(status))]
                let answer = try await fleet.ygg.post("\(base)/execute", ["parameters": parameters])
                #expect(answer.status == status)
                #expect(answer.json?["code"]?.stringValue == (status == 200 ? nil : "as-told"))
            }
            #expect(try await fleet.ygg.post("\(base)/action", ["action": "pause"]).status == 202)
            #expect(try await fleet.ygg.post("\(base)/execute", ["parameters": [:]]).code == "paused")
            #expect(try await fleet.ygg.post("\(base)/action", ["action": "dance"]).status == 400)
            #expect(try await fleet.ygg.get("/api/agent-services/nobody/health").status == 404)
            #expect(try await fleet.ygg.get("\(base)/health?x=1").status == 200)
        }
    }

    @Test func `it is paused and resumed like any executor, and what it cannot do is said`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.startPainter()
            let pause = await fleet.ygg.cli("executor", "pause", "painter", "--note", "new brushes", "--wait", "--json")
            #expect(pause.outcome.succeeded, "\(pause.stderr)")
            let paused = try JSON(parsing: pause.stdout)
            #expect(paused["state"] == "paused" && paused["why"] == "new brushes" && paused["pending"] == nil)
            #expect(try await fleet.ygg.post("/api/agent-services/painter/execute", [:]).code == "paused")
            let id = try await fleet.ygg.submit(["kind": "paint-picture"])
            #expect(try await fleet.ygg.get("/v1/tasks/\(id)").json?["state"] == "queued")
            let resume = await fleet.ygg.cli("executor", "resume", "painter", "--wait")
            #expect(resume.outcome.succeeded, "\(resume.stderr)")
            #expect(try await fleet.ygg.finished(id)["state"] == "succeeded")
            let stop = await fleet.ygg.cli("executor", "stop", "painter")
            #expect(stop.outcome.ending == .exited(1) && stop.stderr.contains("what?"), "\(stop.stderr)")
            #expect(try await fleet.ygg.get("/v1/executors/painter").json?["state"] == "running")
        }
    }

    @Test func `the log of an executor comes from the executor`() async throws {
        try await withUp { ygg, _ in
            // Once it has worked it has registered, and said where it is.
            _ = try await ygg.finished(try await ygg.submit(["kind": "bench-noop"]))
            let answer = try await ygg.get("/v1/executors/local/logs?lines=5")
            #expect(answer.status == 200 && answer.json?["lines"]?.arrayValue?.isEmpty == false)
            let text = try await ygg.get("/v1/executors/local/logs", headers: [("accept", "text/plain")])
            #expect(text.status == 200 && text.header("content-type")?.hasPrefix("text/plain") == true)
        }
    }

    // MARK: Tokens

    @Test func `the token of a service goes to its configured address, and nobody else registers there`() async throws {
        try await withFleet(
            configuration: "services: [{id: painter, url: \"http://127.0.0.1:9\", token: \"env:PAINTER_TOKEN\"}]",
            environment: ["PAINTER_TOKEN": "brush", "MANAGER_TOKEN": "manager"]
        ) { fleet in
            let body: JSON = ["id": "painter", "serviceUrl": "http://127.0.0.1:10", "metadata": [:]]
            let stranger = try await fleet.ygg.post("/api/agent-services/register", body)
            #expect(stranger.status == 409 && stranger.code == "service-address")
            // One that is not configured is shown the manager's token, never the other's.
            _ = try await fleet.startPainter(id: "other")
            let id = try await fleet.ygg.submit(["kind": "paint-picture"])
            let task = try await fleet.ygg.finished(id)
            #expect(task["result"]?["authorization"] == "Bearer manager", "\(task.text)")
            #expect(task["result"]?["managerToken"] == "manager")
        }
    }

    // MARK: When things break

    @Test func `a service that is killed in the middle leaves an unknown outcome`() async throws {
        try await withFleet { fleet in
            let painter = try await fleet.startPainter()
            let (id, _) = try await fleet.begin()
            await painter.killNow()
            let task = try await fleet.ygg.finished(id)
            #expect(task["state"] == "failed" && task["error"]?["code"] == "outcome-unknown", "\(task.text)")
            #expect(task["epoch"] == 1)
        }
    }

    @Test(arguments: [true, false])
    func `a coordinator that comes back asks before it asks twice`(_ remembers: Bool) async throws {
        try await withFleet { fleet in
            _ = try await fleet.startPainter(remembers ? ["--remembers"] : [])
            let (id, gate) = try await fleet.begin(["say": "still here"])
            await fleet.restart()
            #expect(FileManager.default.createFile(atPath: gate, contents: nil))
            let task = try await fleet.ygg.finished(id)
            if remembers {
                #expect(task["state"] == "succeeded" && task["result"]?["output"] == "still here\n", "\(task.text)")
            } else {
                #expect(task["error"]?["code"] == "outcome-unknown", "\(task.text)")
            }
            #expect(task["epoch"] == 1)
            #expect(try String(contentsOfFile: fleet.journal, encoding: .utf8) == "\(id)/1\n", "painted once")
        }
    }

    @Test func `one that falls silent is lost, and works again when it is back`() async throws {
        try await withFleet(configuration: "services: {ttl: 3s}") { fleet in
            let painter = try await fleet.startPainter()
            let (id, _) = try await fleet.begin()
            painter.signal(SIGSTOP)
            let task = try await fleet.ygg.finished(id)
            #expect(task["error"]?["code"] == "outcome-unknown", "\(task.text)")
            #expect(try await fleet.ygg.get("/v1/executors/painter").json?["state"] == "lost")
            #expect(try await fleet.ygg.get("/api/agent-services/painter").json?["status"] == "lost")
            let next = try await fleet.ygg.submit(["kind": "paint-picture"])
            #expect(try await fleet.ygg.get("/v1/tasks/\(next)").json?["state"] == "queued")
            painter.signal(SIGCONT)
            #expect(try await fleet.ygg.finished(next)["state"] == "succeeded")
            #expect(try await fleet.ygg.get("/v1/executors/painter").json?["state"] == "running")
        }
    }

    @Test func `a task that is cancelled ends at the deadline, and says what was asked of the service`() async throws {
        try await withFleet(configuration: "coordinator: {leaseTTL: 1s}") { fleet in
            _ = try await fleet.startPainter()
            let (id, gate) = try await fleet.begin()
            #expect(try await fleet.ygg.post("/v1/tasks/\(id)/cancel").status == 202)
            let task = try await fleet.ygg.finished(id)
            #expect(task["state"] == "cancelled")
            let events = try #require(try await fleet.ygg.get("/v1/tasks/\(id)/events").json?["items"]?.arrayValue)
            let remarks = events.filter { $0["type"] == "progress" }.compactMap { $0["data"]?["text"]?.stringValue }
            #expect(remarks.contains { $0.contains("closed") }, "\(remarks)")
            #expect(FileManager.default.createFile(atPath: gate, contents: nil))
        }
    }
}

/// A coordinator, and the painters that were started beside it.
private actor PaintingFleet {
    let directory: String
    private(set) var ygg: RunningYgg
    private let arguments: [String]
    private let environment: [String: String]
    /// Kept, so that it is nobody else's while the coordinator is away.
    private let port: KeptPort
    private var painters: [RunningYgg] = []

    nonisolated var journal: String { "\(directory)/journal" }

    init(directory: String, configuration: String, environment: [String: String]) async throws {
        self.directory = directory
        self.environment = environment
        let file = "\(directory)/yggdrasil.yaml"
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        port = try KeptPort()
        arguments = ["coordinator", "--data-dir", "\(directory)/c", "--config", file, "--port", port.text]
        ygg = try await RunningYgg.start(arguments, environment: environment)
    }

    func startPainter(_ more: [String] = [], id: String = "painter") async throws -> RunningYgg {
        let agent = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Agents/painter.py"
        let painter = try await RunningYgg.start(
            [agent, "--coordinator", ygg.address, "--id", id, "--journal", journal] + more,
            program: "python3"
        )
        painters.append(painter)
        return painter
    }

    /// Submits a picture and returns when it is being painted, with the gate that it waits for.
    func begin(_ params: JSONObject = [:]) async throws -> (id: String, gate: String) {
        let gate = "\(directory)/gate"
        let begun = "\(directory)/begun"
        guard mkfifo(begun, 0o600) == 0 else { throw EndToEndFailure("no fifo at \(begun)") }
        var params = params
        params["gate"] = .string(gate)
        params["begun"] = .string(begun)
        let id = try await ygg.submit(["kind": "paint-picture", "params": .object(params)])
        // Opening the fifo for writing is what the painter does when it begins, and what ends this.
        _ = await collect(["cat", begun])
        return (id, gate)
    }

    /// Kills the coordinator as power loss would, and starts it again where it was.
    func restart() async {
        await ygg.killNow()
        do {
            ygg = try await RunningYgg.start(arguments, environment: environment)
        } catch {
            Issue.record("\(error)")
        }
    }

    func end() async {
        for painter in painters {
            painter.signal(SIGCONT)
            await painter.killNow()
        }
        await ygg.stop()
    }
}

private func withFleet(
    configuration: String = "{}",
    environment: [String: String] = [:],
    _ body: (PaintingFleet) async throws -> Void
) async throws {
    let scratch = try ScratchDirectory()
    let fleet = try await PaintingFleet(
        directory: scratch.path,
        configuration: configuration,
        environment: environment
    )
    do {
        try await body(fleet)
    } catch {
        Issue.record("\(error)\nlog of the coordinator:\n\(await fleet.ygg.log.suffix(4000))")
    }
    await fleet.end()
}
