import Logging
import Synchronization
import YggAgent
import YggCore
import YggProcess
import YggProtocol
import YggTelemetry

/// The time in which an executor serves one store: its boot id, what it holds, says and has yet to deliver.
///
/// All that it decides is in one `ExecutorControl`, fed by the loops, the attempts and HTTP. Effects are performed in the
/// order in which they were decided, by whoever comes first, never under the lock. Another store is another tenure.
final class Tenure: Sendable {
    /// How it ends.
    enum Ending: Sendable {
        case stopped
        /// The coordinator has another store than the one this tenure served.
        case storeChanged
        case failed(ExecutorError)
        case cancelled
    }

    /// What the loops are at, beside what is decided.
    struct Seat {
        var control: ExecutorControl
        var disks: DiskGuard
        var effects: [ExecutorControl.Effect] = []
        var isPerforming = false
        /// Known to the coordinator under this boot id.
        var isRegistered = false
        /// Counts what there was to offer: a registration that was under way when that changed is not the last.
        var offers = 0
        var storeID: String?
        var ttl = Milliseconds.seconds(15)
        /// When the last answer came.
        var heardAt: Instant?
        /// Set when everything has come to its end and only the last words are to be delivered: until when at most.
        var leaving: Instant?
        var hasSaidGoodbye = false
        var ending: Ending?
    }

    /// How long the last results may take to be delivered before they are left to the next start.
    static let farewell = Milliseconds.seconds(5)
    /// How far apart an executor that holds nothing asks for its coordinator.
    static let idleRetry = Duration.seconds(5)

    let live: LiveSettings
    let link: any CoordinatorLink
    let clock: RuntimeClock
    let logger: Logger
    let machine: ExecutorMachine
    let bootID: String
    let instance: String
    /// Which life of the instance this is.
    let life: Int64
    let url: String?
    /// Hears that it is registered.
    let notice: ReadyNotice?
    /// Keeps the id of the store for the next start.
    let remember: @Sendable (_ storeID: String) -> Void
    let journal: Journal
    /// Artifacts that wait; nil where attempts keep theirs to themselves.
    let shelf: ArtifactShelf?
    let attempts: AttemptTable
    /// Runs the loops.
    let thread: DedicatedThread
    /// Does what may wait for the disk.
    let spoolThread: DedicatedThread
    let seat: Mutex<Seat>
    let syncBell = Wakeup()
    let reportBell = Wakeup()
    let endBell = Wakeup()
    let modelBell = Wakeup()
    let turnBell = Wakeup()

    init(
        runtime: Executor.Runtime,
        journal: Journal,
        undelivered: Set<LeaseKey>,
        identity: ExecutorIdentity,
        url: String?,
        notice: ReadyNotice?,
        lifecycle: Lifecycle,
        remember: @escaping @Sendable (_ storeID: String) -> Void
    ) {
        live = runtime.live
        let settings = live.current
        link = runtime.link
        clock = runtime.machine.clock
        logger = runtime.logger
        machine = runtime.machine
        bootID = randomName(machine.random)
        thread = machine.thread
        spoolThread = machine.spoolThread
        attempts = runtime.attempts
        self.journal = journal
        shelf = link.artifacts.map { link in
            ArtifactShelf("\(settings.dataDirectory)/artifacts", link: link, undelivered: undelivered)
        }
        instance = identity.instance
        life = identity.lives
        self.url = url
        self.notice = notice
        self.remember = remember
        let control = ExecutorControl(
            slots: settings.slots,
            spoolBytes: settings.spoolBytes,
            lifecycle: lifecycle,
            models: settings.watchedModels?.watch.report(at: clock.time()),
            sabotage: runtime.sabotage
        )
        seat = Mutex(
            Seat(control: control, disks: DiskGuard(floor: settings.diskFloor), storeID: identity.storeID)
        )
    }

    /// As they are at the moment.
    var settings: ExecutorSettings { live.current }

    /// Serves until it ends. Returns when every attempt is over.
    func run() async -> Ending {
        await withTaskExecutorPreference(thread) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.syncLoop() }
                group.addTask { await self.reportLoop() }
                group.addTask { await self.tickLoop() }
                group.addTask { await self.untilEnd() }
                group.addTask { await self.diskLoop() }
                if let models = self.settings.models {
                    group.addTask { await self.modelLoop(models) }
                    group.addTask { await self.turnLoop(models) }
                }
                await group.next()
                group.cancelAll()
            }
        }
        let ending = seat.withLock { $0.ending } ?? .cancelled
        switch ending {
        case .stopped: break
        case .cancelled:
            // Stop now: what runs is given back, by reports that are spooled for the next start.
            feed(.terminate)
            feed(.terminate)
        case .storeChanged, .failed: attempts.stopAll(.abandoned)
        }
        await attempts.emptied(by: clock.now() + .seconds(15), on: thread, clock: clock)
        await onSpoolThread { journal in
            do throws(JournalError) {
                try journal.sync()
            } catch {
                self.logger.warning("The outbox could not be made durable", metadata: .of([.error: "\(error)"]))
            }
        }
        return ending
    }

    var isOver: Bool { Task.isCancelled || seat.withLock { $0.ending != nil } }

    /// Ends the tenure; the first ending stands.
    func end(_ ending: Ending) {
        seat.withLock { seat in
            if seat.ending == nil { seat.ending = ending }
        }
        endBell.ring()
    }

    private func untilEnd() async {
        while !isOver { await endBell.sleep(on: thread) }
    }

    /// Whatever only time brings about: leases that run out, limits, the drain timeout, the next fdatasync.
    private func tickLoop() async {
        while !isOver {
            let now = clock.now()
            feed(.tick)
            attempts.sweep(at: clock.awake())
            leaveIfDelivered(now: now)
            let interval = min(250, max(10, seat.withLock { $0.ttl } / 20))
            await Wakeup().sleep(until: now + interval, on: thread)
        }
    }

    /// Work that may wait for the disk, away from the loops.
    func onSpoolThread<Value: Sendable>(_ body: @escaping @Sendable (Journal) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            spoolThread.run { [journal] in continuation.resume(returning: body(journal)) }
        }
    }

    // MARK: Decisions and what follows

    /// Lets `input` be decided and performs what follows.
    func feed(_ input: ExecutorControl.Input) {
        post(input)
        perform()
    }

    /// Lets `input` be decided; what follows is performed by `perform`, which must be called soon.
    func post(_ input: ExecutorControl.Input) {
        let now = clock.now()
        let time = clock.time()
        seat.withLock { seat in
            let effects = seat.control.handle(input, now: now, time: time)
            seat.effects += effects
        }
    }

    /// Performs what was decided, in that order. Where somebody is at it already, it is left to them.
    func perform() {
        let isMine = seat.withLock { seat in
            if seat.isPerforming || seat.effects.isEmpty { return false }
            seat.isPerforming = true
            return true
        }
        guard isMine else { return }
        while true {
            let effects = seat.withLock { seat in
                defer { seat.effects = [] }
                seat.isPerforming = !seat.effects.isEmpty
                return seat.effects
            }
            if effects.isEmpty { return }
            for effect in effects { perform(effect) }
        }
    }

    private func perform(_ effect: ExecutorControl.Effect) {
        switch effect {
        case .accept(let key, let assignment): accept(key, assignment)
        case .start(let key): start(key)
        case .cancel(let key): stop(key, .cancelled)
        case .stopOffline(let key): stop(key, .cutOff)
        case .abandon(let key): stop(key, .abandoned)
        case .giveBack(let key): attempts.remove(key)
        case .forget(let records): journal.forget(records)
        case .close(let key):
            journal.close(key)
            if let shelf { spoolThread.run { shelf.forget(key) } }
        case .shorten(let entry): shorten(entry)
        case .syncJournal: spoolThread.run { [self] in syncJournal() }
        case .endAttempts: attempts.stopAll(.drained)
        case .wakeSync: syncBell.ring()
        case .wakeReports: reportBell.ring()
        case .stopped:
            let deadline = clock.now() + Self.farewell
            seat.withLock { $0.leaving = deadline }
            syncBell.ring()
        }
    }

    /// Ends the tenure once nothing runs and the last words have arrived, or had their time.
    func leaveIfDelivered(now: Instant) {
        let isOver = seat.withLock { seat in
            guard let leaving = seat.leaving else { return false }
            return seat.control.isDelivered && seat.hasSaidGoodbye || leaving <= now
        }
        if isOver { end(.stopped) }
    }
}
