import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

@Suite(.timeLimit(.minutes(5)))
struct DurabilityTests {
    /// The coordinator is killed in the middle of submissions, grants and results, again and again.
    @Test func `kill -9 of the coordinator loses, repeats and forgets nothing`() async throws {
        let scratch = try ScratchDirectory()
        try await RunningFleet.with { fleet in
            let data = "\(scratch.path)/coordinator"
            let port = try KeptPort()
            var coordinator = try await fleet.start(["coordinator", "--port", port.text, "--data-dir", data])
            _ = try await fleet.start([
                "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--slots", "4",
                "--data-dir", "\(scratch.path)/executor",
            ])
            var acknowledged: [String: Int64] = [:]
            for round in 0..<6 {
                let target = coordinator
                let (acknowledgements, feed) = AsyncStream.makeStream(of: Void.self)
                // Some work of this round has been acknowledged and some is under way when the power goes.
                async let killed: Void = Self.killNow(target, after: 20 + round * 17, of: acknowledgements)
                let submitted = await withTaskGroup(of: [String].self) { group in
                    for submitter in 0..<8 {
                        group.addTask {
                            await Self.submitUntilRefused(target, name: "r\(round)-s\(submitter)") { feed.yield() }
                        }
                    }
                    return await group.reduce(into: []) { $0 += $1 }
                }
                feed.finish()
                await killed
                coordinator = try await fleet.start(["coordinator", "--port", port.text, "--data-dir", data])
                for id in submitted { acknowledged[id] = 0 }
                for (id, epoch) in acknowledged {
                    let task = try await coordinator.get("/v1/tasks/\(id)")
                    try #require(task.status == 200, "task \(id) was acknowledged and is gone")
                    let now = try #require(task.json?["epoch"]?.intValue)
                    #expect(now >= epoch, "the epoch of \(id) went back")
                    acknowledged[id] = now
                }
            }
            #expect(acknowledged.count > 60)
            for id in acknowledged.keys {
                let task = try await coordinator.finished(id)
                #expect(task["state"] == "succeeded", "\(task.text)")
                let events = try #require(
                    try await coordinator.get("/v1/tasks/\(id)/events").json?["items"]?.arrayValue
                )
                let ends = events.filter { $0["type"] == "state" && $0["data"]?["state"] == "succeeded" }
                #expect(ends.count == 1)
                #expect(events.compactMap { $0["seq"]?.intValue } == Array(1...Int64(events.count)))
            }
        }
    }

    /// What is kept is wrapped in levels of the store, and read again.
    @Test func `what was accepted is read again, however deep it is nested`() async throws {
        func format(_ depth: Int) -> String {
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        func task(_ format: JSON) -> JSON {
            [
                "kind": "llm-prompt", "params": ["prompt": "Why?", "format": format],
                "notBefore": "2099-01-01T00:00:00Z",
            ]
        }
        let scratch = try ScratchDirectory()
        try await RunningFleet.with { fleet in
            let arguments = ["coordinator", "--port", "0", "--data-dir", "\(scratch.path)/coordinator"]
            var coordinator = try await fleet.start(arguments)
            let deepest = JSON.Depth.value - 1
            var accepted: [String] = []
            for format in [.string(format(deepest)), try JSON(parsing: format(deepest))] {
                accepted.append(try await coordinator.submit(task(format)))
            }
            for format in [.string(format(deepest + 2)), try JSON(parsing: format(deepest + 1))] {
                let refused = try await coordinator.post("/v1/tasks", task(format))
                #expect(refused.status == 400 && refused.code == "invalid-request", "\(refused)")
            }
            #expect(await coordinator.stop().ending == .exited(0))
            coordinator = try await fleet.start(arguments)
            let listed = try await coordinator.get("/v1/tasks").json?["items"]?.arrayValue ?? []
            #expect(Set(listed.compactMap { $0["id"]?.stringValue }) == Set(accepted))
            for id in accepted {
                let read = try await coordinator.get("/v1/tasks/\(id)").json
                #expect(read?["params"]?["format"]?.depth == deepest)
                #expect(try await coordinator.post("/v1/tasks/\(id)/cancel").status == 202)
            }
        }
    }

    @Test func `a running task survives the death of its coordinator`() async throws {
        let scratch = try ScratchDirectory()
        try await RunningFleet.with { fleet in
            let configuration = "\(scratch.path)/yggdrasil.yaml"
            try """
            handlers:
              - kind: dev-slow
                params: {gate: {type: string}}
                run: [sh, -c, 'i=0; while [ ! -e "$1" ]; do i=$((i+1)); echo line $i; sleep 0.02; done; echo last', sh, "{{gate}}"]
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let common = ["--data-dir", "\(scratch.path)/c", "--config", configuration]
            let port = try KeptPort()
            var coordinator = try await fleet.start(["coordinator", "--port", port.text] + common)
            _ = try await fleet.start([
                "executor", "--id", "worker", "--coordinator", coordinator.address, "--port", "0", "--config",
                configuration, "--data-dir", "\(scratch.path)/e",
            ])
            let gate = "\(scratch.path)/gate"
            let id = try await coordinator.submit(["kind": "dev-slow", "params": ["gate": .string(gate)]])
            _ = try await coordinator.state(id, is: "running")
            await coordinator.waitForStream(of: id, toShow: "line 3")
            await coordinator.killNow()
            #expect(FileManager.default.createFile(atPath: gate, contents: nil))
            coordinator = try await fleet.start(["coordinator", "--port", port.text] + common)
            let task = try await coordinator.finished(id)
            #expect(task["state"] == "succeeded")
            #expect(task["epoch"] == 1, "it was not run a second time")
            let lines = try await coordinator.output(of: id).split(separator: "\n")
            #expect(lines.last == "last")
            #expect(lines.dropLast() == (1..<lines.count).map { "line \($0)" }[...], "every line once, in order")
        }
    }

    @Test func `a task whose executor is killed runs again elsewhere, and the dead one's word does not count`()
        async throws
    {
        let scratch = try ScratchDirectory()
        try await RunningFleet.with { fleet in
            let configuration = "\(scratch.path)/yggdrasil.yaml"
            try """
            coordinator: {leaseTTL: 10s}
            handlers:
              - kind: try-hold
                params: {dir: {type: string}}
                run: [sh, -c, 'echo $$ >> "$1/pids"; echo begun; test $(wc -l < "$1/pids") -ge 2 || sleep 600', sh, "{{dir}}"]
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            let coordinator = try await fleet.start([
                "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/c", "--config", configuration,
            ])
            func executor(_ id: String) async throws -> RunningYgg {
                try await fleet.start([
                    "executor", "--id", id, "--coordinator", coordinator.address, "--port", "0", "--config",
                    configuration,
                    "--data-dir", "\(scratch.path)/\(id)",
                ])
            }
            let doomed = try await executor("doomed")
            let id = try await coordinator.submit(["kind": "try-hold", "params": ["dir": .string(scratch.path)]])
            let running = try await coordinator.state(id, is: "running")
            #expect(running["executor"] == "doomed")
            await coordinator.waitForStream(of: id, toShow: "begun")
            await doomed.killNow()
            _ = try await executor("heir")
            let task = try await coordinator.finished(id)
            #expect(task["state"] == "succeeded")
            #expect(task["executor"] == "heir")
            #expect(task["attempt"] == 1, "a lost attempt is not counted")
            #expect(try #require(task["epoch"]?.intValue) > 1)
            let listed = try #require(try await coordinator.get("/v1/executors/doomed").json)
            #expect(listed["state"] == "lost")
            for pid in try String(contentsOfFile: "\(scratch.path)/pids", encoding: .utf8).split(separator: "\n") {
                if let pid = Int32(pid) { kill(-pid, SIGKILL) }
            }
        }
    }

    /// Attempts that run are leases that are held: no process of a task is needed to have a thousand.
    @Test func `kill -9 of the coordinator under 1,000 running tasks loses none and runs none twice`() async throws {
        let scratch = try ScratchDirectory()
        try await RunningFleet.with { fleet in
            let port = try KeptPort()
            let arguments = ["coordinator", "--data-dir", "\(scratch.path)/c", "--port"]
            let first = try await fleet.start(arguments + [port.text])
            var executor = try await PlayedExecutor("played", kind: "try-play", slots: 1000, at: first)
            let tasks = JSON.array((0..<1000).map { ["kind": "try-play", "id": .string("t\($0)")] })
            let batch = try await first.post("/v1/tasks:batch", ["tasks": tasks])
            try #require(batch.json?["items"]?.arrayValue?.allSatisfy { $0["status"] == 201 } == true)
            var held: [JSON] = []
            while held.count < 1000 {
                held = try await executor.sync(held: held).map(PlayedExecutor.key)
            }
            await first.killNow()
            let second = try await fleet.start(arguments + [port.text])
            executor = executor.moved(to: second)
            let stated = try await executor.sync(held: held)
            #expect(Set(stated.map { PlayedExecutor.key($0).text }) == Set(held.map(\.text)), "every lease, as it was")
            #expect(stated.allSatisfy { $0["spec"] == nil && $0["want"] == "run" }, "and none to begin anew")
            var open = held
            while !open.isEmpty {
                let some = open.prefix(100)
                try await executor.finish(Array(some), holding: open)
                open.removeFirst(some.count)
            }
            var cursor: String? = ""
            var seen: [String: Int64] = [:]
            while let at = cursor {
                let page = try await second.get(
                    "/v1/tasks?state=succeeded&limit=200\(at.isEmpty ? "" : "&cursor=\(at)")"
                )
                for task in page.json?["items"]?.arrayValue ?? [] {
                    seen[task["id"]?.stringValue ?? ""] = task["epoch"]?.intValue
                }
                cursor = page.json?["nextCursor"]?.stringValue
            }
            #expect(seen.count == 1000 && seen.values.allSatisfy { $0 == 1 }, "each succeeded in its first attempt")
        }
    }

    private static func killNow(_ ygg: RunningYgg, after count: Int, of acknowledgements: AsyncStream<Void>) async {
        var left = count
        for await _ in acknowledgements {
            left -= 1
            if left == 0 { break }
        }
        await ygg.killNow()
    }

    /// - Returns: the ids that were acknowledged before the coordinator went away.
    private static func submitUntilRefused(
        _ ygg: RunningYgg,
        name: String,
        onAcknowledged: @Sendable () -> Void
    ) async -> [String] {
        var acknowledged: [String] = []
        while true {
            let id = "\(name)-\(acknowledged.count)"
            guard let answer = try? await ygg.post("/v1/tasks", ["kind": "bench-noop", "id": .string(id)]),
                answer.status == 201
            else { return acknowledged }
            acknowledged.append(id)
            onAcknowledged()
        }
    }
}
