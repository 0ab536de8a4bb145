import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// Disks that are full, nearly full, read-only or gone, under real processes.
@Suite(.timeLimit(.minutes(5)), .serialized, .enabled(if: SmallDisk.isNeeded, "the fast profile may not mount here"))
struct FullDiskTests {
    private static let kinds = """
        handlers:
          - kind: try-say
            params: {kilobytes: {type: integer, min: 0, max: 100000, default: 1}}
            run: [head, -c, "{{kilobytes}}K", /dev/zero]
            retry: {maxAttempts: 1}
          - kind: try-wait
            params: {gate: {type: string}}
            run: [sh, -c, 'while [ ! -e "$1" ]; do sleep 0.02; done; echo through', sh, "{{gate}}"]
            retry: {maxAttempts: 1}
        """

    /// Writes the configuration, with what the test adds to it.
    private func configuration(_ folder: String, _ more: String = "") throws -> String {
        let path = "\(folder)/yggdrasil.yaml"
        try "\(more)\n\(Self.kinds)".write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func health(_ ygg: RunningYgg) async throws -> Answer { try await ygg.get("/health") }

    /// Asks until the answer is what is waited for: nothing tells of the room on a disk but a look at it.
    private func wait(_ isReached: () async throws -> Bool) async throws {
        while try await !isReached() { try await Task.sleep(for: .milliseconds(50)) }
    }

    @Test func `a coordinator below its floor takes results and no new work, and says so`() async throws {
        let scratch = try ScratchDirectory()
        let disk = try await SmallDisk(megabytes: 64)
        let config = try configuration(scratch.path, "coordinator: {diskFloor: 16MiB}\nexecutor: {diskFloor: 0B}")
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", disk.path, "--log-dir", "\(scratch.path)/logs", "--config",
            config,
        ])
        let executor = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--config", config,
            "--data-dir", "\(scratch.path)/executor",
        ])
        let gate = "\(scratch.path)/gate"
        let running = try await coordinator.submit(["kind": "try-wait", "params": ["gate": .string(gate)]])
        _ = try await coordinator.state(running, is: "running")
        try disk.fill(leaving: 8 << 10)
        try await wait { try await health(coordinator).json?["checks"]?["disk"]?["status"] == "warn" }
        #expect(try await health(coordinator).status == 200)
        let refused = try await coordinator.post("/v1/tasks", ["kind": "bench-noop"])
        #expect(refused.status == 507 && refused.code == "disk-low")
        #expect(refused.header("Retry-After") == "60")
        let metrics = try await coordinator.get("/metrics")
        #expect(String(decoding: metrics.body, as: UTF8.self).contains("yggdrasil_disk_low 1"))
        #expect(FileManager.default.createFile(atPath: gate, contents: nil))
        #expect(try await coordinator.finished(running)["state"] == "succeeded")
        try disk.release()
        try await wait { try await coordinator.post("/v1/tasks", ["kind": "bench-noop"]).status == 201 }
        await executor.stop()
        await coordinator.stop()
    }

    @Test func `a coordinator whose disk is full loses nothing that it acknowledged, and goes on when there is room`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let disk = try await SmallDisk(megabytes: 24)
        let config = try configuration(scratch.path, "coordinator: {diskFloor: 0B}")
        let start = [
            "coordinator", "--port", "0", "--data-dir", disk.path, "--log-dir", "\(scratch.path)/logs", "--config",
            config,
        ]
        var coordinator = try await RunningYgg.start(start)
        var acknowledged: [String] = []
        for number in 0..<20 {
            acknowledged.append(try await coordinator.submit(["kind": "bench-noop", "id": .string("t\(number)")]))
        }
        try disk.fill(leaving: 64)
        let text = JSON.string(String(repeating: "x", count: 60_000))
        var refusal: Answer?
        for number in 0..<200 where refusal == nil {
            let id = "big\(number)"
            let answer = try await coordinator.post(
                "/v1/tasks",
                ["kind": "bench-noop", "id": .string(id), "description": text]
            )
            if answer.status == 201 { acknowledged.append(id) } else { refusal = answer }
        }
        #expect(refusal?.status == 507 && refusal?.code == "disk-low", "\(String(describing: refusal?.json))")
        #expect(try await coordinator.get("/livez").status == 200)
        try disk.release()
        try await wait { try await coordinator.post("/v1/tasks", ["kind": "bench-noop"]).status == 201 }
        try await wait { try await health(coordinator).json?["checks"]?["store"]?["status"] == "pass" }
        await coordinator.killNow()
        coordinator = try await RunningYgg.start(start)
        for id in acknowledged { #expect(try await coordinator.get("/v1/tasks/\(id)").status == 200) }
        let check = await coordinator.cli("db", "check", "--data-dir", disk.path)
        #expect(check.outcome.succeeded, "\(check.stdout)\(check.stderr)")
        await coordinator.stop()
    }

    @Test func `an executor on a full disk fails the task with the cause and lives on`() async throws {
        let scratch = try ScratchDirectory()
        let disk = try await SmallDisk(megabytes: 24)
        let config = try configuration(scratch.path, "executor: {diskFloor: 0B}")
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", config,
        ])
        let executor = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--config", config,
            "--data-dir", disk.path, "--log-dir", "\(scratch.path)/logs",
        ])
        func say() async throws -> JSON {
            try await coordinator.finished(try await coordinator.submit(["kind": "try-say"]))
        }
        #expect(try await say()["state"] == "succeeded")
        try disk.fill(leaving: 0)
        // What is left of the last block takes a few records yet.
        var full = try await say()
        while full["state"] == "succeeded" { full = try await say() }
        #expect(full["state"] == "failed")
        #expect(full["error"]?["code"] == "spool-unwritable")
        #expect(full["error"]?["detail"]?.stringValue?.lowercased().contains("no space") == true, "\(full.text)")
        let health = try await HTTPCall.get("\(executor.address)/health")
        #expect(health.json?["checks"]?["outbox"]?["status"] == "fail")
        try disk.release()
        try await wait { try await say()["state"] == "succeeded" }
        await executor.stop()
        await coordinator.stop()
    }

    @Test func `a workspace that is read-only fails the task with the cause`() async throws {
        let scratch = try ScratchDirectory()
        let disk = try await SmallDisk(megabytes: 16)
        try await disk.remount("ro")
        let config = try configuration(scratch.path, "executor: {diskFloor: 0B, repositories: [/]}")
        let repository = "\(scratch.path)/repository"
        let made = await tool(
            "sh",
            "-euc",
            "git init -q \(repository) && cd \(repository) && git -c user.name=A -c user.email=a@b commit -q --allow-empty -m x"
        )
        try #require(made.outcome.succeeded, "\(made.stderr)")
        let arguments = [
            "up", "--port", "0", "--executor-port", "0", "--data-dir", "\(scratch.path)/data", "--workspace", disk.path,
            "--config", config,
        ]
        let ygg = try await RunningYgg.start(arguments)
        let submission: JSON = [
            "kind": "dev-test", "params": ["repo": .string(repository)], "retry": ["maxAttempts": 1],
        ]
        let task = try await ygg.finished(try await ygg.submit(submission))
        #expect(task["state"] == "failed")
        #expect(task["error"]?["detail"]?.stringValue?.lowercased().contains("read-only") == true, "\(task.text)")
        #expect(try await ygg.finished(try await ygg.submit(["kind": "bench-noop"]))["state"] == "succeeded")
        await ygg.stop()
    }

    @Test func `an executor below its floor leaves the work to others, and why says so`() async throws {
        let scratch = try ScratchDirectory()
        let disk = try await SmallDisk(megabytes: 64)
        let config = try configuration(scratch.path, "executor: {diskFloor: 16MiB}")
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", config,
        ])
        let executor = try await RunningYgg.start([
            "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--config", config,
            "--data-dir", disk.path, "--log-dir", "\(scratch.path)/logs",
        ])
        try disk.fill(leaving: 4 << 10)
        try await wait {
            try await HTTPCall.get("\(executor.address)/health").json?["checks"]?["disk"]?["status"] == "warn"
        }
        let direct = try await HTTPCall.post("\(executor.address)/execute", ["kind": "try-say", "parameters": [:]])
        #expect(direct.status == 503 && direct.code == "disk-low")
        try await wait {
            let id = try await coordinator.submit(["kind": "try-say"])
            let why = try await coordinator.get("/v1/tasks/\(id)/why").json?.text ?? ""
            return why.contains("4 MiB free") || why.contains("3 MiB free")
        }
        try disk.release()
        try await wait {
            let queued = try await coordinator.get("/v1/tasks?state=queued").json?["items"]?.arrayValue ?? []
            return queued.isEmpty
        }
        await executor.stop()
        await coordinator.stop()
    }

    @Test func `a directory or a program that is gone fails the task with the cause`() async throws {
        let configuration = """
            handlers:
              - kind: try-place
                run: [pwd]
                workingDirectory: /nowhere/at/all
                retry: {maxAttempts: 1}
              - kind: try-program
                run: [no-such-program]
                retry: {maxAttempts: 1}
            """
        try await withUp(configuration: configuration) { ygg, _ in
            for (kind, cause) in [("try-place", "/nowhere/at/all"), ("try-program", "no-such-program")] {
                let task = try await ygg.finished(try await ygg.submit(["kind": .string(kind)]))
                #expect(task["state"] == "failed")
                #expect(task["error"]?["detail"]?.stringValue?.contains(cause) == true, "\(task.text)")
            }
            #expect(try await ygg.finished(try await ygg.submit(["kind": "bench-noop"]))["state"] == "succeeded")
        }
    }
}
