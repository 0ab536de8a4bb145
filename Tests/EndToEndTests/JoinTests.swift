import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

/// A machine joins the fleet, works, renews its key and is put out again.
@Suite(.timeLimit(.minutes(3)))
struct JoinTests {
    /// What the invited machine is started with.
    private static func join(_ url: String, _ invitation: String, data: String) -> [String] {
        [
            "executor", "join", "--coordinator", url, "--token", invitation, "--run", "--port", "0", "--data-dir", data,
            "--handlers", "bench,ops",
        ]
    }

    private static func audit(_ household: GuardedHousehold, _ executor: String) async throws -> [JSON] {
        let answer = try await household.call("GET", "/v1/audit?executor=\(executor)", showing: household.admin)
        return try #require(answer.json?["items"]?.arrayValue)
    }

    @Test(.enabled(if: SecondMachine.isNeeded))
    func `a second machine joins with one line, works, and is put out again`() async throws {
        try await SecondMachine.with { machine in
            let scratch = try ScratchDirectory()
            let directory = scratch.path
            try await RunningFleet.with { fleet in
                let ygg = try await fleet.start(
                    [
                        "coordinator", "--host", machine.interface, "--port", "0", "--data-dir", "\(directory)/data",
                    ]
                )
                #expect(ygg.address.hasPrefix("http://\(machine.address):"))
                let admin = try String(contentsOfFile: "\(directory)/data/admin.token", encoding: .utf8)
                let household = GuardedHousehold(ygg: ygg, directory: directory, admin: String(admin.dropLast()))
                let invited = await household.cli("token", "create", "huginn", "--role", "join")
                let invitation = String(invited.stdout.dropLast())
                #expect(invited.outcome.succeeded && !invited.stderr.contains("loopback"), "\(invited.stderr)")

                let executor = try await RunningYgg.start(
                    machine.prefix + [RunningYgg.binary]
                        + Self.join(ygg.address, invitation, data: "\(directory)/huginn"),
                    program: "ip"
                )
                let key = "\(directory)/huginn/executor/key.json"
                #expect(GuardedHousehold.mode(key) == 0o600)
                let run = await household.cli("task", "submit", "bench-noop", "--wait", "--json")
                #expect(run.outcome.succeeded, "\(run.stderr)\n\(executor.log)")
                #expect(try JSON(parsing: run.stdout)["executor"] == "huginn")

                let listed = try await household.call("GET", "/v1/executors/huginn", showing: household.admin)
                #expect(listed.json?["joinedAt"]?.stringValue != nil && listed.json?["invitedBy"] == "admin")
                #expect(await household.cli("executor", "list").stdout.contains("by admin"))

                let second = await household.cli(
                    "executor",
                    "join",
                    "--token",
                    invitation,
                    "--data-dir",
                    "\(directory)/x"
                )
                #expect(second.outcome.ending == .exited(3) && second.stderr.contains("good for once"))

                #expect(await household.cli("token", "revoke", "huginn").outcome.succeeded)
                let end = await executor.end()
                #expect(end.ending == .exited(1))
                #expect(
                    executor.log.contains("was revoked") && executor.log.contains("ygg token create huginn --role join")
                )
                let stranger = try await household.call("GET", "/v1/executors", showing: try Self.storedKey(key))
                #expect(stranger.status == 401 && stranger.code == "token-revoked")

                var told = await household.cli("audit", "--executor", "huginn", "-o", "jsonl")
                // A refusal is answered before it is written down.
                while told.outcome.succeeded, !told.stdout.contains("\"access.refused\"") {
                    told = await household.cli("audit", "--executor", "huginn", "-o", "jsonl")
                }
                for action in ["token.create", "executor.join", "executor.register", "token.revoke", "access.refused"] {
                    #expect(told.stdout.contains("\"\(action)\""), "\(action) is missing:\n\(told.stdout)")
                }
                #expect(told.stdout.contains("\"from\":\"198.18."))
                for file in [invitation, try Self.storedKey(key), household.admin] {
                    #expect(!told.stdout.contains(file) && !executor.log.contains(file) && !ygg.log.contains(file))
                }
            }
        }
    }

    /// The lines of "Add a machine" in the README, with nothing else set than where this test may write and which port is
    /// free.
    @Test(.enabled(if: SecondMachine.isNeeded), arguments: [false, true])
    func `a machine is added with the lines of the README`(servesEverything: Bool) async throws {
        try await SecondMachine.with { machine in
            let scratch = try ScratchDirectory()
            let directory = scratch.path
            try await RunningFleet.with { fleet in
                let host = servesEverything ? "0.0.0.0" : machine.interface
                let ygg = try await fleet.start(
                    ["coordinator", "--host", host],
                    environment: ["YGG_DATA_DIR": "\(directory)/data", "YGG_PORT": "0"]
                )
                let household = GuardedHousehold(ygg: ygg, directory: directory, admin: "")
                let here = ["YGG_COORDINATOR": ""]
                let invited = await household.cli("token", "create", "huginn", "--role", "join", environment: here)
                #expect(invited.outcome.succeeded, "\(invited.stderr)")
                let lines = invited.stderr.split(separator: "\n")
                let line = try #require(lines.first { $0.hasPrefix("  ygg executor join ") })
                var words = line.split(separator: " ").dropFirst().map(String.init)
                if servesEverything {
                    // Which of several addresses the other machine reaches, only its owner knows; all are named.
                    let port = try #require(ygg.address.split(separator: ":").last)
                    let url = "http://\(machine.address):\(port)"
                    #expect(!words[3].contains("127.0.0.1") && invited.stderr.contains(url), "\(invited.stderr)")
                    words[3] = url
                }
                let executor = try await RunningYgg.start(
                    machine.prefix + [RunningYgg.binary] + words
                        + ["--run", "--handlers", "ops,git", "--label", "arch=arm64"],
                    environment: ["YGG_DATA_DIR": "\(directory)/huginn"],
                    program: "ip"
                )
                let run = await household.cli("task", "submit", "ops-uptime", "--wait", "--json", environment: here)
                #expect(run.outcome.succeeded, "\(run.stderr)\n\(executor.log)")
                #expect(try JSON(parsing: run.stdout)["executor"] == "huginn")
                #expect(await household.cli("token", "revoke", "huginn", environment: here).outcome.succeeded)
                #expect(await executor.end().ending == .exited(1))
            }
        }
    }

    private static func storedKey(_ path: String) throws -> String {
        let json = try JSON(parsing: try String(contentsOfFile: path, encoding: .utf8))
        return try #require(json["key"]?.stringValue)
    }

    @Test func `a key that is about to end is renewed, and the old one goes when the new one is used`() async throws {
        try await GuardedHousehold.with { household, fleet in
            let data = "\(household.directory)/huginn"
            let invitation = try await household.token("huginn", "join")
            let joined = await household.cli(
                "executor",
                "join",
                "--coordinator",
                household.ygg.address,
                "--token",
                "-",
                "--data-dir",
                data,
                input: invitation
            )
            #expect(joined.outcome.succeeded && joined.stderr.contains("huginn"), "\(joined.stderr)")
            let path = "\(data)/executor/key.json"
            let old = try Self.storedKey(path)
            let again = await household.cli(
                "executor",
                "join",
                "--token",
                "-",
                "--data-dir",
                data,
                input: invitation
            )
            #expect(again.outcome.succeeded, "\(again.stderr)")
            #expect(try Self.storedKey(path) == old, "the invitation was good once, and the machine has joined")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let due = text.replacing(/"renewAtMs": \d+/, with: "\"renewAtMs\": 0")
            #expect(due != text)
            try due.write(toFile: path, atomically: false, encoding: .utf8)

            // All it needs to be told is in its key.
            _ = try await fleet.start(["executor", "--port", "0", "--data-dir", data])
            while try Self.storedKey(path) == old { try await Task.sleep(for: .milliseconds(5)) }
            let new = try Self.storedKey(path)
            #expect(GuardedHousehold.mode(path) == 0o600)
            // Its next sync shows the new one.
            while try await household.call("GET", "/v1/whoami", showing: old).status != 401 {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await household.call("GET", "/v1/whoami", showing: new).json?["name"] == "huginn")
            let actions = try await Self.audit(household, "huginn").compactMap { $0["action"]?.stringValue }
            #expect(actions.contains("key.renew") && actions.contains("executor.join"))
        }
    }

    @Test func `the line that a machine joined with may be started again while its coordinator is away`() async throws {
        try await GuardedHousehold.with { household, _ in
            let data = "\(household.directory)/huginn"
            let invitation = try await household.token("huginn", "join")
            let url = household.ygg.address
            func join() async -> CollectedOutput {
                await household.cli(
                    "executor",
                    "join",
                    "--coordinator",
                    url,
                    "--token",
                    "-",
                    "--data-dir",
                    data,
                    input: invitation
                )
            }
            #expect(await join().outcome.succeeded)
            let key = try Self.storedKey("\(data)/executor/key.json")
            #expect(await join().outcome.succeeded)
            let told = try await Self.audit(household, "huginn").compactMap { $0["action"]?.stringValue }
            #expect(!told.contains("access.refused"), "what was good once is not shown twice")
            await household.ygg.stop()
            let again = await join()
            #expect(again.outcome.succeeded && again.stderr.contains("This machine is huginn"), "\(again.stderr)")
            #expect(try Self.storedKey("\(data)/executor/key.json") == key)
        }
    }

    @Test func `a key whose answer was lost is found again when its invitation is over`() async throws {
        try await GuardedHousehold.with { household, _ in
            let data = "\(household.directory)/huginn"
            let key = "ygg_executor_lost"
            let first = try await household.token("huginn", "join")
            func exchange(_ invitation: String, for key: String) async throws -> Int {
                let digest = await Self.digest(key)
                let body: JSON = ["keySha256": .string(digest), "host": "huginn"]
                return try await household.call("POST", "/v1/join", body, showing: invitation).status
            }
            #expect(try await exchange(first, for: key) == 200)
            // Ten minutes later an invitation is as much over as one that was used for another key.
            let second = try await household.token("huginn", "join")
            #expect(try await exchange(second, for: "ygg_executor_other") == 200)
            let draft: JSONObject = [
                "executor": "joining", "coordinator": .string(household.ygg.address), "key": .string(key),
                "renewAtMs": 0, "invitationSha256": .string(await Self.digest(second)),
            ]
            let path = "\(data)/executor/key.json"
            try FileManager.default.createDirectory(atPath: "\(data)/executor", withIntermediateDirectories: true)
            try JSON.object(draft).text.write(toFile: "\(path).joining", atomically: false, encoding: .utf8)
            #expect(chmod("\(path).joining", 0o600) == 0)
            let joined = await household.cli("executor", "join", "--token", "-", "--data-dir", data, input: second)
            #expect(joined.outcome.succeeded && joined.stderr.contains("This machine is huginn"), "\(joined.stderr)")
            #expect(try Self.storedKey(path) == key)
            #expect(!FileManager.default.fileExists(atPath: "\(path).joining"))
        }
    }

    private static func digest(_ text: String) async -> String {
        String(await collect(["bash", "-c", "printf %s \"$1\" | sha256sum", "bash", text]).prefix(64))
    }

    @Test
    func `an executor's key makes its own calls and no other's`() async throws {
        try await GuardedHousehold.with { household, fleet in
            let huginn = try await household.token("huginn", "executor")
            let registration: JSON = [
                "id": "muninn", "instance": "i-1", "bootId": "b-1", "protocol": [1, 1], "slots": ["default": 1],
                "kinds": [["kind": "try-it", "description": "played by a test"]],
            ]
            let other = try await household.call("POST", "/v1/executors", registration, showing: huginn)
            #expect(other.status == 403 && other.json?["needs"] == "executor")
            for path in ["sync", "reports", "key"] {
                let answer = try await household.call("POST", "/v1/executors/muninn/\(path)", [:], showing: huginn)
                #expect(answer.status == 403, "\(path)")
            }
            for (method, path) in [
                ("GET", "/v1/tasks"), ("POST", "/v1/tasks"), ("GET", "/v1/executors"), ("GET", "/v1/tokens"),
                ("POST", "/v1/executors/huginn/action"),
            ] {
                let body: JSON? = method == "POST" ? [:] : nil
                #expect(
                    try await household.call(method, path, body, showing: huginn).status == 403,
                    "\(method) \(path)"
                )
            }
        }
    }

    @Test func `a key that others can read is refused before it is shown to anybody`() async throws {
        try await GuardedHousehold.with { household, _ in
            let data = "\(household.directory)/huginn"
            let invitation = try await household.token("huginn", "join")
            let joined = await household.cli(
                "executor",
                "join",
                "--token",
                "-",
                "--data-dir",
                data,
                input: invitation
            )
            #expect(joined.outcome.succeeded, "\(joined.stderr)")
            #expect(chmod("\(data)/executor/key.json", 0o644) == 0)
            let refused = await household.cli("executor", "--port", "0", "--data-dir", data)
            #expect(refused.outcome.ending == .exited(2) && refused.stderr.contains("chmod 600"))
        }
    }
}
