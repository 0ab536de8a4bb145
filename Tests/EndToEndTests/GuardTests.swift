import Testing
import YggCore
import YggProcess

/// What keeps a web page in its owner's browser away from the fleet, tried with curl on both servers.
@Suite(.timeLimit(.minutes(2)))
struct GuardTests {
    @Test func `a page of another site reaches neither server`() async throws {
        try await withUp { ygg, _ in
            let json = ["-H", "Content-Type: application/json"]
            for server in [ygg.address, try #require(ygg.executorAddress)] {
                let path = server == ygg.address ? "/v1/tasks" : "/execute"
                let body = ["-d", #"{"kind":"bench-noop"}"#]
                let cases: [(name: String, arguments: [String], status: String)] = [
                    ("rebinding", ["-H", "Host: evil.example:5080"] + json + body, "403"),
                    ("foreign origin", ["-H", "Origin: https://evil.example"] + json + body, "403"),
                    ("null origin", ["-H", "Origin: null"] + json + body, "403"),
                    ("simple request", ["-H", "Content-Type: text/plain"] + body, "415"),
                    ("form", body, "415"),
                ]
                for item in cases {
                    let answer = await curl(item.arguments + ["\(server)\(path)"])
                    #expect(answer.status == item.status, "\(item.name) at \(server): \(answer.body)")
                }
                #expect(await curl(["-H", "Host: evil.example", "\(server)/health"]).status == "403")
                #expect(await curl(["-H", "Host: evil.example", "\(server)/livez"]).status == "200")
                let name = server.replacing("127.0.0.1", with: "localhost")
                #expect(await curl(["-H", "Origin: \(name)"] + ["\(name)/health"]).status == "200")
            }
            #expect(try await ygg.get("/v1/tasks").json?["items"] == .array([]))
        }
    }

    @Test func `on another address nothing is served without a token, and the shared one opens everything`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let refused = await tool(
            RunningYgg.binary,
            "executor",
            "--id",
            "huginn",
            "--host",
            "0.0.0.0",
            "--port",
            "0",
            "--data-dir",
            "\(scratch.path)/a"
        )
        #expect(refused.outcome.ending == .exited(1))
        #expect(refused.stderr.contains("YGG_TOKEN"))

        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(
                ["coordinator", "--host", "0.0.0.0", "--port", "0", "--data-dir", "\(scratch.path)/b"],
                environment: ["YGG_TOKEN": "open-sesame"]
            )
            let url = ygg.address.replacing("0.0.0.0", with: "127.0.0.1")
            #expect(await curl(["\(url)/v1/tasks"]).status == "401")
            #expect(await curl(["-H", "Authorization: Bearer wrong", "\(url)/v1/tasks"]).status == "401")
            #expect(await curl(["-H", "Authorization: Bearer open-sesame", "\(url)/v1/tasks"]).status == "200")
            #expect(await curl(["-H", "X-Manager-Token: open-sesame", "\(url)/v1/tasks"]).status == "200")
            #expect(await curl(["\(url)/health"]).status == "200")
        }
    }

    @Test func `a method that a path does not have is 405 with Allow`() async throws {
        try await withUp { ygg, _ in
            for (method, path, allow) in [
                ("DELETE", "/v1/tasks", "GET, HEAD, POST"), ("GET", "/v1/tasks:batch", "POST"),
                ("PUT", "/health", "GET, HEAD"), ("TRACE", "/v1/kinds", "GET, HEAD"),
            ] {
                let answer = await tool("curl", "-s", "-i", "-X", method, "\(ygg.address)\(path)")
                #expect(answer.stdout.hasPrefix("HTTP/1.1 405"), "\(method) \(path)")
                #expect(answer.stdout.contains("Allow: \(allow)"), "\(method) \(path): \(answer.stdout)")
            }
            #expect(await curl(["\(ygg.address)/nowhere"]).status == "404")
        }
    }

    private func curl(_ arguments: [String]) async -> (status: String, body: String) {
        let run = await collect(["curl", "-s", "-w", "\n%{http_code}"] + arguments)
        let lines = run.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }
}
