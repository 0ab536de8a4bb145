import Testing
import YggCore
import YggProcess

/// Kinds that act on the machine itself, and what becomes of their tasks when it goes.
@Suite(.timeLimit(.minutes(2)))
struct MachineTests {
    /// What switches this machine off kills its executor, as far as anybody can tell from outside.
    private static let configuration = """
        executor:
          machine:
            packages: {enabled: true, manager: apt, via: [sh, -c, 'kill -KILL "$PPID"; sleep 5']}
            power: {off: [sh, -c, 'kill -KILL "$PPID"; sleep 5'], reboot: [sh, -c, 'kill -KILL "$PPID"; sleep 5']}
        """

    @Test func `a machine that vanishes was switched off`() async throws {
        try await withFleet(leaseTTL: "6s", routes: Self.configuration) { fleet in
            let huginn = try await fleet.start("huginn")
            let task = try await fleet.coordinator.submit(["kind": "power-off"])
            #expect(await huginn.end().ending == .signalled(9))
            let ended = try await fleet.coordinator.finished(task)
            #expect(ended["state"] == "succeeded" && ended["attempt"] == 1)
        }
    }

    @Test(arguments: [
        ("power-off", "succeeded"), ("power-reboot", "succeeded"), ("ops-packages", "failed"),
    ])
    func `a machine that is back under a new boot id has gone off, and nobody knows the rest`(
        kind: String,
        state: String
    ) async throws {
        // Long enough that only the return can have ended it.
        try await withFleet(leaseTTL: "10m", routes: Self.configuration) { fleet in
            let huginn = try await fleet.start("huginn")
            let params: JSON = kind == "ops-packages" ? ["action": "upgrade"] : [:]
            let task = try await fleet.coordinator.submit(["kind": .string(kind), "params": params])
            #expect(await huginn.end().ending == .signalled(9))
            #expect(try await fleet.coordinator.get("/v1/tasks/\(task)").json?["state"] == "running")
            _ = try await fleet.start("huginn")
            let ended = try await fleet.coordinator.finished(task)
            #expect(ended["state"]?.stringValue == state && ended["attempt"] == 1)
            if state == "failed" { #expect(ended["error"]?["code"] == "outcome-unknown") }
        }
    }

    @Test func `what no machine is allowed to do is refused with what would allow it`() async throws {
        try await withUp { ygg, directory in
            let answer = try await ygg.post("/v1/tasks", ["kind": "power-off"])
            #expect(answer.status == 422 && answer.code == "not-enabled")
            #expect(answer.json?["nextAction"]?.stringValue?.contains("executor.machine.power.off") == true)
            let executor = try await ygg.executor("local") { $0["kinds"] != nil }
            #expect(executor["kinds"]?.arrayValue?.contains("power-wake") == true)
            #expect(executor["kinds"]?.arrayValue?.contains("power-off") == false)
            let run = await ygg.cli("run", "power-off", "--data-dir", "\(directory)/run")
            #expect(run.outcome.ending == .exited(1) && run.stderr.contains("executor.machine.power.off"))
        }
    }
}
