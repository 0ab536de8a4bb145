import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import YggProcess

@Suite(.timeLimit(.minutes(1)))
struct ChildTests {
    /// Runs a script to its end, without limits and groups around it.
    private static func run(_ spec: ProcessSpec, watching: (@Sendable (pid_t) -> Int32)? = nil) async throws -> (
        output: [UInt8], ending: ProcessOutcome.Ending
    ) {
        let shell = FilePath("/bin/sh")
        let child =
            if let watching {
                try await Child.start(shell, spec, watching: watching)
            } else {
                try await Child.start(shell, spec)
            }
        var output: [UInt8] = []
        while let bytes = await child.next(of: .stdout) { output += bytes }
        await child.exit()
        return (output, await child.reap())
    }

    @Test(arguments: [
        "echo out; exit 3", "cat; exit 3", "exec >&-; sleep 0.05; exit 3", "sleep 100 & echo out; exit 3",
    ])
    func `the end is seen where the kernel gives no descriptor of a process`(text: String) async throws {
        let spec = script(text, input: Array("out\n".utf8))
        let (output, ending) = try await Self.run(spec) { _ in -1 }
        #expect(String(decoding: output, as: UTF8.self) == (text.hasPrefix("exec") ? "" : "out\n"))
        #expect(ending == .exited(3))
    }

    @Test func `what was written before the end is read after it`() async throws {
        let child = try await Child.start("/bin/sh", script("seq 1 5000; echo done >&2"))
        await child.exit()
        var output: [UInt8] = []
        while let bytes = await child.next(of: .stdout) { output += bytes }
        #expect(output.count(where: { $0 == 0x0A }) == 5000)
        #expect(await child.next(of: .stderr) == Array("done\n".utf8))
        #expect(await child.next(of: .stderr) == nil)
        #expect(await child.reap() == .exited(0))
    }

    @Test func `a program that cannot be started leaves nothing open`() async throws {
        // A process of its own: tests that run beside this one open descriptors too.
        await #expect(processExitsWith: .success) {
            func start() async {
                do throws(Errno) {
                    _ = try await Child.start("/no/such/program", script("", input: [1]))
                    preconditionFailure("It was started.")
                } catch {
                    precondition(error == .noSuchFileOrDirectory, "\(error)")
                }
            }
            await start()
            let before = descriptors()
            for _ in 0..<300 { await start() }
            precondition(descriptors() < before + 10, "Descriptors have leaked.")
        }
    }

    /// Runs that end in every way and at every moment, beside each other, so that the numbers of what one has closed are
    /// another's at once.
    @Test func `of hundreds of runs beside each other every end is seen`() async {
        let texts = [
            "true", "echo out; echo err >&2", "cat", "exit 3", "sleep 1000 & exit 0", "echo ready; sleep 1000",
            "exec >&- 2>&-; sleep 0.02", "head -c 300000 /dev/zero",
            "trap 'echo bye; exit' TERM; echo ready; sleep 1000 & wait",
        ]
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<12 {
                group.addTask {
                    for round in 0..<18 {
                        let text = texts[(lane + round) % texts.count]
                        let input = round % 3 == 0 ? [UInt8](repeating: 0x61, count: 100_000) : nil
                        let run = BackgroundRun(script(text, input: input, runTimeout: .milliseconds(300)))
                        if round % 2 == 0 {
                            _ = await run.firstWords()
                            run.task.cancel()
                        }
                        let outcome = await run.task.value
                        if case .notStarted(let reason) = outcome.ending { Issue.record("\(text): \(reason)") }
                        if round % 2 == 1, text == "exit 3", outcome.cause == .finished {
                            #expect(outcome.ending == .exited(3))
                        }
                    }
                }
            }
        }
    }
}
