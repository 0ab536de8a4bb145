import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// `ygg health` as a container and a supervisor ask it, and what a coordinator says of its registry.
@Suite(.timeLimit(.minutes(2)))
struct HealthCommandTests {
    @Test func `the server of a role is asked where it would serve`() async throws {
        try await withUp { ygg, _ in
            let executor = try #require(ygg.executorAddress)
            for (role, address) in [("coordinator", ygg.address), ("executor", executor)] {
                let port = try #require(address.split(separator: ":").last.map(String.init))
                // Served everywhere, it is asked for on loopback.
                let environment = [
                    "YGG_HOST": "0.0.0.0", "YGG_PORT": port, "YGG_EXECUTOR_PORT": port,
                    "YGG_COORDINATOR": "http://127.0.0.1:1",
                ]
                for more in [[], ["--live"]] {
                    let asked = await collectProcess(
                        ProcessSpec(
                            argv: [RunningYgg.binary, "health", "--role", role, "--timeout", "20s", "--json"] + more,
                            environment: RunningYgg.childEnvironment.merging(environment) { $1 }
                        )
                    )
                    #expect(asked.outcome.succeeded, "\(role) \(more): \(asked.stdout)\(asked.stderr)")
                    #expect(
                        ["pass", "warn"].contains(try JSON(parsing: Array(asked.stdout.utf8))["status"]?.stringValue)
                    )
                }
            }
        }
        let nobody = await tool(
            RunningYgg.binary,
            "health",
            "--role",
            "executor",
            "--timeout",
            "2s",
            environment: ["YGG_EXECUTOR_PORT": "1"]
        )
        #expect(nobody.outcome.ending == .exited(3))
    }

    @Test func `a registry that is down is warned of and stops nothing`() async throws {
        try await OllamaDouble.run { double in
            // Whoever answers GET /v2/ with 404 is no registry, and at port 1 nobody answers.
            for (url, words) in [("http://127.0.0.1:1", "deploy-registry.sh"), (double.address, "answered 404")] {
                try await withUp(configuration: "coordinator: {registry: {url: \"\(url)\"}}\n") { ygg, _ in
                    while true {
                        try await Task.sleep(for: .milliseconds(20))
                        let health = try await ygg.get("/health")
                        #expect(health.status == 200)
                        // A look that was too slow says only that, and the next one says more.
                        guard let check = health.json?["checks"]?["registry"],
                            check["detail"]?.stringValue?.contains(words) == true
                        else { continue }
                        #expect(check["status"] == "warn" && health.json?["status"] == "warn")
                        break
                    }
                    #expect(try await ygg.get("/readyz").status == 200)
                    #expect(try await ygg.finished(ygg.submit(["kind": "bench-noop"]))["state"] == "succeeded")
                }
            }
        }
    }

    @Test func `a registry that answers is well, also one that wants to know who asks`() async throws {
        // What asks everybody for a token answers as such a registry does: 401.
        try await GuardedHousehold.with { household, _ in
            let url = household.ygg.address
            try await withUp(configuration: "coordinator: {registry: {url: \"\(url)\"}}\n") { ygg, _ in
                while true {
                    try await Task.sleep(for: .milliseconds(20))
                    guard let check = try await ygg.get("/health").json?["checks"]?["registry"],
                        check["status"] == "pass"
                    else { continue }
                    #expect(check["detail"] == nil, "\(check.text)")
                    break
                }
            }
        }
    }
}
