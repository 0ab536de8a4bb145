import Synchronization
import Testing
import YggCore
import YggProcess

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct ProcessHandlerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var script: String
        var code: String?
        var exitCode: Int64?
        var signal: Int64?
        var retryable = true
        var timeouts = Timeouts()
        var testDescription: String { script }
    }

    @Test(arguments: [
        Case(script: "echo done", code: nil, exitCode: 0),
        Case(script: "echo no >&2; exit 7", code: "exit-code", exitCode: 7),
        Case(script: "kill -SEGV $$", code: "signalled", signal: 11),
        Case(script: "sleep 100", code: "run-timeout", signal: 15, timeouts: Timeouts(run: 100)),
        Case(script: "echo a; sleep 100", code: "silence-timeout", signal: 15, timeouts: Timeouts(silence: 100)),
    ])
    func `an ending becomes a result`(example: Case) async throws {
        try await Scene.with { scene in
            let context = scene.context("ops-try", JSONObject(), timeouts: example.timeouts)
            let result = await declared(["sh", "-c", example.script]).run(context)
            #expect(result.outcome == (example.code == nil ? .succeeded : .failed))
            #expect(result.error?.code == example.code)
            #expect(result.error?.retryable ?? true == example.retryable)
            #expect(result.result["exitCode"]?.intValue == example.exitCode)
            #expect(result.result["signal"]?.intValue == example.signal)
        }
    }

    @Test
    func `its last complaint is in the sentence, and all it wrote in the result`() async throws {
        try await Scene.with { scene in
            let context = scene.context("ops-try", JSONObject())
            let script = "echo oh >&2; echo '  disk is full' >&2; echo >&2; echo done; exit 1"
            let result = await declared(["sh", "-c", script]).run(context)
            #expect(result.error?.detail == "sh exited with code 1: disk is full")
            let output = try #require(result.result["output"]?.stringValue)
            // Where it stands among the others nobody knows: it is of another stream.
            #expect(output.contains("done\n"))
            #expect(output.replacing("done\n", with: "").contains("oh\n  disk is full\n\n"), "\(output)")
        }
    }

    @Test
    func `a missing command is named, with the way to get it`() async throws {
        try await Scene.with { scene in
            let context = scene.context("ops-try", JSONObject(), environment: ["PATH": scene.programs])
            let result = await declared(["cargo", "build"]).run(context)
            #expect(result.error?.code == "missing-command")
            #expect(result.error?.retryable == false)
            #expect(result.error?.detail.contains("cargo was not found on the PATH") == true)
            #expect(result.error?.detail.contains("rustup.rs") == true)
        }
    }

    @Test
    func `half a line is told while the command waits, and cancelling ends it`() async throws {
        try await Scene.with { scene in
            let context = scene.context("ops-try", JSONObject())
            let running = Task { await declared(["sh", "-c", "printf 'Password: '; sleep 1000"]).run(context) }
            let entry = await scene.firstOutput()
            #expect(entry?.data == ["stream": "stdout", "text": "Password: "])
            running.cancel()
            let result = await running.value
            #expect(result.outcome == .cancelled)
            #expect(result.error?.code == "cancelled")
            #expect(result.result["output"]?.stringValue == "Password: ")
        }
    }

    @Test
    func `an attempt that was cancelled before it began runs nothing`() async throws {
        try await Scene.with { scene in
            let context = scene.context("ops-try", JSONObject())
            let result = await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await declared(["touch", "\(scene.root)/ran"]).run(context)
            }.value
            #expect(result.outcome == .cancelled)
            #expect(!scene.exists("ran"))
        }
    }

    @Test
    func `much output is told in order and kept in short`() async throws {
        try await Scene.with { scene in
            let context = scene.context("ops-try", JSONObject())
            let result = await declared(["seq", "200000"]).run(context)
            #expect(result.outcome == .succeeded)
            let lines = scene.text(.output).split(separator: "\n")
            #expect(lines.count == 200_000)
            #expect(lines.enumerated().allSatisfy { $0.element == "\($0.offset + 1)" })
            #expect(scene.outputSizes.allSatisfy { $0 <= 32 << 10 })
            let kept = try #require(result.result["output"]?.stringValue)
            #expect(kept.utf8.count <= 64 << 10)
            #expect(kept.hasPrefix("1\n2\n"))
            #expect(kept.hasSuffix("\n199999\n200000\n"))
            #expect(kept.contains("bytes are missing here"))
        }
    }

    @Test
    func `what is read and not told is a sign of life too`() async throws {
        try await Scene.with { scene in
            let heard = Mutex(0)
            let context = scene.context("ops-try", JSONObject(), heard: { heard.withLock { $0 += 1 } })
            _ = await collectedOnly(["echo", "one"], context)
            #expect(heard.withLock { $0 } == 1)
        }
    }

    /// Runs a command as handlers do whose output is for themselves.
    private func collectedOnly(_ argv: [String], _ context: HandlerContext) async -> HandlerResult {
        await Collecting(spec: KindSpec(kind: context.kind, description: ""), argv: argv).run(context)
    }

    private struct Collecting: ProcessHandler {
        let spec: KindSpec
        let argv: [String]

        func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
            ["text": .string(await run.collect(argv).stdout)]
        }
    }

    @Test
    func `a long text of our own is told in pieces, in order`() async throws {
        try await Scene.with { scene in
            let long = (1...100_000).map { "line \($0) ä\n" }.joined()
            let transcript = Transcript(emit: scene.context("ops-try", JSONObject()).emit)
            await transcript.say(long)
            await transcript.finish()
            #expect(scene.text(.output) == long)
            #expect(scene.outputSizes.allSatisfy { $0 <= 32 << 10 })
        }
    }

    @Test
    func `out of memory has a name of its own`() {
        let outcome = ProcessOutcome(ending: .signalled(9), cause: .finished, outOfMemory: true, duration: .zero)
        let failure = outcome.failure(of: ["ld"], timeouts: Timeouts(), isInstalled: true)
        #expect(failure?.error.code == "out-of-memory")
        #expect(failure?.result["signal"]?.intValue == 9)
    }
}
