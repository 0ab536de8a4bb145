import Testing
import YggProcess

/// Who cannot run says why, and ends.
@Suite(.timeLimit(.minutes(2)))
struct FailedStartTests {
    @Test(arguments: ["executor", "up"])
    func `a port that is taken is said in a sentence`(_ role: String) async throws {
        let scratch = try ScratchDirectory()
        let coordinator = try await RunningYgg.start([
            "coordinator", "--port", "0", "--data-dir", "\(scratch.path)/coordinator",
        ])
        let port = try #require(coordinator.address.split(separator: ":").last)
        let arguments =
            role == "up"
            ? ["up", "--port", "0", "--executor-port", "\(port)"]
            : ["executor", "--id", "late", "--coordinator", coordinator.address, "--port", "\(port)"]
        let run = await collectProcess(
            ProcessSpec(
                argv: [RunningYgg.binary] + arguments + ["--data-dir", "\(scratch.path)/\(role)"],
                environment: RunningYgg.childEnvironment,
                runTimeout: .seconds(60)
            )
        )
        let words = "\(run.stdout)\(run.stderr)"
        #expect(run.outcome.ending == .exited(1), "\(words)")
        #expect(run.stderr.contains("ygg: Port \(port) "), "\(words)")
        await coordinator.stop()
    }
}
