import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// What keeps a web page in its owner's browser away from the fleet, tried with curl on both servers.
@Suite(.timeLimit(.minutes(2)))
struct GuardTests {
    /// Long enough to be shown to other machines.
    private static let sesame = "open-sesame-open-sesame-open-sesame"

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
                environment: ["YGG_TOKEN": Self.sesame]
            )
            let url = ygg.address.replacing("0.0.0.0", with: "127.0.0.1")
            #expect(await curl(["\(url)/v1/tasks"]).status == "401")
            #expect(await curl(["-H", "Authorization: Bearer wrong", "\(url)/v1/tasks"]).status == "401")
            #expect(await curl(["-H", "Authorization: Bearer \(Self.sesame)", "\(url)/v1/tasks"]).status == "200")
            #expect(await curl(["-H", "X-Manager-Token: \(Self.sesame)", "\(url)/v1/tasks"]).status == "200")
            #expect(await curl(["\(url)/health"]).status == "200")
        }
    }

    @Test(arguments: ["coordinator", "executor"])
    func `a shared token that could be guessed is refused where other machines reach it`(role: String) async throws {
        let scratch = try ScratchDirectory()
        let id = role == "executor" ? "--id huginn" : ""
        let script = "exec \(RunningYgg.binary) \(role) \(id) --host 0.0.0.0 --port 0 --data-dir \(scratch.path)/a"
        let refused = await tool("bash", "-c", script, environment: ["YGG_TOKEN": "open-sesame"])
        #expect(!refused.outcome.succeeded)
        for words in ["YGG_TOKEN has 11 characters", "openssl rand -hex 32"] {
            #expect(refused.stderr.contains(words), "\(refused.stderr)")
        }
        #expect(!refused.stderr.contains("open-sesame"))
    }

    @Test func `where loopback asks for a token, both servers do, and a coordinator reads its own executor's log`()
        async throws
    {
        try await withUp(configuration: "auth: {loopback: required}\n") { ygg, directory in
            let executor = try #require(ygg.executorAddress)
            let json = ["-H", "Content-Type: application/json", "-d"]
            for arguments in [
                json + [#"{"kind":"ops-uptime"}"#, "\(executor)/execute"],
                json + [#"{"action":"stop"}"#, "\(executor)/action"],
                ["\(executor)/status"], ["\(executor)/logs"], ["\(executor)/info"], ["\(executor)/metrics"],
                ["\(ygg.address)/v1/tasks"],
            ] {
                #expect(await curl(arguments).status == "401", "\(arguments)")
            }
            #expect(await curl(["\(executor)/health"]).status == "200")
            let admin = try String(contentsOfFile: "\(directory)/data/admin.token", encoding: .utf8).dropLast()
            let logs = await curl(["-H", "Authorization: Bearer \(admin)", "\(ygg.address)/v1/executors/local/logs"])
            #expect(logs.status == "200" && logs.body.contains("lines"), "\(logs.body)")
        }
    }

    /// - Parameter whileHeldUp: what the right token is answered while its address is slowed down. One that could be guessed
    ///   must wait, or guessing would not be slowed down at all; the other is nobody's to hold up.
    @Test(arguments: [("open-sesame", "429"), (sesame, "200")])
    func `an executor slows down who tries tokens`(token: String, whileHeldUp: String) async throws {
        let scratch = try ScratchDirectory()
        let file = "\(scratch.path)/yggdrasil.yaml"
        try "auth: {loopback: required}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = [
            "executor", "--id", "huginn", "--coordinator", "http://127.0.0.1:9", "--port", "0", "--config", file,
            "--data-dir", "\(scratch.path)/huginn",
        ]
        try await RunningFleet.with { fleet in
            let url = try await fleet.start(arguments, environment: ["YGG_TOKEN": token]).address + "/status"
            #expect(await curl(["-H", "Authorization: Bearer \(token)", url]).status == "200")
            // Over one connection, the right one behind them, so that they come faster than they are forgiven.
            let tries = (1...30).flatMap { _ in ["-o", "/dev/null", url] }
            let right = ["--next", "-s", "-i", "-w", "\n%{http_code}", "-H", "Authorization: Bearer \(token)", url]
            let answers = await collect(
                ["curl", "-s", "-w", "%{http_code}\n", "-H", "Authorization: Bearer wrong"] + tries + right
            )
            #expect(answers.contains("401\n") && answers.contains("429\n"), "\(answers)")
            #expect(answers.hasSuffix("\n\(whileHeldUp)"), "\(answers)")
            if whileHeldUp == "429" { #expect(answers.lowercased().contains("retry-after: ")) }
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
