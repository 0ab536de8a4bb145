import Glibc
import Testing

@testable import YggProcess

@Suite(.timeLimit(.minutes(1)))
struct EndingTests {
    @Test(arguments: [
        ("exit 0", ProcessOutcome.Ending.exited(0)),
        ("exit 7", .exited(7)),
        ("exit 255", .exited(255)),
        ("kill -TERM $$", .signalled(SIGTERM)),
        ("kill -SEGV $$", .signalled(SIGSEGV)),
        ("kill -KILL $$", .signalled(SIGKILL)),
        ("exec >&- 2>&-; sleep 0.2; exit 9", .exited(9)),
    ])
    func `the outcome tells how the command ended`(text: String, ending: ProcessOutcome.Ending) async {
        let outcome = await runProcess(script(text)) { _, _ in }
        #expect(outcome.ending == ending)
        #expect(outcome.cause == .finished)
        #expect(!outcome.outOfMemory)
        #expect(outcome.succeeded == (ending == .exited(0)))
        #expect(outcome.duration > .zero)
    }

    @Test(arguments: [
        (["no-such-command"], nil, "no-such-command was not found on the PATH (/usr/bin:/bin)."),
        (["/no/such/file"], nil, "/no/such/file does not exist."),
        (["./no-such-file"], "/usr", "/usr/./no-such-file does not exist."),
        (["/usr"], nil, "/usr is a directory and not a program."),
        (["/etc/passwd"], nil, "/etc/passwd may not be executed: permission denied."),
        (["/dev/null"], nil, "/dev/null is not a program."),
        (["true"], "/no/such/place", "The working directory /no/such/place does not exist."),
        (["true"], "/etc/passwd", "The working directory /etc/passwd is not a directory."),
        (["true", "a\0b"], nil, "An argument of true contains a NUL byte, which no program can be given."),
        ([], nil, "There is no command to run: argv is empty."),
        ([""], nil, "There is no command to run: argv is empty."),
    ])
    func `what cannot start is explained in a sentence`(
        argv: [String],
        directory: String?,
        sentence: String
    ) async {
        let spec = ProcessSpec(
            argv: argv,
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: directory
        )
        let outcome = await runProcess(spec) { _, _ in }
        #expect(outcome.ending == .notStarted(sentence))
        #expect(outcome.cause == .finished)
        #expect(!outcome.succeeded)
    }

    @Test(arguments: [
        ("#!/no/such/interpreter\n", "the interpreter its first line names does not exist."),
        (
            "neither this nor that\n",
            "is neither a program for this machine nor a script whose first line begins with #!."
        ),
    ])
    func `a script that the kernel refuses is explained`(content: String, end: String) async {
        await withTemporaryFile(content, mode: 0o700) { path in
            let outcome = await runProcess(ProcessSpec(argv: [path], environment: [:])) { _, _ in }
            guard case .notStarted(let sentence) = outcome.ending else {
                Issue.record("It ended as \(outcome.ending).")
                return
            }
            #expect(sentence.hasPrefix(path) && sentence.hasSuffix(end))
        }
    }

    /// A child that is being started holds whatever is open at that moment until it begins its own program.
    @Test
    func `a program that was written a moment ago starts, whatever else is being started`() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { while !Task.isCancelled { _ = await runProcess(script("exit 0")) { _, _ in } } }
            }
            for _ in 0..<200 {
                await withTemporaryFile("#!/bin/sh\nexit 7\n", mode: 0o700) { path in
                    let outcome = await runProcess(ProcessSpec(argv: [path], environment: [:])) { _, _ in }
                    #expect(outcome.ending == .exited(7))
                }
            }
            group.cancelAll()
        }
    }

    @Test
    func `a program that stays open for writing is not waited for in vain`() async {
        await withTemporaryFile("#!/bin/sh\n", mode: 0o700) { path in
            let writer = open(path, O_WRONLY | O_CLOEXEC)
            defer { close(writer) }
            let outcome = await runProcess(ProcessSpec(argv: [path], environment: [:])) { _, _ in }
            #expect(outcome.ending == .notStarted("\(path) could not be started: somebody has it open for writing."))
        }
    }

    @Test
    func `a command is looked up without a PATH in the places execvp knows`() async {
        let result = await collectProcess(ProcessSpec(argv: ["env"], environment: ["ONLY": "this"]))
        #expect(result.stdout == "ONLY=this\n")
    }

    @Test
    func `a task that is cancelled already starts nothing`() async {
        let outcome = await withTaskGroup(of: ProcessOutcome.self) { group in
            group.cancelAll()
            group.addTask { await runProcess(script("exit 0")) { _, _ in } }
            return await group.next()
        }
        #expect(outcome?.cause == .cancelled)
        #expect(outcome?.ending == .notStarted("The work was cancelled before the command was started."))
    }

    @Test
    func `the child starts in its working directory under its own name`() async {
        let spec = ProcessSpec(
            argv: ["sh", "-c", "pwd; echo $0"],
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: "/usr"
        )
        #expect(await collectProcess(spec).stdout == "/usr\nsh\n")
    }
}

/// A file that exists as long as `body` runs.
private func withTemporaryFile(_ content: String, mode: mode_t, _ body: (String) async -> Void) async {
    var template = Array("/tmp/ygg-process-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    let path = template.withUnsafeBufferPointer {
        String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    let written = Array(content.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    #expect(written == content.utf8.count)
    #expect(fchmod(file, mode) == 0)
    close(file)
    await body(path)
    unlink(path)
}
