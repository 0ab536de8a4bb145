package import Logging
import ServiceLifecycle
import Synchronization
package import YggCore
import YggProtocol
package import YggStorage

/// The control plane: takes tasks, keeps their story, and states to executors what they hold.
///
/// It is a shell: what it decides, `FleetTask`, `Dispatcher`, `LeaseKeeper` and `Router` decide; it reads and writes
/// rows, holds polls, and keeps time.
package final class Coordinator: Service {
    /// As they are at the moment: a reload of the configuration changes them.
    package var settings: CoordinatorSettings { liveSettings.withLock { $0 } }
    let liveSettings: Mutex<CoordinatorSettings>
    package let identity: StoreIdentity
    package let events = EventHub()
    package let access: AccessDesk
    package let startedAt: Timestamp
    let database: any Database
    let store: TaskStore
    /// Time and chance.
    let machine: Machine
    let sabotage: Sabotage
    let artifacts: ArtifactStore
    let diskQueue = DiskQueue()
    let control: Mutex<Control>
    let logger: Logger
    let alarm: Alarm
    let link: any AgentLink
    let desk = CallDesk()
    let turnDesk: TurnDesk
    let passedCalls = PassedCalls()
    let disk: Mutex<DiskGuard>
    let retentionCounts = Mutex(RetentionCounts())
    let backups: Mutex<BackupWatch>
    /// How the registry of images is.
    let registry = Mutex<RegistryVerdict?>(nil)
    /// When the leases were last looked through; nil before the first time.
    let lastSweep = Mutex<Instant?>(nil)
    package let trackers = TrackerBoard()

    /// Opens the store, brings back what was running, and gives every lease one full fresh time to live.
    /// - Parameter link: how services and executors at fixed addresses are reached.
    package static func start(
        settings: CoordinatorSettings,
        database: any Database,
        link: any AgentLink,
        machine: Machine = .host,
        sabotage: Sabotage = [],
        logger: Logger
    ) async throws -> Coordinator {
        try await Migrator.migrate(database)
        var random = Chance(draw: machine.random)
        var ids = TaskIDMaker()
        let identity = try await StoreIdentity.open(
            database,
            newID: ids.next(at: machine.time(), random: &random).rawValue
        )
        let coordinator = Coordinator(
            settings: settings,
            identity: identity,
            database: database,
            link: link,
            machine: machine,
            sabotage: sabotage,
            logger: logger
        )
        try await coordinator.restore()
        return coordinator
    }

    private init(
        settings: CoordinatorSettings,
        identity: StoreIdentity,
        database: any Database,
        link: any AgentLink,
        machine: Machine,
        sabotage: Sabotage,
        logger: Logger
    ) {
        liveSettings = Mutex(settings)
        self.identity = identity
        self.database = database
        self.link = link
        self.machine = machine
        self.sabotage = sabotage
        self.logger = logger
        access = AccessDesk(settings: settings.access, database: database, machine: machine, logger: logger)
        // Those who were let through by an earlier process say so as soon as they find this one.
        turnDesk = TurnDesk(opensAt: identity.boot > 1 ? machine.now() + settings.leases.pollHold : nil)
        startedAt = machine.time()
        alarm = Alarm(machine: machine)
        store = TaskStore()
        artifacts = ArtifactStore(directory: settings.dataDirectory + "/artifacts")
        disk = Mutex(DiskGuard(floor: settings.diskFloor))
        backups = Mutex(BackupWatch(interval: settings.backup?.interval, startedAt: startedAt))
        control = Mutex(
            Control(
                dispatcher: Dispatcher(
                    routes: settings.routes,
                    resources: settings.resources,
                    sabotage: sabotage
                ),
                leases: LeaseKeeper(
                    settings: settings.leases,
                    boot: identity.boot,
                    followsFarewell: identity.followsFarewell,
                    sabotage: sabotage
                ),
                forwarder: Forwarder(settings: settings.forwarding),
                agents: settings.agents,
                kinds: KindCatalogue(declared: settings.declaredKinds),
                machine: machine
            )
        )
    }

    private func restore() async throws {
        try await access.load()
        let stored = try await database.read { [self] tx in
            var running = try store.running(in: tx)
            for index in running.indices { try recall(&running[index], in: tx) }
            return (
                lanes: try LaneStore.all(in: tx), filled: try store.lanesWithQueued(in: tx),
                running: running, executors: try ExecutorStore.all(in: tx),
                orders: try StandingOrderStore.all(in: tx), services: try AgentServiceStore.all(in: tx),
                nextWake: try store.nextWake(in: tx)
            )
        }
        let now = machine.now()
        try withControl { control, work in
            for (id, lane) in stored.lanes { control.learnLane(lane, id: id, now: now, into: &work) }
            for executor in stored.executors {
                var reader = try ObjectReader(JSON(parsing: executor.offer))
                let offer = try ExecutorOffer(reading: &reader)
                let record = ExecutorRecord(
                    offer: offer,
                    instance: executor.instance,
                    bootID: executor.bootID,
                    life: executor.life,
                    host: executor.host,
                    registeredAt: executor.registeredAt,
                    state: executor.absence?.state ?? .running,
                    since: executor.absence?.since ?? machine.time(),
                    lastHeard: nil,
                    lastSeen: executor.lastSeen,
                    standing: stored.orders[executor.id]
                )
                control.learn(record, settledBoot: executor.settledBootID, now: now, into: &work)
            }
            for stored in stored.services {
                let service = StoredService(
                    service: stored.service,
                    offer: try stored.service.offer(),
                    lastSeenAt: stored.lastSeen
                )
                control.learn(service, heard: nil, now: now, into: &work)
            }
            for (id, fixed) in settings.agents.fixed where control.executors[id] == nil {
                control.expect(fixed, now: now, into: &work)
            }
            for stored in stored.running {
                guard let executor = stored.task.executor else { continue }
                let key = LeaseKey(task: stored.task.id, epoch: stored.task.epoch)
                let terms = control.terms(of: stored, for: executor, routes: settings.routes)
                control.keep(
                    .restored(key, terms, isCancelled: stored.task.cancelRequested),
                    now: now,
                    into: &work
                )
                control.dispatch(.restored(executor, key, stored.lane), now: now, into: &work)
            }
            for lane in stored.filled { control.dispatch(.laneFilled(lane), now: now, into: &work) }
        }
        if let wake = stored.nextWake { alarm.set(wake) }
        logger.info(
            "coordinator.started",
            metadata: [
                "store.id": "\(identity.storeID)", "store.boot": "\(identity.boot)",
                "leases": "\(stored.running.count)", "executors": "\(stored.executors.count)",
            ]
        )
    }

    /// Keeps time until it is told to stop: leases, due tasks, held polls.
    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.sweep() }
            group.addTask { await self.wakeDueTasks() }
            group.addTask { await self.placeCalls() }
            group.addTask { await self.access.run() }
            group.addTask { await self.watchRegistry() }
            try? await gracefulShutdown()
            await self.leave()
            group.cancelAll()
        }
    }

    /// An orderly end: everybody who waits is answered, with leases that outlast an upgrade where the next coordinator can
    /// know of it.
    package func leave() async {
        control.withLock { $0.recordsFarewell = true }
        var isRecorded = true
        do {
            try await database.write { [identity] tx in try identity.recordFarewell(in: tx) }
        } catch {
            isRecorded = false
            logger.warning("coordinator.farewell-unrecorded", metadata: ["error": "\(error)"])
        }
        withControl { control, work in
            control.isLeaving = true
            control.forward(.leaving, now: machine.now(), into: &work)
            // What the next coordinator does not know of is not promised: it would give work away that still goes on.
            if isRecorded { control.keep(.farewell, now: machine.now(), into: &work) }
            work.polls += control.polls.values.sorted { $0.number < $1.number }
            control.polls = [:]
        }
        events.close()
        passedCalls.end()
        turnDesk.close()
    }

    /// Whether it has begun to stop, and answers only to say goodbye.
    package var isLeaving: Bool { control.withLock { $0.isLeaving } }

    /// Runs `body` under the lock, and afterwards does what it decided.
    @discardableResult
    func withControl<Value>(_ body: (inout Control, inout Control.Work) throws -> Value) rethrows -> Value {
        let (value, work) = try control.withLock { control in
            var work = Control.Work()
            let value = try body(&control, &work)
            return (value, work)
        }
        perform(work)
        return value
    }

    private func perform(_ work: Control.Work) {
        for poll in work.polls { poll.continuation.resume() }
        for order in work.claims { claim(order) }
        // Before the leases that end by them: what is said of an attempt belongs before its end.
        for effect in work.forwards { perform(effect) }
        for lost in work.lost { lose(lost.key, lost.interruption) }
        for key in work.overdueCancels { endCancelled(key) }
        settle(orders: work.settledOrders)
        keep(absences: work.absences)
        // Behind the ends of their leases: what is written in this order is durable in it.
        settle(boots: work.settledBoots)
    }

    /// After a commit: what it means for lanes, timers and viewers.
    func follow(_ outcome: Transition.Outcome, _ control: inout Control, _ work: inout Control.Work) {
        for task in outcome.ended { control.declines.forget(task) }
        for lane in outcome.filled.sorted() { control.dispatch(.laneFilled(lane), now: machine.now(), into: &work) }
        if let wake = outcome.nextWake { alarm.set(wake) }
    }
}

extension Control {
    func terms(of stored: StoredTask, for executor: ExecutorID, routes: RouteTable) -> LeaseKeeper.Terms {
        let offline = routes.offline(for: stored.task.spec.kind)
        return LeaseKeeper.Terms(
            executor: executor,
            assignment: Assignment(
                spec: stored.task.spec,
                phase: stored.task.phase,
                attempt: stored.task.attempt,
                slots: dispatcher.lane(stored.lane)?.slots ?? .one,
                offline: offline.policy,
                decisions: stored.decisions,
                resume: stored.task.suspended
            ),
            lostAfter: offline.lostAfter
        )
    }
}
