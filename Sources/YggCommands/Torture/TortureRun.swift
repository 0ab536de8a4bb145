import Dispatch
import FoundationEssentials
import Glibc
import YggClient
import YggCore
import YggProcess
import YggTorture

/// What somebody asked for.
struct TortureOptions: Sendable {
    var seed: UInt64
    var duration: Milliseconds
    var ttl: Milliseconds
    var executors: Int
    var rate: Double
    var isIsolated: Bool
    var doctoring: Doctoring?
    /// Where progress goes.
    var tell: @Sendable (String) -> Void
}

/// One run: the fleet is started, tortured, left to finish, stopped, and what was seen is audited.
struct TortureRun {
    private let options: TortureOptions
    private let fleet: TortureFleet
    private let log: TortureLog
    private let startedAt: Int64
    private let load: LoadDriver
    private let injector: FaultInjector
    private let watcher: Watcher

    /// How long the fleet may take to finish what there is when everything is well again.
    private static let settling = 120.0

    /// - Parameter directory: for data, ledgers and logs of this run alone.
    static func carryOut(_ options: TortureOptions, in directory: String) async throws -> TortureReport {
        let household = Household(executors: options.executors, ttl: options.ttl)
        let fleet = try await TortureFleet.assemble(
            household,
            directory: directory,
            isIsolated: options.isIsolated,
            diskMegabytes: 96 + Int(options.duration.rawValue / 10_000)
        )
        // The links are carried by a thread of their own: they must go on whatever the pool is busy with.
        DispatchQueue(label: "ygg.torture.links").async { fleet.links.run() }
        do {
            try await fleet.start()
            return try await TortureRun(options, fleet).report()
        } catch {
            // A shield, awaited at once: an interrupted run, too, leaves no process behind.
            _ = await Task { await fleet.end() }.value
            throw error
        }
    }

    private init(_ options: TortureOptions, _ fleet: TortureFleet) throws {
        self.options = options
        self.fleet = fleet
        startedAt = MonotonicTime.now
        log = try TortureLog(path: "\(fleet.directory)/torture.log", startedAt: startedAt)
        let household = fleet.household
        let schedule = FaultSchedule(
            seed: options.seed,
            duration: options.duration,
            ttl: options.ttl,
            executors: household.executors,
            abilities: fleet.abilities
        )
        let end = startedAt + options.duration.rawValue * 1_000_000
        load = LoadDriver(
            Workload(seed: options.seed, duration: options.duration, rate: options.rate),
            url: fleet.clientURL,
            startedAt: startedAt,
            deadline: end + MonotonicTime.nanoseconds(60),
            log: log
        )
        injector = FaultInjector(fleet, schedule, startedAt: startedAt, log: log)
        watcher = Watcher(fleet, log: log)
    }

    private func report() async throws -> TortureReport {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watcher.run() }
            group.addTask { await tellProgress() }
            async let faults: Void = injector.run()
            async let work: Void = load.run()
            _ = try await (faults, work)
            options.tell("the last fault is over; waiting for the rest of the work")
            try await settle()
            group.cancelAll()
        }
        let lasted = Milliseconds((MonotonicTime.now - startedAt) / 1_000_000)
        var evidence = Evidence()
        evidence.asked = load.asked
        evidence.observations = load.observations + watcher.observations
        evidence.outages = injector.outages
        evidence.tasks = try await TaskCollector(fleet.direct).tasks()
        var incidents = injector.incidents + watcher.incidents
        incidents += await Task { await fleet.end() }.value.map { "\($0) had to be killed at the end." }
        incidents += await storeProblems()
        evidence.ledger = ledger()
        if let doctoring = options.doctoring { evidence = doctoring.apply(to: evidence) }
        var report = TortureReport(
            seed: options.seed,
            lasted: lasted,
            findings: Audit(evidence).findings(),
            incidents: incidents
        )
        report.count(evidence)
        report.count(faults: injector.injected)
        report.lostAnswers = load.lostAnswers
        report.restarts = fleet.restarts
        report.longestRecovery = injector.longestRecovery
        report.longestStall = watcher.longestStall
        return report
    }

    /// Waits until nothing is open any more; gives up where that takes too long, which the audit then finds.
    private func settle() async throws {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(Self.settling)
        var told: Set<String> = []
        while MonotonicTime.now < deadline {
            if let open = try await fleet.ask({ try await openTasks() }) {
                if open.isEmpty { return }
                // Whoever is long in coming is what a reader of the log wants to know about.
                let words =
                    open.count > 10 ? [] : open.map { "\($0.id) \($0.kind) is \($0.stateText) \($0.executor ?? "")" }
                for line in words where told.insert(line).inserted { log.write("open", line) }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func openTasks() async throws -> [TaskView] {
        let states = TaskState.allCases.filter { !$0.isTerminal }
        return try await fleet.direct.tasks(TaskFilter(states: states), limit: 200).items.map { TaskView($0) }
    }

    private func tellProgress() async {
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            let seconds = (MonotonicTime.now - startedAt) / 1_000_000_000
            let open = (try? await openTasks()).map { $0.count >= 200 ? "200 or more" : "\($0.count)" } ?? "unknown"
            let current = injector.current
            options.tell(
                "\(seconds) s: \(load.acknowledged) tasks acknowledged, open \(open); \(injector.injected.count) faults, "
                    + "now \(current.isEmpty ? "none" : current.joined(separator: ", ")); \(fleet.restarts) restarts"
            )
        }
    }

    /// What `ygg db check` finds in the store that the coordinator left.
    private func storeProblems() async -> [String] {
        let data = fleet.disks["coordinator"]?.path ?? "\(fleet.directory)/coordinator"
        let check = await Tool.run([OwnProgram.path, "db", "check", "--data-dir", data])
        return check.outcome.succeeded ? [] : ["The store is not whole: \(check.stdout)\(check.stderr)"]
    }

    private func ledger() -> [LedgerEntry] {
        fleet.household.executors.flatMap { id in
            let bytes = FileManager.default.contents(atPath: "\(fleet.directory)/ledger/\(id)") ?? Data()
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
                LedgerEntry(line: $0, executor: id)
            }
        }
    }
}
