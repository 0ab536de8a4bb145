import Logging
import YggCore
import YggExecutor

/// A machine with an executor on it, and a supervisor that starts it again.
final class ExecutorNode: @unchecked Sendable {
    let plan: Scenario.ExecutorPlan
    let machine: SimulatedMachine
    private unowned let fleet: Fleet
    private let disk: SimulatedDisk
    private(set) var process: ExecutorProcess?
    private var boots = 0
    /// Whether anything was ever asked of it through the coordinator.
    private var hasStandingOrder = false
    /// Of the supervisor: how long it waits before it starts a process again.
    private var downtime = Milliseconds(500)

    init(_ plan: Scenario.ExecutorPlan, _ fleet: Fleet) {
        self.plan = plan
        self.fleet = fleet
        machine = SimulatedMachine(plan.id.rawValue, fleet.world)
        disk = SimulatedDisk(SeededRandom(seed: fleet.world.scenario.seed, stream: "disk \(plan.id)"))
    }

    func start() {
        guard process == nil else { return }
        boots += 1
        fleet.world.note(machine.name, "starts, boot \(boots)")
        let process = ExecutorProcess(self, fleet, disk: disk, boot: boots)
        self.process = process
        process.start()
    }

    /// Whether its process may have been told to do anything but work.
    var mayBeOrdered: Bool { hasStandingOrder || process?.isOrdered ?? false }

    /// The process has ended by itself.
    func exited(_ process: ExecutorProcess, _ error: (any Error)?) {
        guard self.process === process else { return }
        fleet.world.note(machine.name, "has stopped")
        if let error { fleet.world.fail(.everyRunEnds, "\(machine.name) gave up: \(error)") }
        down(for: downtime)
    }

    /// The history is over.
    func forget() { process = nil }

    func crash(isPowerLoss: Bool, for duration: Milliseconds) {
        guard process != nil else { return }
        fleet.world.note(machine.name, isPowerLoss ? "loses power" : "crashes")
        down(for: duration)
        if isPowerLoss { disk.losePower() }
    }

    private func down(for duration: Milliseconds) {
        fleet.auditor.died(process)
        process?.close()
        process = nil
        fleet.world.after(duration) { self.start() }
    }

    func freeze(for duration: Milliseconds) {
        fleet.world.note(machine.name, "is frozen for \(duration.text)")
        process?.freeze(for: duration)
    }

    /// From now on it may hear of an order at any time.
    func expectOrder(for duration: Milliseconds) {
        hasStandingOrder = true
        downtime = duration
    }

    func order(_ action: LifecycleAction, for duration: Milliseconds) {
        guard let process else { return }
        fleet.world.note(machine.name, "is told to \(action.rawValue)")
        downtime = duration
        process.order(action)
        guard action == .pause || action == .drain else { return }
        fleet.world.after(duration) { [weak process] in
            guard let process, !process.isDead else { return }
            self.fleet.world.note(self.machine.name, "is told to resume")
            process.order(.resume)
        }
    }
}

/// One life of an executor: the production shell on stepped threads.
final class ExecutorProcess: SimulatedProcess, @unchecked Sendable {
    let node: ExecutorNode
    unowned let fleet: Fleet
    let boot: Int
    var contact: Contact
    private let disk: SimulatedDisk
    private var executor: Executor?
    private var root: Task<Void, Never>?
    private var link: ExecutorLink?
    private var random: SeededRandom
    /// Of the store that it serves.
    var generation = 0
    /// Whether somebody on its machine told it what to do with itself.
    private(set) var isOrdered = false

    var id: ExecutorID { node.plan.id }

    init(_ node: ExecutorNode, _ fleet: Fleet, disk: SimulatedDisk, boot: Int) {
        self.node = node
        self.fleet = fleet
        self.boot = boot
        self.disk = disk
        contact = Contact(patience: fleet.world.scenario.ttl / 2)
        random = SeededRandom(seed: fleet.world.scenario.seed, stream: "\(node.plan.id) boot \(boot)")
        super.init(node.machine, threads: 3)
    }

    func start() {
        let link = ExecutorLink(self)
        var settings = ExecutorSettings(
            id: id,
            handlers: SimulatedHandlers(process: self),
            workspaceRoot: "/",
            repositories: [],
            dataDirectory: "/",
            environment: [:]
        )
        settings.slots = Slots(["default": node.plan.slots])
        settings.window = node.plan.window
        settings.spoolBytes = node.plan.spoolBytes
        settings.drainTimeout = .seconds(3)
        let executor = Executor(
            settings: settings,
            link: link,
            machine: ExecutorMachine(
                clock: clock,
                random: { [self] in random.next() },
                thread: threads[0],
                spoolThread: threads[1],
                attempts: threads[2],
                home: SimulatedHome(disk, of: self)
            ),
            sabotage: fleet.sabotage,
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        )
        self.link = link
        self.executor = executor
        root = Task(executorPreference: threads[0]) { [self] in
            var failure: (any Error)?
            do { try await executor.run(url: nil) } catch { failure = error }
            if !isDead { node.exited(self, failure) }
        }
    }

    /// Whether nothing runs here, and nothing waits to be said.
    var isIdle: Bool {
        guard let status = executor?.status else { return false }
        return status.work.isEmpty && status.spooledBytes == 0
    }

    func order(_ action: LifecycleAction) {
        isOrdered = true
        executor?.order(.init(action: action, by: "the scenario"))
    }

    override func tearDown() {
        root?.cancel()
        link?.close()
        executor = nil
        root = nil
    }
}

/// Since when an executor has been answered without a long pause, as executors count: from when they asked.
struct Contact {
    /// Until its first answer the coordinator may still be talking to the process before it.
    private var lasts: (since: Instant, renewedAt: Instant)?
    private let patience: Milliseconds

    init(patience: Milliseconds) { self.patience = patience }

    /// The answer to what was asked at `sentAt` has arrived.
    mutating func heard(_ sentAt: Instant, at now: Instant) {
        if let lasts, now - lasts.renewedAt <= patience {
            self.lasts = (lasts.since, max(lasts.renewedAt, sentAt))
        } else {
            lasts = (now, sentAt)
        }
    }

    /// Whether it has lasted since `time`.
    func holds(since time: Instant, at now: Instant) -> Bool {
        lasts.map { $0.since <= time && now - $0.renewedAt <= patience } ?? false
    }
}
