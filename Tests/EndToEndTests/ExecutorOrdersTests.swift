import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// What executors are ordered to do with themselves, by command line, over HTTP and by signals.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ExecutorOrdersTests {
    @Test func `paused it finishes what it has, takes nothing, and says by whom, why and until when`() async throws {
        try await withFleet { fleet in
            let process = try await fleet.start("huginn")
            let held = try await fleet.hold("a")
            let pause = await fleet.coordinator.cli(
                "executor",
                "pause",
                "huginn",
                "--note",
                "lunch",
                "--until",
                "1h",
                "--wait"
            )
            #expect(pause.outcome.succeeded && pause.stdout.contains("huginn paused"), "\(pause.stderr)")
            let waiting = try await fleet.coordinator.submit(["kind": "bench-noop"])

            let status = try #require(try await process.call("GET", "/status").json)
            #expect(status["status"] == "paused" && status["why"] == "lunch" && status["currentTask"] == .string(held))
            for key in ["by", "since", "until"] { #expect(status[key]?.stringValue?.isEmpty == false, "\(key)") }
            let listed = try #require(try await fleet.coordinator.get("/v1/executors/huginn").json)
            for key in ["by", "why", "until", "since"] { #expect(listed[key] == status[key], "\(key)") }
            let table = await fleet.coordinator.cli("executor", "list").stdout
            #expect(table.contains("paused") && table.contains("lunch"))
            let shown = await fleet.coordinator.cli("executor", "show", "huginn").stdout
            #expect(shown.contains("lunch") && shown.contains("until"))

            let refused = try await process.call("POST", "/execute", ["kind": "bench-noop", "parameters": [:]])
            #expect(refused.status == 409 && refused.code == "paused")
            let health = try await process.call("GET", "/health")
            #expect(health.status == 200 && health.json?["status"] == "warn")
            #expect(try await process.call("GET", "/readyz").status == 503)
            #expect(try await process.call("GET", "/livez").status == 200)

            fleet.openGate(of: "a")
            #expect(try await fleet.coordinator.finished(held)["state"] == "succeeded")
            #expect(try await fleet.coordinator.get("/v1/tasks/\(waiting)").json?["state"] == "queued")
            #expect(await fleet.coordinator.cli("why", waiting).stdout.contains("paused"))
            #expect(await fleet.coordinator.cli("executor", "resume", "huginn", "--wait").outcome.succeeded)
            #expect(try await fleet.coordinator.finished(waiting)["state"] == "succeeded")
        }
    }

    @Test func `a pause asked of an executor that is away outlives the coordinator, and waits for it`() async throws {
        try await withFleet { fleet in
            let first = try await fleet.start("huginn")
            await first.killNow()
            let path = "/v1/executors/huginn/action"
            let answer = try await fleet.coordinator.post(path, ["action": "pause", "note": "new disk"])
            #expect(answer.status == 202 && answer.json?["pending"]?["note"] == "new disk")
            let again = try await fleet.coordinator.post(path, ["action": "pause", "note": "new disk"])
            #expect(again.status == 202)
            try await fleet.restartCoordinator()
            let waiting = try await fleet.coordinator.submit(["kind": "bench-noop"])
            _ = try await fleet.start("huginn")
            let paused = try await fleet.executor("huginn", is: "paused")
            #expect(paused["why"] == "new disk" && paused["by"] == "operator" && paused["pending"] == nil)
            #expect(
                try await fleet.coordinator.get("/v1/tasks/\(waiting)").json?["epoch"] == 0,
                "it got no work before"
            )
            #expect(try await fleet.coordinator.post(path, ["action": "resume"]).status == 202)
            #expect(try await fleet.coordinator.finished(waiting)["state"] == "succeeded")
            try await fleet.restartCoordinator()
            let later = try await fleet.coordinator.submit(["kind": "bench-noop"])
            #expect(try await fleet.coordinator.finished(later)["state"] == "succeeded", "the pause is forgotten")
        }
    }

    @Test func `a pause ends at its time`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let paused = await fleet.coordinator.cli("executor", "pause", "huginn", "--until", "9s", "--wait", "--json")
            #expect(paused.outcome.succeeded && paused.stdout.contains(#""paused""#), "\(paused.stderr)")
            let id = try await fleet.coordinator.submit(["kind": "bench-noop"])
            #expect(try await fleet.coordinator.finished(id)["state"] == "succeeded")
            let running = try await fleet.executor("huginn", is: "running")
            #expect(running["by"] == nil && running["until"] == nil && running["pending"] == nil)
        }
    }

    @Test func `what a drain ends is handed back uncounted and runs elsewhere`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let id = try await fleet.hold("a")
            let drain = await fleet.coordinator.cli("executor", "drain", "huginn", "--drain-timeout", "100ms", "--wait")
            #expect(drain.outcome.succeeded, "\(drain.stderr)")
            let queued = try #require(try await fleet.coordinator.get("/v1/tasks/\(id)").json)
            #expect(queued["state"] == "queued" && queued["attempt"] == 1)
            try await fleet.gone(try #require(fleet.groups(of: "a").first))
            #expect(try await fleet.executor("huginn", is: "paused")["tasks"] == .array([]))
            _ = try await fleet.start("muninn")
            try await fleet.atWork("a", times: 2)
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded" && task["executor"] == "muninn" && task["attempt"] == 1)
        }
    }

    @Test func `stopped it finishes its work, is listed as stopping, and exits with 0`() async throws {
        try await withFleet { fleet in
            let process = try await fleet.start("huginn")
            let id = try await fleet.hold("a")
            let answer = try await process.call("POST", "/action", ["action": "stop", "note": "sold"])
            #expect(answer.status == 202 && answer.json?["status"] == "stopping")
            let stopping = try await fleet.executor("huginn", is: "stopping")
            #expect(stopping["why"] == "sold" && stopping["by"] == "http")
            let refused = try await process.call("POST", "/execute", ["kind": "bench-noop", "parameters": [:]])
            #expect(refused.status == 409 && refused.code == "stopping")
            fleet.openGate(of: "a")
            #expect(await process.end().ending == .exited(0))
            let task = try #require(try await fleet.coordinator.get("/v1/tasks/\(id)").json)
            #expect(task["state"] == "succeeded", "its result was delivered before it left")
            #expect(try await fleet.coordinator.get("/v1/executors/huginn").json?["state"] == "stopped")
            let restart = await fleet.coordinator.cli("executor", "restart", "huginn")
            #expect(restart.outcome.ending == .exited(1) && restart.stderr.contains("Start it on"))
        }
    }

    @Test func `the first SIGTERM lets work finish, the second hands it back at once`() async throws {
        try await withFleet { fleet in
            let process = try await fleet.start("huginn")
            let id = try await fleet.hold("a")
            process.signal(SIGTERM)
            #expect(try await fleet.executor("huginn", is: "stopping")["by"] == "signal")
            #expect(try await process.call("GET", "/livez").status == 200, "HTTP answers to the end")
            #expect(kill(-(try #require(fleet.groups(of: "a").first)), 0) == 0, "the work goes on")
            process.signal(SIGTERM)
            #expect(await process.end().ending == .exited(0))
            let task = try #require(try await fleet.coordinator.get("/v1/tasks/\(id)").json)
            #expect(task["state"] == "queued" && task["attempt"] == 1)
        }
    }

    @Test(arguments: ["try-hold", "dev-hold"])
    func `killed while stopping it is lost at its time to live, and its tasks move uncounted`(kind: String) async throws
    {
        try await withFleet(leaseTTL: "3s") { fleet in
            await (try await fleet.start("ratatosk")).stop()
            let process = try await fleet.start("huginn")
            let id = try await fleet.hold("a", kind: kind)
            #expect(
                await fleet.coordinator.cli("executor", "stop", "huginn", "--drain-timeout", "10m").outcome.succeeded
            )
            _ = try await fleet.executor("huginn", is: "stopping")
            await process.killNow()
            _ = try await fleet.executor("huginn", is: "lost")
            let goodbye = try await fleet.coordinator.get("/v1/executors/ratatosk")
            #expect(goodbye.json?["state"] == "stopped", "who has said goodbye is not missed")
            let queued = try await fleet.coordinator.state(id, is: "queued")
            #expect(queued["attempt"] == 1)
            _ = try await fleet.start("muninn")
            try await fleet.atWork("a", times: 2)
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["executor"] == "muninn" && task["attempt"] == 1)
        }
    }

    @Test func `restarted it is the same process, executor and port, under a new boot id, and works on`() async throws {
        try await withFleet { fleet in
            let port = try KeptPort()
            // With a fixed port: were the listening socket inherited, the new program could not bind it.
            let process = try await fleet.start("huginn", port: port.text)
            let before = try await fleet.executor("huginn", is: "running")
            let old = try sockets(of: process)
            let id = try await fleet.hold("a")
            let restart = await fleet.coordinator.cli(
                "executor",
                "restart",
                "huginn",
                "--drain-timeout",
                "0s",
                "--wait",
                "--timeout",
                "60s",
                "--json"
            )
            #expect(restart.outcome.succeeded, "\(restart.stderr)\n\(process.log)")
            let after = try await fleet.executor("huginn", is: "running")
            #expect(after["bootId"] != before["bootId"] && after["url"] == before["url"])
            try await fleet.atWork("a", times: 2)
            fleet.openGate(of: "a")
            let task = try await fleet.coordinator.finished(id)
            #expect(task["state"] == "succeeded" && task["attempt"] == 1 && task["epoch"] == 2)
            #expect(try await process.call("GET", "/status").json?["status"] == "running")
            let inherited = try sockets(of: process).intersection(old)
            #expect(inherited.isEmpty, "of \(old)")
            #expect(await process.stop().ending == .exited(0), "it hears signals")
        }
    }

    @Test func `a restart follows the name it was started by, and says so where there is nothing`() async throws {
        try await withFleet { fleet in
            let link = "\(fleet.directory)/current-ygg"
            let files = FileManager.default
            try files.createSymbolicLink(atPath: link, withDestinationPath: RunningYgg.binary)
            let process = try await fleet.start("huginn", program: link)
            try files.removeItem(atPath: link)
            let newer = "#!/bin/sh\necho \"$@\" > \(fleet.directory)/arguments\n"
            #expect(files.createFile(atPath: link, contents: Data(newer.utf8), attributes: [.posixPermissions: 0o755]))
            _ = try await process.call("POST", "/action", ["action": "restart"])
            #expect(await process.end().ending == .exited(0))
            let arguments = try String(contentsOfFile: "\(fleet.directory)/arguments", encoding: .utf8)
            #expect(arguments.hasPrefix("executor --id huginn --coordinator \(fleet.coordinator.address) "))

            try files.removeItem(atPath: link)
            try files.createSymbolicLink(atPath: link, withDestinationPath: RunningYgg.binary)
            let other = try await fleet.start("muninn", program: link)
            try files.removeItem(atPath: link)
            _ = try await other.call("POST", "/action", ["action": "restart"])
            #expect(await other.end().ending == .exited(1))
            #expect(other.log.contains("\(link) cannot be started anew"), "\(other.log)")
        }
    }

    @Test func `in ygg up orders are about the executor alone, signals about both`() async throws {
        try await withUp { ygg, _ in
            let before = try await ygg.executor("local") { $0["bootId"] != nil }
            let restart = await ygg.cli("executor", "restart", "local", "--wait", "--json")
            #expect(restart.outcome.succeeded, "\(restart.stderr)")
            let after = try #require(try await ygg.get("/v1/executors/local").json)
            #expect(after["bootId"] != before["bootId"] && after["url"] == before["url"])
            let id = try await ygg.submit(["kind": "bench-noop"])
            #expect(try await ygg.finished(id)["state"] == "succeeded")
            #expect(await ygg.cli("executor", "stop", "local", "--wait").outcome.succeeded)
            #expect(try await ygg.get("/readyz").status == 200, "the coordinator goes on")
            let waiting = try await ygg.submit(["kind": "bench-noop"])
            #expect(try await ygg.get("/v1/tasks/\(waiting)").json?["state"] == "queued")
            #expect(await ygg.stop().ending == .exited(0))
        }
    }

    @Test func `what cannot be ordered is said`() async throws {
        try await withFleet { fleet in
            _ = try await fleet.start("huginn")
            let cases: [(path: String, body: JSON, status: Int, code: String)] = [
                ("nobody", ["action": "pause"], 404, "not-found"),
                ("huginn", ["action": "dance"], 400, "invalid-request"),
                ("huginn", [:], 400, "invalid-request"),
                ("huginn", ["action": "stop", "until": "2030-01-01T00:00:00Z"], 400, "invalid-request"),
                ("huginn", ["action": "pause", "until": "noon"], 400, "invalid-request"),
                ("huginn", ["action": "pause", "drainTimeoutMs": 5], 400, "invalid-request"),
                ("huginn", ["action": "drain", "drainTimeoutMs": -1], 400, "invalid-request"),
                ("huginn", ["action": "pause", "reason": "x"], 400, "invalid-request"),
            ]
            for item in cases {
                let answer = try await fleet.coordinator.post("/v1/executors/\(item.path)/action", item.body)
                #expect(answer.status == item.status && answer.code == item.code, "\(item.path) \(item.body.text)")
            }
            #expect(await fleet.coordinator.cli("executor", "pause", "nobody").outcome.ending == .exited(1))
            let late = await fleet.coordinator.cli(
                "executor",
                "restart",
                "huginn",
                "--drain-timeout",
                "10m",
                "--wait",
                "--timeout",
                "0s"
            )
            #expect(late.outcome.ending == .exited(4), "\(late.stderr)")
        }
    }

    /// The sockets and pipes of a process beside its standard streams, each by its number in the kernel.
    private func sockets(of process: RunningYgg) throws -> Set<String> {
        let folder = "/proc/\(process.pid)/fd"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { Int($0) ?? 0 > 2 }
        return Set(names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") })
            .filter { $0.hasPrefix("socket:") || $0.hasPrefix("pipe:") }
    }
}
