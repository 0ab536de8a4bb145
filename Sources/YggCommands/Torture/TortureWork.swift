import ArgumentParser
import Glibc
import YggCore
import YggTorture

/// `ygg torture-work`: what the kinds of the tortured fleet run. It writes down that it began, that it is there, and that
/// it ended, with the task and the epoch that its executor says it is for.
struct TortureWork: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture-work",
        abstract: "The work of `ygg torture`.",
        shouldDisplay: false
    )

    @Option(help: "The file to append to.") var ledger: String
    @Option(help: "How long it takes.") var runsMs: Int64
    @Option(help: "How many lines it says.") var lines: Int
    @Option(help: "It fails in epochs below this one.") var failsBefore: Int64
    @Option(help: "true where it does not end when it is told to.") var stubborn: String

    private static let betweenSigns = MonotonicTime.nanoseconds(0.05)

    func run() throws {
        guard let task = ProcessContext.variable("YGG_TASK"), let text = ProcessContext.variable("YGG_EPOCH"),
            let epoch = Int64(text)
        else { throw CommandFailure("Its executor does not say which task and epoch it is for.", status: .usage) }
        let file = open(ledger, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CommandFailure("\(ledger) cannot be written.") }
        let end = MonotonicTime.now + runsMs * 1_000_000
        // Whoever does not listen is killed when its grace is over; whoever does ends at once.
        if stubborn == "true" { signal(SIGTERM, SIG_IGN) }
        func write(_ mark: LedgerEntry.Mark) {
            let at = Instant(nanoseconds: MonotonicTime.now)
            var line = LedgerEntry(task: task, epoch: epoch, pid: getpid(), mark: mark, at: at).line
            line.withUTF8 { _ = Glibc.write(file, $0.baseAddress, $0.count) }
        }
        write(.start)
        for number in 0..<lines {
            Console.out(SaidLine(task: task, epoch: epoch, number: number + 1, count: lines).line)
        }
        while MonotonicTime.now < end {
            MonotonicTime.sleep(until: min(end, MonotonicTime.now + Self.betweenSigns))
            write(.alive)
        }
        if epoch < failsBefore { throw ExitCode(75) }
        write(.end)
    }
}
