import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// `ygg run` where there is nothing but a repository, as in a container of a CI system.
@Suite(.timeLimit(.minutes(2)))
struct RunOnceTests {
    private static let patch = """
        --- a/calc.py
        +++ b/calc.py
        @@ -1,5 +1,5 @@
         def add(a, b):
        -    return a - b
        +    return a + b
         
         
         def double(a):

        """

    /// A process with no home and no place for data: both stand where nothing can be made.
    private static func run(_ shop: Workshop, _ arguments: [String]) async -> CollectedOutput {
        await collectProcess(
            ProcessSpec(
                argv: [RunningYgg.binary, "run"] + arguments + ["--config", shop.configuration],
                environment: RunningYgg.childEnvironment.merging([
                    "HOME": "/proc/none", "YGG_DATA_DIR": "/proc/none", "YGG_WORKSPACE": shop.repository,
                    "TMPDIR": "\(shop.directory)/tmp",
                ]) { $1 },
                workingDirectory: shop.repository,
                runTimeout: .seconds(100)
            )
        )
    }

    private static func with(turns: String, _ body: (Workshop) async throws -> Void) async throws {
        let scratch = try ScratchDirectory()
        let shop = try await Workshop(in: scratch.path, turns: turns)
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/tmp", withIntermediateDirectories: true)
        try await body(shop)
        // What it worked in has gone with it, and nothing was left in the repository.
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/tmp") == [])
        let status = await tool("git", "status", "--porcelain", "--ignored", directory: shop.repository)
        #expect(status.stdout.split(separator: "\n").allSatisfy { !$0.hasPrefix("??") }, "\(status.stdout)")
    }

    @Test func `what is to be reviewed is shown and does not land`() async throws {
        try await Self.with(turns: "  - {text: nothing}") { shop in
            let commit = [
                "git-commit", "-p", "repo=\(shop.repository)", "-p", "message=It adds", "-p", "patch=\(Self.patch)",
            ]
            let shown = await Self.run(shop, commit)
            #expect(shown.outcome.succeeded, "\(shown.stdout)\(shown.stderr)")
            #expect(shown.stdout.contains("+    return a + b") && shown.stderr.contains("--approve"))
            #expect(await shop.file("calc.py").contains("a - b"))
            let json = await Self.run(shop, commit + ["--json"])
            let result = try JSON(parsing: Array(json.stdout.utf8))
            #expect(result["landed"] == false && result["outcome"] == "succeeded")
            #expect(result["patch"]?.stringValue?.contains("+    return a + b") == true)
            let landed = await Self.run(shop, commit + ["--approve"])
            #expect(landed.outcome.succeeded, "\(landed.stdout)\(landed.stderr)")
            #expect(await shop.file("calc.py").contains("a + b"))
        }
    }

    @Test func `what needs no review lands`() async throws {
        let turns = """
              - calls: [{name: edit_file, arguments: {path: calc.py, old_text: "return a - b", new_text: "return a + b"}}]
              - calls: [{name: finish, arguments: {summary: It adds now.}}]
            """
        try await Self.with(turns: turns) { shop in
            try
                (try String(contentsOfFile: shop.configuration, encoding: .utf8)
                + "codeKinds:\n  - {kind: code-mend, prompt: 'Mend it', tier: [], verification: test, mode: agent}\n")
                .write(toFile: shop.configuration, atomically: true, encoding: .utf8)
            let test = ["-p", "test=python3", "-p", "test=-m", "-p", "test=unittest"]
            let done = await Self.run(shop, ["code-mend", "-p", "repo=\(shop.repository)"] + test)
            #expect(done.outcome.succeeded, "\(done.stdout)\(done.stderr)")
            #expect(await shop.file("calc.py").contains("a + b"))
        }
    }

    @Test func `where nothing can be written it says what to do`() async throws {
        let output = await tool(
            RunningYgg.binary,
            "run",
            "bench-noop",
            environment: ["HOME": "/proc/none", "YGG_DATA_DIR": "/proc/none", "TMPDIR": "/proc/none"]
        )
        #expect(output.outcome.ending == .exited(1) && output.stderr.contains("--tmpfs /tmp"), "\(output.stderr)")
    }

    @Test func `in an image a missing command is a package of its next build`() async throws {
        let scratch = try ScratchDirectory()
        let shop = try await Workshop(in: scratch.path, turns: "  - {text: nothing}")
        let output = await tool(
            RunningYgg.binary,
            "run",
            "dev-build",
            "-p",
            "repo=\(shop.repository)",
            "-p",
            "tool=cargo",
            "--data-dir",
            "\(scratch.path)/data",
            environment: ["YGG_IMAGE": "executor", "PATH": "/usr/bin:/bin"]
        )
        guard await tool("sh", "-c", "command -v cargo", environment: ["PATH": "/usr/bin:/bin"]).stdout.isEmpty else {
            return
        }
        #expect(output.stderr.contains(#"--build-arg EXTRA_PACKAGES="cargo""#), "\(output.stdout)\(output.stderr)")
    }
}
