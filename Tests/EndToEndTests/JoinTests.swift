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

                let told = await household.cli("audit", "--executor", "huginn", "-o", "jsonl")
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
