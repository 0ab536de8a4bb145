import Logging
import Synchronization
import YggCore
import YggStorage

extension Coordinator {
    /// The safety net of the leases: once a tick, jittered so that coordinators do not march in step.
    package func sweep() async {
        let interval = settings.leases.tickInterval.rawValue
        var chance = Chance(draw: machine.random)
        let farewellEnd = machine.now() + settings.leases.farewellTTL
        var owesFarewell = identity.followsFarewell
        while !Task.isCancelled {
            await machine.sleep(Milliseconds(interval * Int64.random(in: 85...100, using: &chance) / 100))
            guard !Task.isCancelled else { return }
            let now = machine.now()
            lastSweep.withLock { $0 = now }
            if owesFarewell, farewellEnd <= now {
                owesFarewell = false
                forgetFarewell()
            }
            withControl { control, work in
                // First, because those who are driven are heard through it.
                control.forward(.tick, now: now, into: &work)
                control.keep(.tick, now: now, into: &work)
                let overdue = control.polls.values.filter { $0.deadline <= now }
                for poll in overdue.sorted(by: { $0.number < $1.number }) {
                    control.polls[poll.number] = nil
                    work.polls.append(poll)
                }
                control.dispatch(.sweep, now: now, into: &work)
            }
            turnDesk.sweep(silence: settings.leases.ttl, now: now)
        }
    }

    /// Whether it really answers: its disk says something, be it that it is full, and its sweep goes round. Does not return
    /// while the disk hangs.
    package func answers() async -> Bool {
        // What a disk complains of, `/health` tells; to start anew would not help.
        _ = try? await checkStore()
        guard let swept = lastSweep.withLock({ $0 }) else { return true }
        return machine.now() - swept < max(.seconds(10), settings.leases.tickInterval * 10)
    }

    private func forgetFarewell() {
        database.enqueue { [self] tx in
            // Both have the same name: what comes behind its own farewell must not remove that.
            if control.withLock({ $0.recordsFarewell }) { return }
            try identity.forgetFarewell(in: tx)
        } completion: { [logger] result in
            if case .failure(let error) = result {
                logger.warning("coordinator.farewell-kept", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Changes what the clock alone changes: delayed tasks, queue timeouts, approvals that expire.
    package func wakeDueTasks() async {
        while !Task.isCancelled {
            await alarm.wait(atMost: .minutes(1))
            guard !Task.isCancelled else { return }
            do {
                while try await wakeSomeDueTasks() {}
            } catch {
                logger.error("tasks.wake-failed", metadata: ["error": "\(error)"])
                alarm.set(machine.time() + .seconds(1))
            }
        }
    }

    /// - Returns: whether there may be more.
    private func wakeSomeDueTasks() async throws -> Bool {
        let now = machine.time()
        let limit = 200
        return try await database.write { [self] tx in
            var transition = transition(in: tx, at: now)
            let due = try store.due(by: now, limit: limit, in: tx)
            for num in due.map(\.num) {
                // Read again: what one of them set off may have changed another.
                guard var stored = try store.task(num: num, in: tx), let wake = stored.task.wakeAt, wake <= now else {
                    continue
                }
                try transition.apply(stored.task.changeByClock(at: now), to: &stored)
            }
            try IdempotencyStore.removeExpired(at: now, in: tx)
            var outcome = transition.outcome
            if let next = try store.nextWake(in: tx) { outcome.nextWake = next }
            let final = outcome
            tx.afterCommit { self.settle(final) }
            return due.count == limit
        }
    }

    func settle(_ outcome: Transition.Outcome) {
        withControl { control, work in follow(outcome, &control, &work) }
        events.notify(outcome.touched)
    }

    /// The lease has ended without a word: the task moves on, whoever ran it is refused from now on.
    func lose(_ key: LeaseKey, _ interruption: Interruption) {
        change(.lost(interruption), of: key, reason: "lease.lost")
    }

    /// The executor had its time to end a cancelled attempt.
    func endCancelled(_ key: LeaseKey) {
        change(.cancelDeadlinePassed, of: key, reason: "lease.cancel-overdue")
    }

    private func change(_ change: TaskChange, of key: LeaseKey, reason: Logger.Message) {
        let now = machine.time()
        database.enqueue { [self] tx in
            guard var stored = try store.task(key.task, in: tx), stored.task.epoch == key.epoch,
                stored.task.state == .running
            else {
                tx.afterCommit { self.withControl { $0.revoke(key, now: self.machine.now(), into: &$1) } }
                return
            }
            var transition = transition(in: tx, at: now)
            try transition.apply(change, to: &stored)
            let outcome = transition.outcome
            tx.afterCommit {
                self.withControl { control, work in
                    control.revoke(key, now: self.machine.now(), into: &work)
                    self.follow(outcome, &control, &work)
                }
                self.events.notify(outcome.touched)
            }
        } completion: { [logger] result in
            switch result {
            case .success: logger.notice(reason, metadata: ["task.id": "\(key.task)", "lease.epoch": "\(key.epoch)"])
            case .failure(let error):
                // The next sweep finds the lease again.
                logger.error("lease.change-failed", metadata: ["task.id": "\(key.task)", "error": "\(error)"])
            }
        }
    }
}

extension FleetTask {
    /// What the clock does to a task whose `wakeAt` has come.
    func changeByClock(at now: Timestamp) -> TaskChange {
        if state == .awaitingApproval { return .approvalExpired }
        if state == .scheduled, let notBefore, notBefore <= now { return .due }
        return .waitedTooLong
    }
}
