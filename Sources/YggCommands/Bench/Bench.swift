import ArgumentParser
import Dispatch
import Glibc
import YggConfiguration

/// `ygg bench`.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a coordinator and its executors on this machine.",
        discussion: """
            Starts processes of its own over loopback HTTP, on data directories of its own, and prints one line of JSON \
            a metric, with the machine's raw limits as measured in the same run: the figures are ratios. On a terminal \
            a table follows. Ctrl-C stops everything and removes it.

            EXAMPLES
              ygg bench
              ygg bench --only raw,latency,throughput --seconds 5
              ygg bench --only claim --claim-size 100000
              ygg bench --json > bench.jsonl

            benchmarks/README.md says what each metric is and how it is measured.
            """
    )

    @Option(
        help: ArgumentHelp("Only these of \(BenchGroup.names).", valueName: "name,…"),
        transform: BenchGroup.parse(list:)
    )
    var only: [BenchGroup]?

    @Option(help: ArgumentHelp("How long each rate is measured.", valueName: "n"))
    var seconds: Double = 10

    @Option(help: ArgumentHelp("Where temporary data goes: a real disk, not memory.", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("How many tasks the large claim has queued.", valueName: "n"))
    var claimSize = 1_000_000

    @Option(help: ArgumentHelp("How many executors wait in long poll.", valueName: "n"))
    var executors = 1000

    @Flag(help: "No table, also on a terminal.")
    var json = false

    func validate() throws {
        guard seconds >= 0.5, seconds <= 600 else { throw ValidationError("--seconds must be from 0.5 to 600") }
        guard (1000...10_000_000).contains(claimSize) else {
            throw ValidationError("--claim-size must be from 1000 to 10000000")
        }
        guard (1...10_000).contains(executors) else { throw ValidationError("--executors must be from 1 to 10000") }
    }

    func run() async throws {
        let options = BenchOptions(
            groups: only ?? BenchGroup.allCases,
            seconds: seconds,
            claimSize: claimSize,
            executors: executors
        )
        let isForPeople = !json && Terminal.output.isTerminal
        let signals = await StopSignals()
        let directory = try BenchDirectory(explicit: dataDir, usual: usualDataDirectory())
        defer { directory.remove() }
        let stop = StopFlag()
        let watch = Task { await signals.watch { stop.raise() } }
        defer { watch.cancel() }
        // A connection that the coordinator closed is an error, not the end.
        signal(SIGPIPE, SIG_IGN)
        try await Self.outsideThePool {
            let report = BenchReport(isForPeople: isForPeople)
            try BenchContext(options: options, directory: directory, report: report, stop: stop).run()
        }
    }

    private func usualDataDirectory() throws -> String {
        try ResolvedSettings.resolve(
            role: .coordinator,
            flags: [:],
            environment: ProcessContext.environment,
            file: nil,
            currentDirectory: ProcessContext.workingDirectory
        ).dataDirectory
    }

    /// Runs blocking work on a thread of its own: the pool has one thread a core, and they are not to be held.
    private static func outsideThePool(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue(label: "ygg.bench").async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
