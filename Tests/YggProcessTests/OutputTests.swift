import Glibc
import Synchronization
import Testing

@testable import YggProcess

@Suite(.timeLimit(.minutes(1)))
struct OutputTests {
    @Test
    func `ten megabytes of output arrive intact`() async {
        let recorder = Recorder()
        let outcome = await runProcess(script("seq 1 1400000")) { recorder.take($0, $1) }
        #expect(outcome.succeeded)
        var expected: [UInt8] = []
        for number in 1...1_400_000 { expected += "\(number)\n".utf8 }
        #expect(expected.count > 10_000_000)
        #expect(recorder.bytes(.stdout) == expected)
        #expect(recorder.bytes(.stderr).isEmpty)
    }

    @Test
    func `two full pipes do not block each other`() async {
        let recorder = Recorder()
        let both = "head -c 1000000 /dev/zero & head -c 1000000 /dev/zero >&2; wait"
        let outcome = await runProcess(script(both)) { recorder.take($0, $1) }
        #expect(outcome.succeeded)
        #expect(recorder.bytes(.stdout).count == 1_000_000)
        #expect(recorder.bytes(.stderr).count == 1_000_000)
    }

    @Test
    func `a slow caller makes the child wait and loses nothing`() async {
        let recorder = Recorder()
        let outcome = await runProcess(script("head -c 1000000 /dev/zero")) { stream, bytes in
            recorder.take(stream, bytes)
            try? await Task.sleep(for: .milliseconds(5))
        }
        #expect(outcome.succeeded)
        #expect(recorder.bytes(.stdout).count == 1_000_000)
    }

    @Test
    func `a child without input reads the end of file`() async {
        let result = await collectProcess(script("cat; readlink /proc/self/fd/0"))
        #expect(result.stdout == "/dev/null\n")
    }

    @Test
    func `a child is given its input, however much it is`() async {
        let input = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
        let recorder = Recorder()
        let outcome = await runProcess(script("cat", input: input)) { recorder.take($0, $1) }
        #expect(outcome.succeeded)
        #expect(recorder.bytes(.stdout) == input)
    }

    @Test(arguments: ["true", "exec 0<&-; sleep 0.1", "sleep 1000 & exit 0"])
    func `input that nobody reads does no harm`(text: String) async {
        let input = [UInt8](repeating: 0, count: 3_000_000)
        #expect(await runProcess(script(text, input: input)) { _, _ in }.succeeded)
    }

    @Test
    func `the child does not inherit our indifference to broken pipes`() async {
        let result = await collectProcess(script("cat >&2; (yes; echo $? >&2) | head -1", input: []))
        #expect(result.stdout == "y\n")
        #expect(result.stderr == "141\n")
    }

    @Test
    func `a collected run keeps both ends of what is too long`() async {
        let result = await collectProcess(script("seq 1 100000; echo short >&2"), limit: 20)
        #expect(result.outcome.succeeded)
        #expect(result.truncated)
        #expect(result.stdout == "1\n2\n3\n4\n5\n[588875 bytes are missing here]\n99\n100000\n")
        #expect(result.stderr == "short\n")
    }

    @Test
    func `a hundred runs leave no descriptor and no zombie behind`() async {
        // A process of its own: tests that run beside this one open descriptors too.
        await #expect(processExitsWith: .success) {
            _ = await collectProcess(script("true"))
            let before = descriptors()
            for number in 0..<100 {
                let text = ["true", "sleep 1000 &", "echo out; echo err >&2", "no-such-command"][number % 4]
                _ = await collectProcess(script(text, input: number % 2 == 0 ? nil : [1, 2, 3]))
                _ = await collectProcess(ProcessSpec(argv: ["no-such-command"], environment: [:]))
            }
            // The runtime opens a timer or two when it first needs them; a leak would be one a run.
            precondition(descriptors() < before + 10, "Descriptors have leaked.")
            var status: Int32 = 0
            precondition(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD, "A child was left unreaped.")
        }
    }
}

/// How many this process has open.
func descriptors() -> Int {
    (0..<1024).count { fcntl($0, F_GETFD) >= 0 }
}
