import FoundationEssentials
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

    private static let rounds = [
        "clone", "probe bench-", "probe code-", "probe dev-", "probe git-", "probe ollama-", "probe ops-", "approval",
        "model",
    ]

    /// As somebody would run it who has nothing of their own on this machine.
    private static func environment(_ directory: String, _ model: String) throws -> [String: String] {
        let temporary = "\(directory)/tmp"
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        return ["OLLAMA_HOST": model, "TMPDIR": temporary, "YGG_DATA_DIR": "\(directory)/none"]
    }

    @Test func `where all is well every check says what it saw, the round goes round, and nothing is left of it`()
        async throws
    {
        try await OllamaDouble.run(replies: [["text": "```python\ndef double(a):\n    return a * 2\n```"]]) { double in
            try await withUp(environment: ["OLLAMA_HOST": double.address]) { ygg, directory in
                // What has ended was done by somebody who has registered.
                _ = try await ygg.finished(ygg.submit(["kind": "bench-noop"]))
                let environment = try Self.environment(directory, double.address)
                let output = await tool(
                    RunningYgg.binary,
                    "doctor",
                    "--json",
                    "--coordinator",
                    ygg.address,
                    environment: environment
                )
                let checks = try Self.checks(output)
                let looked = [
                    "configuration", "coordinator", "clock", "executors", "handlers", "git", "disk", "models",
                ]
                for name in looked + Self.rounds {
                    #expect(checks[name]?["detail"]?.stringValue?.isEmpty == false, "\(name)")
                    let isWell = checks[name]?["status"] == "pass" || name == "coordinator"
                    #expect(isWell, "\(checks[name]?.text ?? name)")
                }
                #expect(checks["executors"]?["detail"] == "local runs" && checks["registry"]?["status"] == "skip")
                #expect(checks["probe ops-"]?["kind"] == "ops-uptime" && checks["approval"]?["kind"] == "git-commit")
                #expect(checks["model"]?["detail"]?.stringValue?.contains("tokens/s") == true, "\(checks)")
                #expect(output.outcome.succeeded, "\(output.stdout)\(output.stderr)")
                for place in ["tmp", "data/workspace/mirrors"] {
                    #expect(
                        try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(place)") == [],
                        "\(place)"
                    )
                }
                let open = try await ygg.get("/v1/tasks?state=queued,running,awaitingApproval,scheduled").json
                #expect(open?["items"] == [])
            }
        }
    }

    @Test func `looking submits nothing, and a model that nobody named may be away`() async throws {
        try await withUp(environment: ["OLLAMA_HOST": "http://127.0.0.1:1"]) { ygg, directory in
            var environment = try Self.environment(directory, "")
            environment["OLLAMA_HOST"] = nil
            let arguments = ["doctor", "--quick", "--json", "--coordinator", ygg.address]
            let output = await collectProcess(
                ProcessSpec(
                    argv: [RunningYgg.binary] + arguments,
                    environment: RunningYgg.childEnvironment.merging(environment) { $1 },
                    runTimeout: .seconds(60)
                )
            )
            let checks = try Self.checks(output)
            #expect(checks["round"] == nil && checks["clone"] == nil && checks["models"]?["status"] != "fail")
            #expect(output.outcome.succeeded, "\(output.stdout)")
            #expect(try await ygg.get("/v1/tasks").json?["items"] == [])
        }
    }

    @Test func `what a machine of a fleet lacks is named, each with what to do`() async throws {
        try await OllamaDouble.run { double in
            try await withUp { ygg, directory in
                let port = double.address.split(separator: ":").last.map(String.init) ?? ""
                let file = "\(directory)/machine.yaml"
                try """
                coordinator: {port: \(port), registry: {url: "http://127.0.0.1:1"}}
                executor: {workspaceRoot: /dev/null/work}
                executors: [{id: huginn, url: "http://127.0.0.1:1"}]

                """.write(toFile: file, atomically: true, encoding: .utf8)
                let path = RunningYgg.childEnvironment["PATH"] ?? ""
                let programs = "\(directory)/bin"
                _ = await tool(
                    "sh",
                    "-c",
                    "mkdir -p \(programs) && printf '#!/bin/sh\\necho Nornir 9000, 1 MiB, 8 MiB\\n' >\(programs)/nvidia-smi "
                        + "&& chmod +x \(programs)/nvidia-smi"
                )
                var environment = try Self.environment(directory, double.address)
                environment["YGG_CONFIG"] = file
                environment["PATH"] = "\(programs):\(path)"
                let output = await tool(
                    RunningYgg.binary,
                    "doctor",
                    "--quick",
                    "--json",
                    "--coordinator",
                    ygg.address,
                    environment: environment
                )
                let checks = try Self.checks(output)
                let expected = [
                    "registry": "fail", "network": "warn", "ports": "warn", "permissions": "fail", "gpu": "pass",
                ]
                for (name, status) in expected {
                    #expect(checks[name]?["status"]?.stringValue == status, "\(checks[name]?.text ?? name)")
                    #expect(status == "pass" || checks[name]?["next"] != nil, "\(name)")
                }
                #expect(checks["network"]?["detail"]?.stringValue?.contains("huginn") == true)
                #expect(checks["ports"]?["detail"]?.stringValue?.contains(port) == true)
                #expect(checks["gpu"]?["detail"]?.stringValue?.contains("Nornir 9000") == true)
                #expect(output.outcome.ending == .exited(1))
            }
        }
    }

    @Test func `with a configuration that cannot be read nothing else is said to be well`() async throws {
        let scratch = try ScratchDirectory()
        let file = "\(scratch.path)/yggdrasil.yaml"
        try "coordinator: {prot: 5080}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let output = await tool(RunningYgg.binary, "doctor", "--json", environment: ["YGG_CONFIG": file])
        let checks = try Self.checks(output)
        #expect(checks["configuration"]?["detail"]?.stringValue?.contains("prot") == true)
        #expect(checks["disk"]?["status"] == "skip" && output.outcome.ending == .exited(1))
        let people = await tool(RunningYgg.binary, "doctor", environment: ["YGG_CONFIG": file])
        #expect(people.stdout.hasPrefix("fail  configuration"), "\(people.stdout)")
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
        #expect(checks["executors"]?["status"] == "skip" && checks["git"]?["status"] == "pass")
        #expect(checks["round"]?["status"] == "skip")
    }
}
