import FoundationEssentials
import Testing
import YggProcess

/// The double against a client that somebody else wrote. `scripts/test.sh` installs it; the fast profile leaves it out.
@Suite(.timeLimit(.minutes(3)), .enabled(if: ProcessInfo.processInfo.environment["TEST_PROFILE"] == "full"))
struct BeadsPeerTests {
    @Test func `the beads-mcp package takes the double for bd`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let python = try #require(
            environment["YGG_TEST_PYTHON"],
            "the full profile needs the peers that scripts/test.sh installs"
        )
        let folder = BeadsDouble.program.split(separator: "/").dropLast().joined(separator: "/")
        let run = await collectProcess(
            ProcessSpec(
                argv: [python, "/\(folder)/check_bd_double.py", BeadsDouble.program],
                environment: cleanEnvironment(from: environment)
            )
        )
        #expect(run.outcome.succeeded, "\(run.stdout)\(run.stderr)")
        #expect(run.stdout.contains("3 versions passed"))
    }
}
