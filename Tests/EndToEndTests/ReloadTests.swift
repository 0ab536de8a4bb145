import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// The configuration of servers that run is read anew, and no work is lost by it.
@Suite(.timeLimit(.minutes(2)))
struct ReloadTests {
    private static func hold(_ more: String = "") -> String {
        """
        \(more)
        handlers:
          - kind: try-hold
            params: {dir: {type: string}}
            run: [sh, -c, 'echo $$ >> "$1/pids"; until [ -e "$1/gate" ]; do sleep 0.02; done', sh, "{{dir}}"]

        """
    }

    private static func write(_ text: String, in directory: String) throws {
        try text.write(toFile: "\(directory)/yggdrasil.yaml", atomically: true, encoding: .utf8)
    }

    private static func keys(_ answer: JSON?, _ member: String) -> [String] {
        (answer?[member]?.arrayValue ?? []).compactMap { $0["key"]?.stringValue }
    }

    @Test func `a reload changes what may change, says what may not, and leaves leases alone`() async throws {
        try await withUp(configuration: Self.hold()) { ygg, directory in
            let held = try await ygg.submit(["kind": "try-hold", "params": ["dir": .string(directory)]])
            let before = try await ygg.state(held, is: "running")
            let unknown = try await ygg.post("/v1/tasks", ["kind": "try-more"])
            #expect(unknown.code == "unknown-kind")

            try Self.write(
                Self.hold(
                    """
                    coordinator: {leaseTTL: 20s, limits: {batch: 7}}
                    executor: {slots: {default: 9}, labels: {room: cellar}}
                    routes: [{prefix: try-, executors: [local]}]
                    """
                ) + "  - {kind: try-more, run: [echo, more]}\n",
                in: directory
            )
            let reloaded = await ygg.cli("config", "reload", ygg.address, "--json")
            #expect(reloaded.outcome.succeeded, "\(reloaded.stderr)")
            let answer = try JSON(parsing: Array(reloaded.stdout.utf8))["items"]?.arrayValue?.first
            #expect(answer?["role"] == "up" && answer?["file"] == .string("\(directory)/yggdrasil.yaml"))
            let changed = Self.keys(answer, "changed")
            for key in ["coordinator.limits.batch", "executor.slots", "executor.labels", "routes", "handlers"] {
                #expect(changed.contains(key), "\(key) of \(changed)")
            }
            #expect(Self.keys(answer, "needsRestart") == ["coordinator.leaseTTL"])

            // The executor registers again, under the same boot id.
            let executor = try await ygg.executor("local") { $0["slots"]?["default"]?["total"] == 9 }
            #expect(executor["labels"]?["room"] == "cellar")
            let more = try await ygg.finished(ygg.submit(["kind": "try-more"]))
            #expect(more["state"] == "succeeded")
            let tooMany = try await ygg.post(
                "/v1/tasks:batch",
                ["tasks": .array((0..<8).map { _ in ["kind": "try-more"] })]
            )
            #expect(tooMany.status >= 400)
            let routes = try await ygg.get("/v1/routes")
            #expect(routes.json?["items"]?.arrayValue?.count == 1)

            #expect(Gate.open(directory))
            let after = try await ygg.finished(held)
            #expect(after["state"] == "succeeded" && after["epoch"] == before["epoch"] && after["attempt"] == 1)
            let audit = try await ygg.get("/v1/audit")
            let entry = audit.json?["items"]?.arrayValue?.first { $0["action"] == "config.reload" }
            #expect(entry?["detail"]?.stringValue?.contains("coordinator.limits.batch: 1000 → 7") == true)

            let again = await ygg.cli("config", "reload", ygg.address)
            #expect(again.stdout.contains("after a restart") && !again.stdout.contains("counts now"))
        }
    }

    @Test func `a file that is wrong is refused, and the old one goes on counting`() async throws {
        try await withUp(configuration: Self.hold()) { ygg, directory in
            try Self.write(
                "executor: {slots: {default: 9}}\nhandlers:\n  - {kind: try-x, run: [echo], timeout: soon}\n",
                in: directory
            )
            let refused = try await ygg.post("/v1/config/reload")
            #expect(refused.status == 422 && refused.code == "configuration-refused")
            let detail = refused.json?["detail"]?.stringValue ?? ""
            #expect(detail.contains("yggdrasil.yaml:3") && detail.contains("timeout"), "\(detail)")
            #expect(refused.json?["nextAction"]?.stringValue?.contains("ygg config check") == true)
            // Only the executor can know that there is no such handler: the coordinator has not taken anything over, either.
            try Self.write(Self.hold("coordinator: {limits: {batch: 7}}\nexecutor: {handlers: [opps]}"), in: directory)
            let half = try await ygg.post("/v1/config/reload")
            #expect(half.status == 422 && half.json?["detail"]?.stringValue?.contains("opps") == true)
            let kept = try await ygg.post(
                "/v1/tasks:batch",
                ["tasks": .array((0..<8).map { _ in ["kind": "bench-noop"] })]
            )
            #expect(kept.status < 300, "\(kept.status)")
            let executor = try await ygg.executor("local") { $0["slots"] != nil }
            #expect(executor["slots"]?["default"]?["total"] == 4, "\(executor.text)")
            ygg.signal(SIGHUP)
            while !ygg.log.contains("configuration.refused") { try await Task.sleep(for: .milliseconds(5)) }
            #expect(Gate.open(directory))
            let task = try await ygg.submit(["kind": "try-hold", "params": ["dir": .string(directory)]])
            #expect(try await ygg.finished(task)["state"] == "succeeded")
        }
    }

    @Test func `SIGHUP has an executor on its own read its file`() async throws {
        try await withFleet { fleet in
            let huginn = try await fleet.start("huginn")
            let held = try await fleet.hold("held")
            let file = "\(fleet.directory)/yggdrasil.yaml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try (text + "  - {kind: try-new, run: [echo, new]}\nexecutor: {drainTimeout: 5s}\n")
                .write(toFile: file, atomically: true, encoding: .utf8)
            huginn.signal(SIGHUP)
            _ = try await fleet.executor("huginn") { executor in
                executor["kinds"]?.arrayValue?.contains("try-new") == true
            }
            while !huginn.log.contains("configuration.reloaded") { try await Task.sleep(for: .milliseconds(5)) }
            #expect(huginn.log.contains("executor.drainTimeout"))
            #expect(
                try await fleet.coordinator.finished(fleet.coordinator.submit(["kind": "try-new"]))["state"]
                    == "succeeded"
            )
            fleet.openGate(of: "held")
            let task = try await fleet.coordinator.finished(held)
            #expect(task["state"] == "succeeded" && task["epoch"] == 1)
            // Asked by its own address, it says what is left to do.
            let answer = try await huginn.post("/config/reload")
            #expect(answer.json?["role"] == "executor" && Self.keys(answer.json, "changed").isEmpty)
            #expect(Self.keys(answer.json, "needsRestart") == ["executor.drainTimeout"])
        }
    }
}

/// The file that lets what `try-hold` runs end.
private enum Gate {
    static func open(_ directory: String) -> Bool {
        let file = Glibc.open("\(directory)/gate", O_CREAT | O_WRONLY, 0o600)
        return file >= 0 && close(file) == 0
    }
}
