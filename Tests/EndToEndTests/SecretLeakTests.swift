import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// Secrets are planted wherever a task can come by one, and then looked for wherever anything was left.
@Suite(.timeLimit(.minutes(3)))
struct SecretLeakTests {
    private static let inVariable = "v4riable/s3cret=with pieces"
    private static let inFile = "f1le-s3cret-with-more-pieces"
    private static let shared = "ygg-sh4red-t0ken"

    /// A secret in forms that somebody could read: made by other programs than the one that is tested.
    private func forms(of secret: String) async throws -> [String] {
        let script = """
            import base64, json, sys, urllib.parse
            s = sys.argv[1]
            print(s); print(s[:len(s)//2 + 6]); print(s[len(s)//2 - 6:])
            for before in ["", "x", "xy"]:
                for code in [base64.b64encode, base64.urlsafe_b64encode]:
                    print(code((before + s).encode()).decode()[4:-4])
            print(urllib.parse.quote(s, safe="")); print(urllib.parse.quote_plus(s)); print(json.dumps(s)[1:-1])
            """
        let found = await tool("python3", "-c", script, secret)
        try #require(found.outcome.succeeded, "\(found.stderr)")
        return found.stdout.split(separator: "\n").map(String.init)
    }

    private func configuration(_ directory: String) -> String {
        """
        secrets: {variable: env:PLANTED, file: file:\(directory)/key}
        routes: [{prefix: ops-, executors: [local], secrets: [file]}]
        handlers:
          - kind: ops-leak
            secrets: {VALUE: variable, FILE: {file: file}}
            retry: {maxAttempts: 1}
            run:
              - python3
              - -c
              - |
                import base64, os, sys, time, urllib.parse
                value, path = os.environ["VALUE"], os.environ["FILE"]
                secret = open(path).read().strip()
                for s in [value, secret]:
                    print("raw", s); print("quoted", urllib.parse.quote(s, safe=""), urllib.parse.quote_plus(s))
                    for before in ["", "x", "xy"]: print("base64", base64.b64encode((before + s).encode()).decode())
                    sys.stdout.write("split " + s[:9]); sys.stdout.flush(); time.sleep(0.2)
                    sys.stdout.write(s[9:] + " end\\n"); sys.stdout.flush()
                print("path", path); sys.stderr.write("cannot log in as " + value + "\\n")
                sys.exit(3)
          - kind: ops-find
            params: {account: {type: secret, enum: [variable], variable: TOKEN}}
            run: [sh, -c, 'echo "given $TOKEN"; cat "$1"', sh, "\(directory)/key"]
        """
    }

    @Test func `a secret is nowhere but where it was put`() async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        let key = "\(directory)/key"
        try "\(Self.inFile)\n".write(toFile: key, atomically: true, encoding: .utf8)
        chmod(key, 0o600)
        let config = "\(directory)/yggdrasil.yaml"
        try configuration(directory).write(toFile: config, atomically: true, encoding: .utf8)
        var forms: [String] = []
        for secret in [Self.inVariable, Self.inFile, Self.shared] { forms += try await self.forms(of: secret) }
        let told = try await RunningFleet.with { [forms] fleet in
            let ygg = try await fleet.start(
                [
                    "up", "--port", "0", "--executor-port", "0", "--data-dir", "\(directory)/data", "--config", config,
                    "--log-level", "debug",
                ],
                environment: ["PLANTED": Self.inVariable, "YGG_TOKEN": Self.shared]
            )
            let told = try await tell(ygg)
            // While the write-ahead log is there.
            await look(for: forms, in: directory, except: key)
            await ygg.stop()
            return told + ygg.log
        }
        for form in forms { #expect(!told.contains(form), "\(form) was told") }
        await look(for: forms, in: directory, except: key)
        #expect(FileManager.default.fileExists(atPath: "\(directory)/data/logs/up.log"))
    }

    private func look(for forms: [String], in directory: String, except key: String) async {
        for form in forms {
            let files = await collect(["grep", "-rlaF", "-e", form, directory]).split(separator: "\n")
            #expect(files.allSatisfy { $0 == key[...] }, "\(form) is in \(files)")
        }
    }

    /// Everything that people and programs are told of tasks that leak what they can.
    private func tell(_ ygg: RunningYgg) async throws -> String {
        let failed = try await ygg.finished(try await ygg.submit(["kind": "ops-leak"]))
        #expect(failed["error"]?["detail"] == "python3 exited with code 3: cannot log in as [redacted:variable]")
        let id = try #require(failed["id"]?.stringValue)
        let output = try #require(failed["result"]?["output"]?.stringValue)
        #expect(output.contains("raw [redacted:variable]\n") && output.contains("raw [redacted:file]\n"))
        #expect(output.contains("[redacted:variable] end\n") && output.contains("[redacted:file] end\n"))
        // The file that the command was given has gone with it.
        let path = try #require(output.split(separator: "path ").last?.split(separator: "\n").first)
        #expect(!FileManager.default.fileExists(atPath: String(path)))

        // What the route allows, and what a command finds without being given it.
        let found = try await ygg.finished(
            try await ygg.submit(["kind": "ops-find", "params": ["account": "file"]])
        )
        #expect(found["result"]?["output"] == "given [redacted:file]\n[redacted:file]\n")
        let refused = try await ygg.post(
            "/v1/tasks",
            ["kind": "ops-find", "params": ["account": .string(Self.shared)]]
        )
        #expect(refused.status == 400)
        #expect(refused.json?["errors"]?.arrayValue?.first?["pointer"] == "#/params/account")

        let logs = await ygg.cli("task", "logs", id)
        #expect(logs.stdout.contains("raw [redacted:variable]"))
        let shown = await ygg.cli("kind", "show", "ops-find")
        #expect(shown.stdout.contains("variable, file"), "\(shown.stdout)")
        let events = try await ygg.get("/v1/tasks/\(id)/events?limit=200")
        let list = await ygg.cli("task", "show", id, "--json")
        let texts = [failed.text, found.text, String(decoding: refused.body, as: UTF8.self)]
        return texts.joined() + logs.stdout + logs.stderr + list.stdout + String(decoding: events.body, as: UTF8.self)
    }

    @Test func `a secret that cannot be had fails the task with what to do`() async throws {
        let configuration = """
            secrets: {absent: env:PLANTED_NOWHERE}
            handlers: [{kind: ops-login, run: ["true"], secrets: {TOKEN: absent}}]
            """
        try await withUp(configuration: configuration) { ygg, _ in
            let task = try await ygg.finished(try await ygg.submit(["kind": "ops-login"]))
            #expect(task["state"] == "failed" && task["attempt"] == 1)
            #expect(task["error"]?["code"] == "secret-unavailable")
            #expect(task["error"]?["detail"]?.stringValue?.contains("Set PLANTED_NOWHERE") == true)
        }
    }

    @Test func `a coordinator keeps to itself what it knows, also where others tell it`() async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        let token = "w0rker/t0ken-of-the-household"
        // The executor does not know that it is a secret.
        try token.write(toFile: "\(directory)/key", atomically: true, encoding: .utf8)
        let config = "\(directory)/yggdrasil.yaml"
        let handlers = "handlers: [{kind: ops-repeat, run: [cat, \"\(directory)/key\"]}]\n"
        try handlers.write(toFile: config, atomically: true, encoding: .utf8)
        try await RunningFleet.with { fleet in
            let worker = try await fleet.start([
                "executor", "--id", "worker", "--coordinator", "http://127.0.0.1:9", "--port", "0", "--config", config,
                "--data-dir", "\(directory)/worker",
            ])
            let fixed = """
                coordinator: {registrationGrace: 0s}
                routes: [{prefix: ops-, executors: [worker]}]
                executors: [{id: worker, url: "\(worker.address)"}]
                """
            try (handlers + fixed).write(toFile: config, atomically: true, encoding: .utf8)
            let coordinator = try await fleet.start(
                ["coordinator", "--port", "0", "--data-dir", "\(directory)/data", "--config", config],
                environment: ["GITHUB_TOKEN": token]
            )
            let task = try await coordinator.finished(try await coordinator.submit(["kind": "ops-repeat"]))
            #expect(task["result"]?["output"] == "[redacted:GITHUB_TOKEN]", "\(task.text)")
            await look(for: [token], in: "\(directory)/data", except: "")
        }
    }

    @Test func `one that is too short stops the start`() async throws {
        let scratch = try ScratchDirectory()
        let config = "\(scratch.path)/yggdrasil.yaml"
        try "secrets: {pin: env:PIN}".write(toFile: config, atomically: true, encoding: .utf8)
        let arguments = [
            "up", "--port", "0", "--executor-port", "0", "--data-dir", "\(scratch.path)/d", "--config", config,
        ]
        let ended = await collectProcess(
            ProcessSpec(
                argv: [RunningYgg.binary] + arguments,
                environment: RunningYgg.childEnvironment.merging(["PIN": "1234"]) { $1 }
            )
        )
        #expect(ended.outcome.ending == .exited(2))
        #expect(
            ended.stderr.contains("secrets.pin: cannot be used: what it refers to has 4 bytes")
                && !ended.stderr.contains("1234")
        )
    }
}
