import Glibc
import Testing
import YggCore
import YggProcess

/// What a supervisor such as systemd hears of servers: that they serve, live, reload and stop.
@Suite(.timeLimit(.minutes(2)))
struct SupervisorTests {
    private static let configuration = "handlers:\n  - {kind: try-env, run: [env]}\n"

    @Test func `systemd hears when it serves, lives, reloads and stops`() async throws {
        let scratch = try ScratchDirectory()
        let listener = try NotifyListener("\(scratch.path)/notify")
        defer { listener.close() }
        let environment = ["NOTIFY_SOCKET": listener.name, "WATCHDOG_USEC": "200000"]
        try await withUp(configuration: Self.configuration, environment: environment) { ygg, _ in
            #expect(ygg.traps(SIGTERM), "whoever is ready can be asked to stop")
            let ready = try await listener.wait(for: "READY=1")
            #expect(listener.messages[ready - 1].contains("STATUS=Serving \(ygg.address)"))
            let first = try await listener.wait(for: "WATCHDOG=1", after: ready)
            try await listener.wait(for: "WATCHDOG=1", after: first)

            // No command of a task may speak for the server.
            let task = try await ygg.submit(["kind": "try-env"])
            #expect(try await ygg.finished(task)["state"] == "succeeded")
            let environment = try await ygg.output(of: task)
            #expect(environment.contains("PATH=") && !environment.contains("NOTIFY_SOCKET"))
            #expect(!environment.contains("WATCHDOG"))

            let seen = listener.messages.count
            ygg.signal(SIGHUP)
            let reloading = try await listener.wait(for: "RELOADING=1", after: seen)
            let text = listener.messages[reloading - 1]
            let microseconds = text.split(separator: "\n").first { $0.hasPrefix("MONOTONIC_USEC=") }?
                .split(separator: "=").last.flatMap { Int64($0) }
            #expect(microseconds ?? 0 > 0, "\(text)")
            try await listener.wait(for: "READY=1", after: reloading)

            ygg.signal(SIGTERM)
            try await listener.wait(for: "STOPPING=1")
            #expect(await ygg.end().ending == .exited(0))
        }
    }

    @Test func `a socket without a file is spoken to as well, by a coordinator and an executor on their own`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let listener = try NotifyListener("@ygg-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        defer { listener.close() }
        let environment = ["NOTIFY_SOCKET": listener.name, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"]
        try await RunningFleet.with { fleet in
            let coordinator = try await fleet.start(
                ["coordinator", "--port", "0", "--data-dir", "\(scratch.path)/coordinator"],
                environment: environment
            )
            #expect(coordinator.traps(SIGTERM), "whoever is ready can be asked to stop")
            let ready = try await listener.wait(for: "READY=1")
            let executor = try await fleet.start(
                [
                    "executor", "--id", "huginn", "--port", "0", "--coordinator", coordinator.address, "--data-dir",
                    "\(scratch.path)/huginn",
                ],
                environment: environment
            )
            #expect(executor.traps(SIGTERM), "whoever is ready can be asked to stop")
            let second = try await listener.wait(for: "READY=1", after: ready)
            #expect(listener.messages[second - 1].contains("\(executor.address) as huginn"))
            for process in [executor, coordinator] {
                let seen = listener.messages.count
                process.signal(SIGTERM)
                try await listener.wait(for: "STOPPING=1", after: seen)
                #expect(await process.end().ending == .exited(0))
            }
            // The signs of life of another process were wanted.
            #expect(!listener.messages.contains { $0.contains("WATCHDOG") })
        }
    }
}
