import ArgumentParser
import FoundationEssentials
import Glibc
import YggCore
import YggTorture

/// `ygg torture`.
struct Torture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Break a fleet of real processes again and again, and see whether anything is lost.",
        discussion: """
            Starts a coordinator and executors from this very program, on data of their own, loads them with tasks, and
            lets a schedule of faults loose on them: processes killed, frozen, stopped and started, links that lose,
            delay and break, disks without room. Then everything is left to finish, and what the coordinator tells is
            held against what the clients were answered and what the work itself wrote down. Exits 0 where nothing was
            lost, nothing done twice and nothing stale accepted; else it names the tasks and keeps all data and logs.

            As root, or where user namespaces are allowed, the fleet lives in network namespaces of its own with small
            disks; elsewhere those faults are left out, and that is said.

            The seed gives the schedule of faults and the load, and --show-schedule prints the former. It does not give
            the run: real processes and clocks never repeat themselves. A failure is looked for with the same seed a
            few times, and in the kept logs; `torture.log` there says when which fault was carried out.

            EXAMPLES
              ygg torture
              ygg torture --minutes 5 --seed 7
              ygg torture --seed 7 --minutes 5 --show-schedule
            """
    )

    @Option(help: ArgumentHelp("How long faults are injected.", valueName: "n"))
    var minutes: Double?

    @Option(help: ArgumentHelp("The same in seconds.", valueName: "n"))
    var seconds: Double?

    @Option(help: ArgumentHelp("What faults and load are drawn from; without it a fresh one.", valueName: "n"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("How many executors there are.", valueName: "n"))
    var executors = 4

    @Option(help: ArgumentHelp("How many tasks are submitted a second.", valueName: "n"))
    var rate = 8.0

    @Option(help: ArgumentHelp("The time to live of leases.", valueName: "3s"))
    var leaseTTL = "3s"

    @Option(help: ArgumentHelp("Where data and logs are kept.", valueName: "dir"))
    var dataDir: String?

    @Flag(help: "Keep data and logs though nothing was found.")
    var keep = false

    @Flag(help: "Print the faults of the seed, and break nothing.")
    var showSchedule = false

    @Flag(help: "One JSON value in the place of the lines.")
    var json = false

    /// It has network and mounts of its own already.
    @Flag(help: .hidden)
    var isolated = false

    /// A breach put into the evidence, so that tests can see it found.
    @Option(help: .hidden)
    var doctor: String?

    /// So many are shown; where there are more, they have one cause.
    private static let toldFindings = 40

    private var duration: Milliseconds { Milliseconds(Int64((seconds ?? (minutes ?? 1) * 60) * 1000)) }

    func validate() throws {
        guard minutes == nil || seconds == nil else {
            throw ValidationError("--minutes and --seconds exclude each other")
        }
        guard (1000...86_400_000).contains(duration.rawValue) else {
            throw ValidationError("--minutes or --seconds must be from one second to a day")
        }
        guard (2...Household.names.count).contains(executors) else {
            throw ValidationError("--executors must be from 2 to \(Household.names.count)")
        }
        guard rate > 0, rate <= 1000 else { throw ValidationError("--rate must be above 0 and at most 1000") }
        guard let ttl = Milliseconds(parsing: leaseTTL), (1000...60_000).contains(ttl.rawValue) else {
            throw ValidationError("--lease-ttl must be a duration from 1s to 1m, not \"\(leaseTTL)\"")
        }
        guard doctor == nil || Doctoring(rawValue: doctor ?? "") != nil else {
            throw ValidationError(
                "--doctor must be one of \(Doctoring.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
    }

    func run() async throws {
        let ttl = Milliseconds(parsing: leaseTTL) ?? .seconds(3)
        if showSchedule { return printSchedule(ttl) }
        if !isolated {
            let reason = await Isolation.enter()
            tell("no network and no disks of its own (\(reason)): interfaces and full disks are left out")
        }
        let seed = seed ?? UInt64.random(in: 1...999_999)
        tell("seed \(seed), faults for \(duration.text), lease TTL \(ttl.text)")
        let directory = try TortureDirectory(parent: dataDir)
        let options = TortureOptions(
            seed: seed,
            duration: duration,
            ttl: ttl,
            executors: executors,
            rate: rate,
            isIsolated: isolated,
            doctoring: doctor.flatMap(Doctoring.init(rawValue:)),
            tell: { text in Console.error("torture: \(text)\n") }
        )
        // A connection that breaks is an error, not the end.
        signal(SIGPIPE, SIG_IGN)
        let signals = await StopSignals()
        let run = Task { try await TortureRun.carryOut(options, in: directory.path) }
        let watch = Task { await signals.watch { run.cancel() } }
        defer { watch.cancel() }
        let report: TortureReport
        do {
            report = try await run.value
        } catch {
            if !keep, error is CancellationError {
                directory.remove()
            } else {
                directory.rescueDisks()
                tell("kept in \(directory.path)")
            }
            throw error
        }
        Console.out(json ? JSON.object(report.json).text + "\n" : report.text)
        guard report.isSound else { throw failed(report, directory, ttl) }
        guard keep else { return directory.remove() }
        directory.rescueDisks()
        tell("kept in \(directory.path)")
    }

    private func printSchedule(_ ttl: Milliseconds) {
        let schedule = FaultSchedule(
            seed: seed ?? 1,
            duration: duration,
            ttl: ttl,
            executors: Household(executors: executors, ttl: ttl).executors,
            abilities: .init(interfaces: true, disks: true)
        )
        let lines = schedule.faults.map { json ? JSON.object($0.json).text : $0.description }
        Console.out(lines.map { "\($0)\n" }.joined())
    }

    private func failed(_ report: TortureReport, _ directory: TortureDirectory, _ ttl: Milliseconds) -> CommandFailure {
        directory.rescueDisks()
        for finding in report.findings.prefix(Self.toldFindings) {
            tell("\(finding.breach.words): \(finding.task): \(finding.detail)")
        }
        if report.findings.count > Self.toldFindings { tell("and more; all are in report.json") }
        let all = Data(JSON.object(report.json).text.utf8)
        _ = FileManager.default.createFile(atPath: "\(directory.path)/report.json", contents: all)
        let again =
            "ygg torture --seed \(report.seed) --seconds \(duration.rawValue / 1000) --executors \(executors) "
            + "--rate \(rate) --lease-ttl \(ttl.text)"
        return CommandFailure(
            "The fleet did not keep its promises: \(report.findings.count) findings, \(report.incidents.count) incidents.",
            next: "Look into \(directory.path); try the same faults again with: \(again)"
        )
    }

    private func tell(_ text: String) { Console.error("torture: \(text)\n") }
}
