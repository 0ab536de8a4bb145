package import YggCore
package import YggProtocol

/// All that an executor decides: its SyncLoop, Outbox and Lifecycle as one value, and what follows from one for the
/// others. It performs nothing, so that a simulated clock, network and disk replay any history of it.
package struct ExecutorControl: Sendable {
    package enum Input: Sendable {
        /// The coordinator has stated; verdicts come with the answer to a report.
        case answered(StatementMessage, verdicts: [Outbox.Verdict]?, sentAt: Instant)
        /// A report had no answer, or one that settles nothing.
        case reportFailed
        /// The coordinator takes the last report for malformed or too long.
        case reportRejected
        /// What stands in the place of an entry that will never be taken.
        case shortened(Outbox.Entry)
        /// What came of `.syncJournal`.
        case synced(Bool)
        /// An event is spooled.
        case appended(Outbox.Entry)
        /// The attempt is over, its final report spooled.
        case finished(Outbox.Entry)
        /// The attempt is over and says nothing.
        case ended(LeaseKey)
        /// It cannot be carried out here.
        case declined(LeaseKey, reason: String)
        /// An entry of an earlier life that is still to be delivered.
        case recovered(Outbox.Entry)
        /// An attempt that died with an earlier life.
        case died(LeaseKey)
        /// There is no room on a disk for new work, for this reason; nil when there is room again.
        case short(String?)
        /// How the servers of models are.
        case models(ModelReport)
        /// Work without a lease has ended.
        case released(Slots)
        /// The configuration was reloaded: there are this many slots now.
        case resized(Slots)
        case ordered(Lifecycle.Order)
        case terminate
        case tick
    }

    package enum Effect: Sendable {
        case accept(LeaseKey, Assignment)
        case start(LeaseKey)
        case cancel(LeaseKey)
        case abandon(LeaseKey)
        case stopOffline(LeaseKey)
        /// Accepted, never started, given back: as if it had not come.
        case giveBack(LeaseKey)
        /// These records of the journal are of no more use.
        case forget([Int64])
        /// Nothing of the lease is of any more use.
        case close(LeaseKey)
        /// Put something short in the place of this entry.
        case shorten(Outbox.Entry)
        /// Make the journal durable, and say how it went.
        case syncJournal
        /// The drain timeout is over: end every attempt and give it back.
        case endAttempts
        /// The coordinator should hear how this executor is now.
        case wakeSync
        /// There is something to report.
        case wakeReports
        case stopped
    }

    /// Whether work without a lease may start.
    package enum Admission: Sendable, Equatable {
        case granted, paused, stopping, noSlot
        case noRoom(String)
    }

    private var syncLoop: SyncLoop
    private var outbox: Outbox
    package private(set) var lifecycle: Lifecycle
    /// The newest order of the coordinator that was obeyed: however often it is stated, it is obeyed once.
    private var orderNumber: Int64 = 0
    private var counter: Int64 = 0
    /// What is known of the models that can be asked; nil where nobody looks.
    package private(set) var models: ModelReport?
    /// Counts its changes, so that what was told need not be compared.
    private var modelChanges = 0
    /// What the coordinator was last told of, to see when it should hear anew.
    private var told: Telling

    private struct Telling: Equatable {
        var lifecycle: LifecycleAccount
        var capacity: Slots?
        var declined: [LeaseKey]
        var modelChanges: Int
    }

    /// - Parameter models: how they are before anybody has looked; nil where nobody will.
    package init(
        slots: Slots,
        spoolBytes: Int,
        lifecycle: Lifecycle,
        models: ModelReport? = nil,
        sabotage: Sabotage = []
    ) {
        syncLoop = SyncLoop(slots: slots, sabotage: sabotage)
        outbox = Outbox(capacity: spoolBytes, sabotage: sabotage)
        self.lifecycle = lifecycle
        self.models = models
        // Another store does not end a pause.
        if lifecycle.state != .running { _ = syncLoop.handle(.accepting(false), now: Instant(nanoseconds: 0)) }
        told = Telling(lifecycle: lifecycle.account(order: 0), capacity: nil, declined: [], modelChanges: 0)
    }

    package var state: ExecutorState { lifecycle.state }
    /// Whether a lease is surely its own at this moment.
    package func isCurrent(_ key: LeaseKey, now: Instant) -> Bool { syncLoop.isCurrent(key, now: now) }
    package var freeSlots: Slots { syncLoop.free }
    /// While it holds leases it has to be heard often.
    package var holdsLeases: Bool { !syncLoop.isIdle }
    package var isDelivered: Bool { outbox.isEmpty && syncLoop.declinedKeys.isEmpty }
    package var spooledBytes: Int { outbox.byteCount }

    /// Whether output of this size must be left out.
    package func isSpoolFull(for bytes: Int) -> Bool { outbox.isFull(for: bytes) }

    // MARK: Requests

    /// The next sync: what it says is told from here on.
    package mutating func syncRequest(bootID: String, storeID: String) -> SyncRequest {
        counter += 1
        told = telling
        return SyncRequest(
            bootID: bootID,
            storeID: storeID,
            counter: counter,
            lifecycle: lifecycle.account(order: orderNumber),
            seen: syncLoop.seen,
            held: syncLoop.heldKeys,
            declined: syncLoop.declinedKeys,
            capacity: syncLoop.capacity,
            shortage: syncLoop.shortage,
            resources: models.map { _ in resources }
        )
    }

    /// What the coordinator is told of this machine besides what it offers.
    package var resources: JSONObject {
        models.map { ["models": .object($0.json)] } ?? JSONObject()
    }

    /// The next report, nil while there is nothing to say or one is on its way.
    package mutating func report() -> [Outbox.Entry]? {
        let entries = outbox.nextBatch()
        return entries.isEmpty ? nil : entries
    }

    /// The newest statement applied.
    package var seen: Int64 { syncLoop.seen }

    /// What every request names.
    package var heldKeys: [LeaseKey] { syncLoop.heldKeys }

    /// Takes slots for work without a lease; `.released` gives them back.
    package mutating func admit(_ need: Slots) -> Admission {
        switch lifecycle.state {
        case .running: break
        case .stopping, .stopped: return .stopping
        case .paused, .lost, .unregistered: return .paused
        }
        if let shortage = syncLoop.shortage { return .noRoom(shortage) }
        guard syncLoop.reserve(need) else { return .noSlot }
        lifecycle.markBusy()
        return .granted
    }

    // MARK: Inputs

    package mutating func handle(_ input: Input, now: Instant, time: Timestamp) -> [Effect] {
        var effects = decide(input, now: now, time: time)
        if syncLoop.isQuiet {
            effects += obey(lifecycle.handle(.idle, now: now, time: time), now: now)
        } else {
            lifecycle.markBusy()
        }
        if telling != told {
            told = telling
            effects.append(.wakeSync)
        }
        return effects
    }

    private mutating func decide(_ input: Input, now: Instant, time: Timestamp) -> [Effect] {
        switch input {
        case .answered(let message, let verdicts, let sentAt):
            // Verdicts first: what they settle is no longer stated, and has not been abandoned.
            var effects: [Effect] = []
            if let verdicts { effects += follow(outbox.handle(.answered(verdicts), now: now), now: now) }
            effects += follow(syncLoop.handle(.answered(message.statement, sentAt: sentAt), now: now), now: now)
            effects += follow(message.wanted, now: now, time: time)
            if verdicts != nil, outbox.canSend { effects.append(.wakeReports) }
            return effects
        case .reportFailed: return follow(outbox.handle(.failed, now: now), now: now)
        case .reportRejected: return follow(outbox.handle(.rejected, now: now), now: now)
        case .shortened(let entry): return follow(outbox.handle(.shortened(entry), now: now), now: now) + wakeReports
        case .synced(let succeeded): return follow(outbox.handle(.synced(succeeded), now: now), now: now)
        case .appended(let entry):
            guard syncLoop.holds(entry.key) else { return [.forget([entry.record])] }
            _ = outbox.handle(.appended(entry), now: now)
            return wakeReports
        case .finished(let entry):
            guard syncLoop.holds(entry.key) else {
                return [.forget([entry.record])] + follow(syncLoop.handle(.ended(entry.key), now: now), now: now)
            }
            _ = outbox.handle(.appended(entry), now: now)
            return wakeReports + follow(syncLoop.handle(.finished(entry.key), now: now), now: now)
        case .ended(let key):
            return follow(outbox.handle(.abandoned(key), now: now), now: now) + [.close(key)]
                + follow(syncLoop.handle(.ended(key), now: now), now: now)
        case .declined(let key, let reason):
            return follow(syncLoop.handle(.declined(key, reason: reason), now: now), now: now)
        case .recovered(let entry):
            _ = outbox.handle(.appended(entry), now: now)
            return wakeReports + follow(syncLoop.handle(.recovered(entry.key), now: now), now: now)
        case .died(let key): return follow(syncLoop.handle(.died(key), now: now), now: now)
        case .short(let reason): return follow(syncLoop.handle(.short(reason), now: now), now: now)
        case .models(let report):
            models = report
            modelChanges += 1
            return []
        case .released(let slots): return follow(syncLoop.handle(.released(slots), now: now), now: now)
        case .resized(let slots): return follow(syncLoop.handle(.resized(slots), now: now), now: now)
        case .ordered(let order): return obey(lifecycle.handle(.ordered(order), now: now, time: time), now: now)
        case .terminate: return obey(lifecycle.handle(.terminate, now: now, time: time), now: now)
        case .tick:
            return follow(syncLoop.handle(.tick, now: now), now: now) + follow(outbox.handle(.tick, now: now), now: now)
                + obey(lifecycle.handle(.tick, now: now, time: time), now: now)
        }
    }

    private var wakeReports: [Effect] { outbox.canSend ? [.wakeReports] : [] }

    private var telling: Telling {
        Telling(
            lifecycle: lifecycle.account(order: orderNumber),
            capacity: syncLoop.capacity,
            declined: syncLoop.hasDeclined ? syncLoop.declinedKeys.map(\.key) : [],
            modelChanges: modelChanges
        )
    }

    // MARK: Consequences

    private mutating func follow(_ effects: [SyncLoop.Effect], now: Instant) -> [Effect] {
        effects.flatMap { effect -> [Effect] in
            switch effect {
            case .accept(let key, let assignment): return [.accept(key, assignment)]
            case .start(let key): return [.start(key)]
            case .cancel(let key): return [.cancel(key)]
            case .stopOffline(let key): return [.stopOffline(key)]
            case .giveBack(let key): return [.giveBack(key), .close(key)]
            case .abandon(let key):
                return [.abandon(key)] + follow(outbox.handle(.abandoned(key), now: now), now: now) + [.close(key)]
            }
        }
    }

    private mutating func follow(_ effects: [Outbox.Effect], now: Instant) -> [Effect] {
        effects.flatMap { effect -> [Effect] in
            switch effect {
            case .forget(let records): return [.forget(records)]
            case .acknowledged(let key):
                return [.close(key)] + follow(syncLoop.handle(.acknowledged(key), now: now), now: now)
            case .refused(let key): return follow(syncLoop.handle(.lost(key), now: now), now: now)
            case .shorten(let entry): return [.shorten(entry)]
            case .sync: return [.syncJournal]
            }
        }
    }

    private mutating func follow(_ wanted: StandingOrder?, now: Instant, time: Timestamp) -> [Effect] {
        guard let wanted, wanted.number > orderNumber else { return [] }
        orderNumber = wanted.number
        return obey(lifecycle.handle(.ordered(wanted.order), now: now, time: time), now: now)
    }

    private mutating func obey(_ effects: [Lifecycle.Effect], now: Instant) -> [Effect] {
        effects.flatMap { effect -> [Effect] in
            switch effect {
            case .accepting(let flag):
                if lifecycle.isLeaving { _ = syncLoop.handle(.leaving, now: now) }
                return follow(syncLoop.handle(.accepting(flag), now: now), now: now)
            case .endAttempts: return [.endAttempts]
            case .stopped: return [.stopped]
            }
        }
    }
}
