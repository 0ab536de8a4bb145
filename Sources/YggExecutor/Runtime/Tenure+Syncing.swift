import Logging
import Synchronization
import YggClient
import YggCore
import YggProtocol
import YggTelemetry

extension Tenure {
    private enum PollEnd: Sendable {
        case answered(StatementMessage)
        case failed(LinkError)
        /// There is something new to say first.
        case woken
    }

    /// Registers, then asks without a pause: each answer is followed by the next request at once.
    func syncLoop() async {
        var backoff = Backoff(first: .milliseconds(100), limit: Self.idleRetry)
        while !isOver {
            guard seat.withLock({ $0.isRegistered }) else {
                let failure = await register()
                guard let failure else {
                    backoff.reset()
                    reportBell.ring()
                    continue
                }
                logger.warning("No registration yet", metadata: .of([.reason: "\(failure)"]))
                leaveUnheard()
                await pause(&backoff, atLeast: failure.retryAfter, bell: syncBell)
                continue
            }
            let sentAt = clock.now()
            switch await poll() {
            case .woken: break
            case .answered(let message):
                backoff.reset()
                apply(message, verdicts: nil, sentAt: sentAt)
            case .failed(let error):
                if heed(error) { continue }
                logger.warning("The coordinator does not answer", metadata: .of([.reason: "\(error)"]))
                leaveUnheard()
                await pause(&backoff, atLeast: error.retryAfter, bell: syncBell)
            }
        }
    }

    /// Applies what the coordinator states, unless another one, or another store, speaks.
    func apply(_ message: StatementMessage, verdicts: [Outbox.Verdict]?, sentAt: Instant) {
        let now = clock.now()
        let isOurs = seat.withLock { seat in
            seat.heardAt = now
            return seat.storeID == message.storeID
        }
        guard isOurs else { return end(.storeChanged) }
        feed(.answered(message, verdicts: verdicts, sentAt: sentAt))
        leaveIfDelivered(now: now)
    }

    /// Does what a refusal demands.
    /// - Returns: whether it was understood; everything else is tried again after a pause.
    func heed(_ error: LinkError) -> Bool {
        guard case .refused(let problem) = error else { return false }
        switch (problem.status, problem.code) {
        case (404, _):
            seat.withLock { $0.isRegistered = false }
            syncBell.ring()
        case (409, "replaced"):
            end(
                .failed(
                    ExecutorError(.replaced, "Another process has taken the place of \(settings.id): \(problem.detail)")
                )
            )
        case (409, "store-changed"): end(.storeChanged)
        // What it holds cannot be renewed any more, and nothing it says is taken.
        case (401, "token-revoked"), (401, "token-expired"):
            end(.failed(ExecutorError(.refused, sentence(problem))))
        default: return false
        }
        return true
    }

    /// - Returns: why it has to be tried again; nil when it is done, or no repetition helps.
    private func register() async -> LinkError? {
        let offers = seat.withLock { $0.offers }
        let registration = Registration(
            offer: settings.offer(url: url, resources: seat.withLock { $0.control.resources }),
            instance: instance,
            bootID: bootID,
            life: life,
            host: hostName(),
            storeID: seat.withLock { $0.storeID }
        )
        do throws(LinkError) {
            let answer = try await link.register(registration)
            let isOurs = seat.withLock { seat in
                seat.ttl = answer.ttl
                if seat.storeID == nil {
                    seat.storeID = answer.storeID
                    spoolThread.run { [remember] in remember(answer.storeID) }
                }
                let isOurs = seat.storeID == answer.storeID
                seat.isRegistered = isOurs && seat.offers == offers
                return isOurs
            }
            guard isOurs else {
                end(.storeChanged)
                return nil
            }
            logger.info("Registered", metadata: .of([.leaseTTL: "\(answer.ttl.rawValue)"]))
            await notice?.reached(.registered)
            return nil
        } catch {
            guard case .refused(let problem) = error, (400..<500).contains(problem.status) else { return error }
            switch (problem.status, problem.code) {
            case (404, _), (408, _), (425, _), (429, _): return error
            case (409, "executor-id-in-use"): end(.failed(ExecutorError(.idInUse, sentence(problem))))
            case (409, "store-changed"): end(.storeChanged)
            default: end(.failed(ExecutorError(.refused, sentence(problem))))
            }
            return nil
        }
    }

    private func sentence(_ problem: Problem) -> String {
        problem.nextAction.isEmpty ? problem.detail : "\(problem.detail) \(problem.nextAction)"
    }

    /// One request, until it is answered or there is something new to say.
    private func poll() async -> PollEnd {
        let (request, ttl) = seat.withLock { seat in
            (seat.control.syncRequest(bootID: bootID, storeID: seat.storeID ?? ""), seat.ttl)
        }
        // A goodbye is answered as soon as it is written down, which a slow disk may need its time for.
        let timeout = request.state == .stopped ? Self.farewell : LeaseTiming.pollTimeout(ttl)
        let end = await withTaskGroup(of: PollEnd.self) { group in
            group.addTask {
                do throws(LinkError) {
                    return .answered(try await self.link.sync(request, as: self.settings.id, timeout: timeout))
                } catch {
                    return .failed(error)
                }
            }
            group.addTask {
                await self.syncBell.sleep(on: self.thread)
                return .woken
            }
            let first = await group.next() ?? .woken
            group.cancelAll()
            return first
        }
        if request.state == .stopped, case .answered = end { seat.withLock { $0.hasSaidGoodbye = true } }
        return end
    }

    /// Nobody hears the goodbye: it is not said again.
    private func leaveUnheard() {
        seat.withLock { seat in
            if seat.leaving != nil { seat.hasSaidGoodbye = true }
        }
    }

    /// Waits before the next try. While leases are held the coordinator must hear of it in time, however long the
    /// outage, and whatever it asked for.
    /// - Parameters:
    ///   - asked: how long the coordinator wants to be left alone.
    ///   - bell: ends the wait early.
    func pause(_ backoff: inout Backoff, atLeast asked: Milliseconds? = nil, bell: Wakeup = Wakeup()) async {
        let (holdsLeases, ttl) = seat.withLock { ($0.control.holdsLeases, $0.ttl) }
        var delay = max(backoff.next(jitter: machine.jitter), (asked ?? .zero).duration)
        if holdsLeases { delay = min(delay, LeaseTiming.retry(ttl).duration) }
        let nanoseconds = delay.components.seconds * 1_000_000_000 + delay.components.attoseconds / 1_000_000_000
        let until = Instant(nanoseconds: clock.now().nanoseconds + nanoseconds)
        await bell.sleep(until: until, on: thread)
    }
}
