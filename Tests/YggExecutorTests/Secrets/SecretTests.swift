import FoundationEssentials
import Glibc
import Synchronization
import Testing
import YggCore
import YggProtocol
import YggTelemetry

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct SecretTests {
    private static let value = "hunter2/is=my pass"

    /// What the vault holds can be changed, and taken away.
    private final class Vault: Sendable {
        private let content = Mutex<String?>(SecretTests.value)

        var secrets: Secrets {
            Secrets(sources: [
                SecretSource(name: "token") { [self] () throws(SecretProblem) in
                    guard let value = content.withLock({ $0 }) else {
                        throw SecretProblem("The vault is empty. Fill it.")
                    }
                    return value
                }
            ])
        }

        func put(_ value: String?) { content.withLock { $0 = value } }
    }

    @Test func `a disk that does not answer holds no thread of the pool`() async throws {
        var ends: [Int32] = [0, 0]
        let made = pipe(&ends)
        try #require(made == 0)
        defer { for end in ends { close(end) } }
        let (gate, opener) = (ends[0], ends[1])
        let slow = SecretSource(name: "token") { () throws(SecretProblem) in
            var byte: UInt8 = 0
            _ = Glibc.read(gate, &byte, 1)
            return Self.value
        }
        // More than there are threads: with one of them held by each, nobody would be left to open the gate.
        let readers = 4 * ProcessInfo.processInfo.activeProcessorCount
        let values: [String] = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<readers { group.addTask { try await slow.read() } }
            group.addTask {
                _ = Glibc.write(opener, Array(repeating: 1 as UInt8, count: readers), readers)
                return Self.value
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values.count == readers + 1 && Set(values) == [Self.value])
    }

    /// Runs a declared kind the way an executor runs an attempt, and hands over everything that it left.
    private func run(
        _ script: String,
        params: JSONObject = [:],
        secrets: Secrets,
        uses: [SecretUse] = [],
        parameters: [ParameterSpec] = []
    ) async throws -> (report: FinalReport, everything: String) {
        let spec = KindSpec(
            kind: TaskKind(trusted: "ops-try"),
            description: "",
            params: parameters,
            origin: .declared,
            secrets: uses
        )
        let declared = DeclaredKind(spec: spec, run: ["sh", "-c", script])
        let folder = TemporaryFolder()
        var settings = ExecutorSettings(
            id: ExecutorID(trusted: "e"),
            handlers: try HandlerRegistry(handlerSets: ["ops-try"], declared: [declared]),
            workspaceRoot: folder.path,
            repositories: [],
            dataDirectory: folder.path,
            environment: ["PATH": "/usr/bin:/bin"]
        )
        settings.secrets = secrets
        let said = Said()
        let report = try await OneShot.run(spec.kind, params: params, settings: settings) { said.add($0) }
        let ended = try #require(report)
        return (ended, said.text + JSON.object(ended.result).text + (ended.error.map { "\($0)" } ?? ""))
    }

    /// Every event as it is spooled.
    private final class Said: Sendable {
        private let lines = Mutex("")

        var text: String { lines.withLock { $0 } }

        func add(_ event: EventDraft) { lines.withLock { $0 += JSON.object(event.json).text + "\n" } }
    }

    private func leaks(_ text: String) -> Bool {
        SecretPatterns([Secret(name: "x", value: Self.value)]).redacted(text) != text
    }

    @Test func `a command has its secret in a variable, and nobody hears of it`() async throws {
        let (report, everything) = try await run(
            #"test "$TOKEN" = 'hunter2/is=my pass' || exit 9; printf '<%s>' "$TOKEN"; printf %s "$TOKEN" | base64 >&2"#,
            secrets: Vault().secrets,
            uses: [SecretUse(variable: "TOKEN", secret: "token")]
        )
        #expect(report.ending == .finished(.succeeded))
        #expect(!leaks(everything))
        #expect(report.result["output"]?.stringValue?.contains("<[redacted:token]>") == true)
    }

    @Test func `a file is the user's alone, and gone with the attempt`() async throws {
        let (report, everything) = try await run(
            #"stat -c %a "$KEY" "$(dirname "$KEY")"; cat "$KEY"; echo "path=$KEY""#,
            secrets: Vault().secrets,
            uses: [SecretUse(variable: "KEY", secret: "token", asFile: true)]
        )
        let output = try #require(report.result["output"]?.stringValue)
        #expect(output.hasPrefix("600\n700\n[redacted:token]\n"))
        #expect(!leaks(everything))
        let path = try #require(output.split(separator: "path=").last).trimmed
        #expect(path.hasSuffix("/token") && !LocalFiles.exists(path))
        #expect(!LocalFiles.exists(String(path.dropLast("/token".count))))
    }

    @Test func `neither two writes nor the failing command's last words tell it`() async throws {
        let (report, everything) = try await run(
            #"printf 'a hunter2/i'; sleep 0.2; printf 's=my pass b\n'; echo "cannot log in with $TOKEN" >&2; exit 3"#,
            secrets: Vault().secrets,
            uses: [SecretUse(variable: "TOKEN", secret: "token")]
        )
        #expect(report.ending == .finished(.failed))
        #expect(report.error?.detail == "sh exited with code 3: cannot log in with [redacted:token]")
        #expect(report.result["output"]?.stringValue?.contains("[redacted:token] b\n") == true)
        #expect(!leaks(everything))
    }

    @Test func `what a command finds by itself is not told either`() async throws {
        let (_, everything) = try await run("echo 'hunter2/is=my pass'", secrets: Vault().secrets)
        #expect(everything.contains("[redacted:token]") && !leaks(everything))
        let known = Secrets(known: KnownSecrets([Secret(name: "YGG_TOKEN", value: Self.value)]))
        let (_, other) = try await run("echo 'hunter2/is=my pass'", secrets: known)
        #expect(other.contains("[redacted:YGG_TOKEN]") && !leaks(other))
    }

    @Test func `it is looked at when it is needed, and the old one stays a secret`() async throws {
        let vault = Vault()
        let secrets = vault.secrets
        let uses = [SecretUse(variable: "TOKEN", secret: "token")]
        _ = try await run("true", secrets: secrets, uses: uses)
        vault.put("another one")
        let (report, everything) = try await run(
            #"test "$TOKEN" = 'another one' && echo "$TOKEN, hunter2/is=my pass""#,
            secrets: secrets,
            uses: uses
        )
        #expect(report.result["output"]?.stringValue == "[redacted:token], [redacted:token]\n")
        #expect(!leaks(everything))
    }

    @Test(arguments: [
        (nil, "The secret token cannot be had on this executor: The vault is empty. Fill it."),
        ("short", "fewer than 8"),
    ])
    func `one that cannot be had fails the task for good, and says what to do`(value: String?, says: String)
        async throws
    {
        let vault = Vault()
        vault.put(value)
        let (report, _) = try await run(
            "true",
            secrets: vault.secrets,
            uses: [SecretUse(variable: "T", secret: "token")]
        )
        #expect(report.error?.code == "secret-unavailable")
        #expect(report.error?.retryable == false)
        #expect(report.error?.detail.contains(says) == true)
    }

    @Test func `a task names one of those that are allowed, and no other`() async throws {
        let parameter = ParameterSpec(
            "account",
            .secret(choices: ["token"], variable: "TOKEN", asFile: false),
            required: true
        )
        let (report, everything) = try await run(
            #"test -n "$TOKEN" && echo "$TOKEN""#,
            params: ["account": "token"],
            secrets: Vault().secrets,
            parameters: [parameter]
        )
        #expect(report.ending == .finished(.succeeded))
        #expect(!leaks(everything))
        await #expect(throws: InvalidInput.self) {
            try await run("true", params: ["account": "other"], secrets: Vault().secrets, parameters: [parameter])
        }
    }

    @Test func `files that a dead process left are removed, and those of others stay`() throws {
        let mine = SecretFolders(owner: "/data/\(getpid())/a")
        let others = SecretFolders(owner: "/data/\(getpid())/b")
        let (left, kept) = (try mine.make(), try others.make())
        defer { SecretFolders.remove(kept) }
        try LocalFiles.write("x", to: "\(left)/token")
        mine.removeLeftovers()
        #expect(!LocalFiles.exists(left))
        #expect(LocalFiles.exists(kept))
    }
}
