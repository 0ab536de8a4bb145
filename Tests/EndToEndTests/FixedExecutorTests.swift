import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// Executors that do not dial in: at addresses that the configuration names.
@Suite(.timeLimit(.minutes(3)))
struct FixedExecutorTests {
    /// Nobody listens there, so an executor that dials it never registers.
    private static let nowhere = "http://127.0.0.1:9"

    @Test func `it is driven where it never registered, and registration wins`() async throws {
        let scratch = try ScratchDirectory()
        let alone = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", Self.nowhere, "--port", "0", "--slots", "2",
            "--data-dir", "\(scratch.path)/alone",
        ])
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        try """
        coordinator: {registrationGrace: 0s}
        executors:
          - {id: worker, name: Worker, description: at a fixed address, url: "\(alone.address)", metadata: {shelf: 2}}
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", configuration,
        ])
        let id = try await coordinator.submit(["kind": "ops-uptime"])
        let task = try await coordinator.finished(id)
        #expect(task["state"] == "succeeded" && task["executor"] == "worker", "\(task.text)")
        let shown = try #require(try await coordinator.get("/v1/executors/worker").json)
        #expect(shown["state"] == "running" && shown["url"] == .string(alone.address), "\(shown.text)")
        #expect(shown["name"] == "Worker" && shown["metadata"]?["shelf"] == 2)
        #expect(shown["slots"]?["default"]?["total"] == 2)
        let pause = await coordinator.cli("executor", "pause", "worker", "--note", "new shelf", "--wait")
        #expect(pause.outcome.succeeded, "\(pause.stderr)")
        let itself = try #require(try await HTTPCall.get("\(alone.address)/status").json)
        #expect(itself["status"] == "paused" && itself["why"] == "new shelf")
        #expect(try await HTTPCall.post("\(alone.address)/action", ["action": "resume"]).status == 202)
        _ = try await coordinator.executor("worker") { $0["state"] == "running" }

        let registered = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--slots", "3",
            "--data-dir", "\(scratch.path)/registered",
        ])
        // Only the one that registered has this many slots.
        while try await coordinator.get("/v1/executors/worker").json?["slots"]?["default"]?["total"] != 3 {
            try await Task.sleep(for: .milliseconds(20))
        }
        let won = try #require(try await coordinator.get("/v1/executors/worker").json)
        #expect(won["url"] == .string(registered.address))
        await alone.stop()
        let next = try await coordinator.submit(["kind": "ops-uptime"])
        #expect(try await coordinator.finished(next)["state"] == "succeeded")
        await registered.stop()
        await coordinator.stop()
    }

    @Test func `a drain waits as long as the call says, else as the configuration says of the executor`() async throws {
        let scratch = try ScratchDirectory()
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        let handlers = """
            handlers:
              - kind: try-hold
                params: {gate: {type: string}}
                run: [sh, -c, 'until [ -e "$1" ]; do sleep 0.02; done', sh, "{{gate}}"]

            """
        try handlers.write(toFile: configuration, atomically: true, encoding: .utf8)
        try await RunningFleet.with { fleet in
            let alone = try await fleet.start([
                "executor", "--id", "worker", "--coordinator", Self.nowhere, "--port", "0", "--config", configuration,
                "--data-dir", "\(scratch.path)/alone",
            ])
            try
                (handlers + """
                    coordinator: {registrationGrace: 0s}
                    executors: [{id: worker, url: "\(alone.address)", drainTimeout: 0s}]
                    """).write(toFile: configuration, atomically: true, encoding: .utf8)
            let coordinator = try await fleet.start([
                "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", configuration,
            ])
            let gate = "\(scratch.path)/gate"
            let id = try await coordinator.submit(["kind": "try-hold", "params": ["gate": .string(gate)]])
            _ = try await coordinator.state(id, is: "running")
            while try await HTTPCall.get("\(alone.address)/status").json?["tasks"]?.arrayValue?.isEmpty != false {
                try await Task.sleep(for: .milliseconds(20))
            }
            let patient: JSON = ["action": "drain", "drainTimeoutMs": 600_000]
            #expect(try await coordinator.post("/v1/executors/worker/action", patient).status == 202)
            #expect(try await HTTPCall.get("\(alone.address)/status").json?["tasks"]?.arrayValue?.count == 1)
            #expect(try await coordinator.get("/v1/tasks/\(id)").json?["state"] == "running")
            #expect(try await coordinator.post("/v1/executors/worker/action", ["action": "drain"]).status == 202)
            let given = try await coordinator.state(id, is: "queued")
            #expect(given["attempt"] == 1, "what a drain interrupts is not counted")
        }
    }

    @Test func `kinds of one that was never seen are accepted, and why says where it should be`() async throws {
        let scratch = try ScratchDirectory()
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        try """
        coordinator: {registrationGrace: 0s}
        executors: [{id: huginn, url: "\(Self.nowhere)"}]
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", configuration,
        ])
        let id = try await coordinator.submit(["kind": "ops-feed-ravens"])
        let why = try #require(try await coordinator.get("/v1/tasks/\(id)/why").json)
        #expect(why["summary"]?.stringValue?.contains(Self.nowhere) == true, "\(why.text)")
        let unknown = try await coordinator.post("/v1/tasks", ["kind": "dance-wildly"])
        #expect(unknown.status == 422 && unknown.code == "unknown-kind")
        let listed = try #require(try await coordinator.get("/v1/executors/huginn").json)
        #expect(listed["state"] == "unregistered" && listed["url"] == .string(Self.nowhere))
        await coordinator.stop()
    }

    @Test func `a coordinator that comes back takes the result from an executor that kept it`() async throws {
        let scratch = try ScratchDirectory()
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        let handlers = """
            handlers:
              - kind: try-hold
                params: {dir: {type: string}}
                run: [sh, -c, 'echo x >> "$1/runs"; : > "$1/begun"; while [ ! -e "$1/gate" ]; do sleep 0.02; done', sh, "{{dir}}"]

            """
        try handlers.write(toFile: configuration, atomically: true, encoding: .utf8)
        let alone = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", Self.nowhere, "--port", "0", "--config", configuration,
            "--data-dir", "\(scratch.path)/alone",
        ])
        try
            (handlers + """
                coordinator: {registrationGrace: 0s}
                executors: [{id: worker, url: "\(alone.address)"}]
                """).write(toFile: configuration, atomically: true, encoding: .utf8)
        let arguments = ["coordinator", "--data-dir", "\(scratch.path)/c", "--config", configuration]
        var coordinator = try await RunningYgg.start(arguments + ["--port", "0"])
        #expect(await tool("mkfifo", "\(scratch.path)/begun").outcome.succeeded)
        let id = try await coordinator.submit(["kind": "try-hold", "params": ["dir": .string(scratch.path)]])
        _ = await collect(["cat", "\(scratch.path)/begun"])
        await coordinator.killNow()
        coordinator = try await RunningYgg.start(arguments + ["--port", "0"])
        try "".write(toFile: "\(scratch.path)/gate", atomically: true, encoding: .utf8)
        let task = try await coordinator.finished(id)
        #expect(task["state"] == "succeeded" && task["epoch"] == 1, "\(task.text)")
        #expect(try String(contentsOfFile: "\(scratch.path)/runs", encoding: .utf8) == "x\n", "it ran once")
        await alone.stop()
        await coordinator.stop()
    }
}
