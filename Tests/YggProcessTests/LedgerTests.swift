import Glibc
import SystemPackage
import Testing

@testable import YggProcess

/// What an executor that was killed left running, as the next one finds it.
@Suite(.timeLimit(.minutes(1)))
struct LedgerTests {
    private let directory: String
    private let ledger: ProcessLedger

    init() throws {
        directory = "/tmp/ygg-ledger-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        ledger = try ProcessLedger(directory: directory)
    }

    private func entries() -> [String] {
        ((try? DirectoryNames.read(directory)) ?? []).filter { !$0.hasPrefix(".") }
    }

    private func enter(_ name: String) { close(creat("\(directory)/\(name)", 0o600)) }

    /// A child with a grandchild in its group; `body` gets their numbers.
    private func withChild(_ body: (pid_t, _ grandchild: pid_t, BackgroundRun) async throws -> Void) async throws {
        let run = BackgroundRun(script("sleep 600 & echo $$ $!; wait"))
        let numbers = await run.firstWords().split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        try #require(numbers.count == 2)
        try await body(numbers[0], numbers[1], run)
        run.task.cancel()
        _ = await run.task.value
        rmdir(directory)
    }

    @Test func `a group is on file while it lives, and no longer`() async throws {
        let seen = await ProcessScope.$witness.withValue(ledger) {
            await collectProcess(
                script("while [ -z \"$(ls '\(directory)')\" ]; do :; done; ls '\(directory)'; echo $$")
            )
        }
        let lines = seen.stdout.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("\(lines[1])."), "\(seen.stdout)")
        #expect(entries() == [])
        rmdir(directory)
    }

    /// However busy this process is: what was started must be found by the next one though nothing here ever ran again.
    @Test func `a child is on file before whoever started it hears of it`() async throws {
        let child = try await Child.start("/bin/sh", script("sleep 600"), witness: ledger)
        #expect(entries().count == 1)
        #expect(ledger.killLeftovers().map(\.pid) == [child.group.id])
        #expect(await child.reap() == .signalled(SIGKILL))
        rmdir(directory)
    }

    @Test func `the group of an earlier process is killed, grandchildren and all`() async throws {
        try await withChild { pid, grandchild, run in
            ledger.began(pid)
            let killed = ledger.killLeftovers()
            #expect(killed.map(\.pid) == [pid])
            #expect(await run.task.value.ending == .signalled(SIGKILL))
            #expect(!isAlive(grandchild), "what is started next does not run beside it")
            #expect(entries() == [])
        }
    }

    @Test(arguments: ["900", "0"])
    func `of a leader that is gone, whoever carries our mark is killed`(mark: String) async throws {
        let family = "echo \(mark) > /proc/self/oom_score_adj; sleep 600 & echo $$ $!"
        let run = BackgroundRun(script("setsid sh -c '\(family)'; read _"))
        let numbers = await run.firstWords().split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        try #require(numbers.count == 2)
        let (leader, child) = (numbers[0], numbers[1])
        // Reaped as well: a zombie still has the number, with a start that is not the entry's.
        while ProcessIdentity(of: leader) != nil { try await Task.sleep(for: .milliseconds(5)) }
        enter("\(leader).1.\(try #require(ProcessIdentity.bootID))")
        let isOurs = mark == "900"
        #expect(ledger.killLeftovers().map(\.pid) == (isOurs ? [leader] : []))
        if isOurs { try await death(of: child) } else { #expect(kill(child, SIGKILL) == 0, "it was left alone") }
        #expect(entries() == [])
        run.task.cancel()
        _ = await run.task.value
        rmdir(directory)
    }

    @Test func `a number that belongs to somebody else by now is left alone`() async throws {
        try await withChild { pid, _, _ in
            let other = try #require(ProcessIdentity(of: pid))
            for name in [
                "\(pid).\(other.startTime + 1).\(other.bootID)", "\(pid).\(other.startTime).another-boot",
                "\(pid).\(other.startTime)", "1.\(other.startTime).\(other.bootID)", "\(pid)",
            ] {
                enter(name)
            }
            #expect(ledger.killLeftovers() == [])
            #expect(other.exists)
            #expect(entries() == [])
        }
    }

    @Test func `a name full of brackets and blanks does not hide the time of a start`() async throws {
        let program = "\(directory)/a) b (c"
        let run = BackgroundRun(script("cp /bin/sh '\(program)' && exec '\(program)' -c 'echo $$; read _; sleep 600'"))
        let pid = try #require(pid_t(await run.firstWords().prefix { $0.isNumber }))
        let (own, child) = (try #require(ProcessIdentity(of: getpid())), try #require(ProcessIdentity(of: pid)))
        #expect(child.startTime >= own.startTime)
        #expect(child.exists)
        run.task.cancel()
        _ = await run.task.value
        #expect(!child.exists)
        unlink(program)
        rmdir(directory)
    }
}
