import Glibc
import Synchronization
import Testing

@testable import YggProcess

@Suite(.timeLimit(.minutes(1)))
struct GroupTests {
    @Test
    func `a grandchild that holds the pipe does not hang the call`() async throws {
        let result = await collectProcess(script("sleep 1000 & echo $!"))
        #expect(result.outcome.succeeded)
        try await death(of: try #require(pid_t(result.stdout.dropLast())))
    }

    @Test
    func `a grandchild that goes on writing does not hang the call`() async throws {
        let result = await collectProcess(script("yes & echo $! >&2"))
        #expect(result.outcome.succeeded)
        try await death(of: try #require(pid_t(result.stderr.dropLast())))
    }

    @Test(arguments: ["sleep 1000", "yes"])
    func `a grandchild in a session of its own does not hang the call`(command: String) async throws {
        let result = await collectProcess(script("setsid \(command) & echo $! >&2"))
        #expect(result.outcome.succeeded)
        let grandchild = try #require(pid_t(result.stderr.dropLast()))
        // Out of the group's reach: the one that writes ends by its broken pipe, the other must be ended here.
        kill(grandchild, SIGKILL)
        try await death(of: grandchild)
    }

    @Test
    func `the child leads a session and yields to us`() async throws {
        struct Standing: Equatable {
            var session: pid_t
            var group: pid_t
            var nice: Int32
            var score: String?
        }
        let seen = Mutex<(id: pid_t, standing: Standing)?>(nil)
        let outcome = await runProcess(
            script("cat", input: []),
            onOutput: { _, _ in },
            onStart: { id in
                let standing = Standing(
                    session: getsid(id),
                    group: getpgid(id),
                    nice: getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(id)),
                    score: SmallFile.read("/proc/\(id)/oom_score_adj")
                )
                seen.withLock { $0 = (id, standing) }
            }
        )
        #expect(outcome.succeeded)
        let (id, standing) = try #require(seen.withLock { $0 })
        let nice = min(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) + 5, 19)
        #expect(standing == Standing(session: id, group: id, nice: nice, score: "900\n"))
    }
}
