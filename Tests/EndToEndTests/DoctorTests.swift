import Testing
import YggCore
import YggProcess

/// `ygg doctor` beside a household that is well, and one that is not.
@Suite(.timeLimit(.minutes(2)))
struct DoctorTests {
    private static func checks(_ output: CollectedOutput) throws -> [String: JSON] {
        let json = try JSON(parsing: Array(output.stdout.utf8))
        return Dictionary((json["checks"]?.arrayValue ?? []).map { ($0["name"]?.stringValue ?? "", $0) }) { first, _ in
            first
        }
    }

    @Test func `where all is well every check says what it saw`() async throws {
        try await OllamaDouble.run { double in
            try await withUp { ygg, _ in
                _ = try await ygg.finished(ygg.submit(["kind": "bench-noop"]))
                let output = await tool(
                    RunningYgg.binary,
                    "doctor",
                    "--json",
                    "--coordinator",
                    ygg.address,
                    environment: ["OLLAMA_HOST": double.address]
                )
                let checks = try Self.checks(output)
                for name in ["coordinator", "clock", "executors", "handlers", "git", "disk", "models"] {
                    #expect(checks[name]?["detail"]?.stringValue?.isEmpty == false, "\(name)")
                    #expect(checks[name]?["status"] != "fail", "\(checks[name]?.text ?? name)")
                }
                #expect(checks["models"]?["status"] == "pass" && checks["executors"]?["detail"] == "local runs")
                #expect(output.outcome.succeeded)
            }
        }
    }

    @Test func `what is wrong ends with what to do`() async throws {
        let output = await tool(
            RunningYgg.binary,
            "doctor",
            "--json",
            "--coordinator",
            "http://127.0.0.1:1",
            environment: ["OLLAMA_HOST": "http://127.0.0.1:1"]
        )
        #expect(output.outcome.ending == .exited(3))
        let checks = try Self.checks(output)
        for name in ["coordinator", "models"] {
            #expect(checks[name]?["status"] == "fail" && checks[name]?["next"] != nil, "\(name)")
        }
        #expect(checks["executors"]?["status"] == "warn" && checks["git"]?["status"] == "pass")
    }
}
