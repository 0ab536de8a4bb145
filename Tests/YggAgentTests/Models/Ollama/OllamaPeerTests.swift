import FoundationEssentials
import Testing
import YggProcess

/// The double against a client that somebody else wrote. `scripts/test.sh` installs it; the fast profile leaves it out.
@Suite(.timeLimit(.minutes(2)), .enabled(if: ProcessInfo.processInfo.environment["TEST_PROFILE"] == "full"))
struct OllamaPeerTests {
    @Test func `the ollama package takes the double for a server`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let python = try #require(
            environment["YGG_TEST_PYTHON"],
            "the full profile needs the peers that scripts/test.sh installs"
        )
        try await OllamaDouble.run { double in
            let script = "\(OllamaDouble.folder)/check_ollama_double.py"
            let run = await collectProcess(
                ProcessSpec(argv: [python, script, double.address], environment: cleanEnvironment(from: environment))
            )
            #expect(run.outcome.succeeded, "\(run.stdout)\(run.stderr)")
            #expect(run.stdout.contains("6 checks passed"))
        }
    }
}
