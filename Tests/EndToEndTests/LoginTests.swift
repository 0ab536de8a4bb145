import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// How a person gets in, from the first start of a coordinator on.
@Suite(.timeLimit(.minutes(2)))
struct LoginTests {
    @Test func `the operator on the machine is let in by itself, everybody else by a token`() async throws {
        try await GuardedHousehold.with { household, _ in
            let file = "\(household.directory)/data/admin.token"
            #expect(GuardedHousehold.mode(file) == 0o600)
            #expect(household.ygg.log.contains(file))

            let created = await household.cli("token", "create", "freya", "--role", "submitter", "--expires", "90d")
            #expect(created.outcome.succeeded, "\(created.stderr)")
            let token = String(created.stdout.dropLast())
            #expect(token.hasPrefix("ygg_submitter_") && created.stderr.contains("not shown again"))
            let elsewhere = ["YGG_DATA_DIR": "\(household.directory)/none", "YGG_COORDINATOR": ""]

            let stranger = await household.cli(
                "task",
                "list",
                environment: ["YGG_DATA_DIR": "\(household.directory)/none"]
            )
            #expect(stranger.outcome.ending == .exited(3) && stranger.stderr.contains("ygg login URL"))

            let wrong = await household.cli("login", household.ygg.address, input: "wrong", environment: elsewhere)
            #expect(wrong.outcome.ending == .exited(3), "\(wrong.stderr)")
            let login = await household.cli("login", household.ygg.address, input: token, environment: elsewhere)
            #expect(login.outcome.succeeded && login.stderr.contains("You are freya (submitter)"), "\(login.stderr)")
            let kept = "\(household.directory)/config/yggdrasil/cli.yaml"
            #expect(GuardedHousehold.mode(kept) == 0o600)

            let list = await household.cli("task", "list", "--json", environment: elsewhere)
            #expect(list.outcome.succeeded, "\(list.stderr)")
            let denied = await household.cli("token", "list", environment: elsewhere)
            #expect(denied.outcome.ending == .exited(1) && denied.stderr.contains("needs the role operator"))

            #expect(chmod(kept, 0o644) == 0)
            let open = await household.cli("task", "list", environment: elsewhere)
            #expect(open.outcome.ending == .exited(2) && open.stderr.contains("chmod 600"))
        }
    }

    @Test func `a second start keeps the operator's token, and refuses one that others can read`() async throws {
        try await GuardedHousehold.with { household, _ in
            await household.ygg.stop()
            let file = "\(household.directory)/data/admin.token"
            let arguments = [
                "coordinator", "--port", "0", "--data-dir", "\(household.directory)/data", "--config",
                "\(household.directory)/yggdrasil.yaml",
            ]
            let again = try await RunningYgg.start(arguments)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == household.admin + "\n")
            await again.stop()
            #expect(chmod(file, 0o640) == 0)
            let refused = await collectRefusal(arguments)
            #expect(refused.contains(file) && refused.contains("chmod 600"))
        }
    }

    @Test func `a coordinator on loopback says what a second machine needs`() async throws {
        try await withUp { ygg, _ in
            let invited = await ygg.cli("token", "create", "huginn", "--role", "join")
            #expect(invited.stdout.hasPrefix("ygg_join_"))
            #expect(invited.stderr.contains("coordinator.host") && invited.stderr.contains("coordinator.publicUrl"))
            #expect(invited.stderr.contains("ygg executor join --coordinator"))
        }
    }

    @Test func `a database in a synced folder is refused with a sentence`() async throws {
        let scratch = try ScratchDirectory()
        let refused = await collectRefusal(["coordinator", "--port", "0", "--data-dir", "\(scratch.path)/Dropbox/ygg"])
        #expect(refused.contains("copies to other machines") && refused.contains("--data-dir"))
    }

    @Test func `a fleet in one process needs no token of its own where others need one`() async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        let file = "\(directory)/yggdrasil.yaml"
        try "auth: {loopback: required}\n".write(toFile: file, atomically: true, encoding: .utf8)
        try await RunningFleet.with { fleet in
            let data = "\(directory)/data"
            let ygg = try await fleet.start(
                ["up", "--port", "0", "--executor-port", "0", "--data-dir", data, "--config", file]
            )
            let run = await tool(
                RunningYgg.binary,
                "task",
                "submit",
                "bench-noop",
                "--wait",
                "--coordinator",
                ygg.address,
                environment: ["YGG_DATA_DIR": data]
            )
            #expect(run.outcome.succeeded, "\(run.stderr)")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a terminal shows again what is typed after a signal has ended the prompt`(signal: Int32) async throws {
        let terminal = try PseudoTerminal()
        #expect(terminal.isEchoing)
        let scratch = try ScratchDirectory()
        let (prompts, prompted) = AsyncStream.makeStream(of: Void.self)
        let (pids, started) = AsyncStream.makeStream(of: pid_t.self)
        let spec = ProcessSpec(
            argv: [
                "bash", "-c", "exec \"$@\" < \"$0\"", terminal.path, RunningYgg.binary, "login", "http://127.0.0.1:9",
            ],
            environment: RunningYgg.childEnvironment.merging(["XDG_CONFIG_HOME": scratch.path]) { $1 },
            runTimeout: .seconds(60)
        )
        let run = Task {
            let outcome = await runProcess(spec) { _, bytes in
                if String(decoding: bytes, as: UTF8.self).contains("Token for") { prompted.yield() }
            } onStart: {
                started.yield($0)
            }
            prompted.finish()
            started.finish()
            return outcome
        }
        for await _ in prompts { break }
        #expect(!terminal.isEchoing)
        terminal.enter("half a tok")
        for await pid in pids {
            kill(pid, signal)
            break
        }
        #expect(await run.value.ending == .exited(128 + signal))
        #expect(terminal.isEchoing)
    }

    /// A server that is no coordinator of ours, and writes down what it is shown.
    private static func impostor(port: String = "0") async throws -> RunningYgg {
        let server = """
            import http.server, json
            class Impostor(http.server.BaseHTTPRequestHandler):
                log_message = lambda *ignored: None
                def do_GET(self):
                    print("shown", self.headers.get("Authorization"), flush=True)
                    self.send_response(401)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
            server = http.server.HTTPServer(("127.0.0.1", \(port)), Impostor)
            print(json.dumps({"event": "ready", "address": f"http://127.0.0.1:{server.server_port}"}), flush=True)
            server.serve_forever()
            """
        return try await RunningYgg.start(["-c", server], program: "python3")
    }

    @Test func `the operator's token is shown to no other server, nor to one in the coordinator's place`() async throws
    {
        let port = try KeptPort()
        try await GuardedHousehold.with(port: port.text) { household, _ in
            let byItself = await household.cli("task", "list", environment: ["YGG_COORDINATOR": ""])
            #expect(byItself.outcome.succeeded, "\(byItself.stderr)")

            let beside = try await Self.impostor()
            let first = await household.cli("task", "list", environment: ["YGG_COORDINATOR": beside.address])
            #expect(first.outcome.ending == .exited(3))
            // What it wrote has been read when its end is known.
            await beside.killNow()
            #expect(beside.log.contains("shown None") && !beside.log.contains("Bearer"), "\(beside.log)")

            // Killed, it cannot take back what it told of itself.
            await household.ygg.killNow()
            #expect(FileManager.default.fileExists(atPath: "\(household.directory)/data/served.json"))
            let inItsPlace = try await Self.impostor(port: port.text)
            let second = await household.cli("task", "list")
            #expect(second.outcome.ending == .exited(3))
            await inItsPlace.killNow()
            #expect(inItsPlace.log.contains("shown None") && !inItsPlace.log.contains("Bearer"), "\(inItsPlace.log)")
        }
    }

    /// What a command that must not start says.
    private func collectRefusal(_ arguments: [String]) async -> String {
        let run = await collectExit(arguments)
        #expect(run.status == 2)
        return run.text
    }

    private func collectExit(_ arguments: [String]) async -> (status: Int32, text: String) {
        let text = await collect(
            ["bash", "-c", "\"$@\" 2>&1; echo \"status $?\"", "bash", RunningYgg.binary] + arguments
        )
        let status = text.split(separator: "\n").last.flatMap { Int32($0.dropFirst("status ".count)) }
        return (status ?? -1, text)
    }
}
