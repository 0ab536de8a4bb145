import Glibc
import Testing

@testable import YggProcess

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    @Test(arguments: ["sleep 1000", "yes", "exec >&- 2>&-; sleep 1000", "kill -STOP $$"])
    func `the run timeout ends whatever the child does`(text: String) async {
        let outcome = await runProcess(script(text, runTimeout: .milliseconds(100))) { _, _ in }
        #expect(outcome.ending == .signalled(SIGTERM))
        #expect(outcome.cause == .runTimeout)
        #expect(outcome.duration >= .milliseconds(100))
        #expect(!outcome.succeeded)
    }

    @Test
    func `silence after the last output ends the child`() async {
        // Long enough for a busy machine: silence begins with the call, and the child has yet to start.
        let run = BackgroundRun(script("echo here; sleep 1000", silenceTimeout: .seconds(10)))
        let outcome = await run.task.value
        #expect(outcome.ending == .signalled(SIGTERM))
        #expect(outcome.cause == .silenceTimeout)
        #expect(run.recorder.text(.stdout) == "here\n")
    }

    @Test
    func `a command that is faster than its limits does not meet them`() async {
        let spec = script("echo done", runTimeout: .seconds(50), silenceTimeout: .seconds(50))
        let outcome = await runProcess(spec) { _, _ in }
        #expect(outcome.succeeded)
        #expect(outcome.duration < .seconds(50))
    }

    @Test
    func `cancelling ends the child and the grandchildren of its group`() async throws {
        let run = BackgroundRun(script("sleep 1000 & echo $!; wait"))
        let grandchild = try #require(pid_t(await run.firstWords().dropLast()))
        #expect(isAlive(grandchild))
        run.task.cancel()
        let outcome = await run.task.value
        #expect(outcome.ending == .signalled(SIGTERM))
        #expect(outcome.cause == .cancelled)
        try await death(of: grandchild)
    }

    @Test(arguments: ["sleep 1000", #"sh -c 'trap "" TERM; sleep 1000'"#])
    func `cancelling ends whoever left the group and stayed in the session`(job: String) async throws {
        // Job control gives the job a group of its own.
        var spec = script("", killGrace: .milliseconds(200))
        spec.argv = ["bash", "-c", "set -m; \(job) & echo $!; set +m; sleep 1000"]
        let run = BackgroundRun(spec)
        let stranger = try #require(pid_t(await run.firstWords().dropLast()))
        #expect(isAlive(stranger) && getpgid(stranger) == stranger)
        run.task.cancel()
        #expect(await run.task.value.cause == .cancelled)
        try await death(of: stranger)
    }

    @Test
    func `a child that ignores SIGTERM is killed after the grace`() async {
        let run = BackgroundRun(script("trap '' TERM; echo ready; sleep 1000", killGrace: .milliseconds(200)))
        #expect(await run.firstWords() == "ready\n")
        run.task.cancel()
        let outcome = await run.task.value
        #expect(outcome.ending == .signalled(SIGKILL))
        #expect(outcome.cause == .cancelled)
        #expect(!outcome.outOfMemory)
        #expect(outcome.duration >= .milliseconds(200))
    }

    @Test
    func `the last words of a cancelled child are heard`() async {
        // A shell in `wait` is interrupted by a signal. With a command in the foreground, a signal between its fork and its exec
        // is lost, and the trap never runs.
        let clean = "trap 'echo cleaning; sleep 0.1; echo clean; exit 3' TERM; sleep 1000 & echo ready; wait"
        let run = BackgroundRun(script(clean))
        #expect(await run.firstWords() == "ready\n")
        run.task.cancel()
        let outcome = await run.task.value
        #expect(outcome.ending == .exited(3))
        #expect(outcome.cause == .cancelled)
        #expect(run.recorder.text(.stdout) == "ready\ncleaning\nclean\n")
    }

    @Test
    func `a caller that takes no output cannot hold up a cancelled run`() async {
        let (calls, called) = AsyncStream.makeStream(of: Void.self)
        let never = AsyncStream<Never>.makeStream()
        let task = Task {
            await runProcess(script("yes")) { _, _ in
                called.yield()
                // Ends by the cancellation of its task alone.
                for await _ in never.stream {}
            }
        }
        for await _ in calls { break }
        task.cancel()
        #expect(await task.value.cause == .cancelled)
        withExtendedLifetime(never.continuation) {}
    }

    @Test
    func `a slow caller is neither the child's silence nor its time`() async {
        // Both count from the call: the child of a busy machine has them to start in.
        let spec = script("echo out", runTimeout: .seconds(10), silenceTimeout: .seconds(10))
        let outcome = await runProcess(spec) { _, _ in
            // The thing under test is time that passes here.
            try? await Task.sleep(for: .seconds(11))
        }
        #expect(outcome.succeeded)
    }
}
