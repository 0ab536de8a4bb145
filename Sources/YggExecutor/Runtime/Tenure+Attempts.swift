import Logging
import Synchronization
import YggCore
import YggProcess
import YggProtocol
import YggTelemetry

extension Tenure {
    /// How much may wait in memory for a disk that takes nothing.
    private static let unwrittenLimit = 8 << 20

    func accept(_ key: LeaseKey, _ assignment: Assignment) {
        let kind = assignment.spec.kind
        guard let handler = settings.handlers.handler(for: kind) else {
            return feed(.declined(key, reason: "This executor does not offer \(kind)."))
        }
        journal.accept(key, kind: kind)
        attempts.add(Attempt(key: key, handler: handler, assignment: assignment, acceptedAt: clock.time()))
    }

    func start(_ key: LeaseKey) {
        guard let attempt = attempts[key] else { return }
        attempt.begin(at: clock.awake(), on: machine.attempts) { [self] in
            conclude(attempt, await carryOut(attempt))
            do throws(JournalError) {
                // From here on the result outlives this process.
                try journal.flush()
                // Whose lease is gone has reported nothing: the next attempt needs what this one leaves.
                if attempt.end != .abandoned { await attempt.afterwards.perform() }
            } catch {
                logger.error(
                    "A result is in memory only",
                    metadata: .of([.taskID: "\(attempt.key.task)", .error: "\(error)"])
                )
            }
        }
    }

    func stop(_ key: LeaseKey, _ reason: AttemptEnd) {
        guard let attempt = attempts[key], !attempt.stop(reason) else { return }
        conclude(attempt, HandlerResult(outcome: .cancelled))
    }

    private func carryOut(_ attempt: Attempt) async -> HandlerResult {
        do throws(JournalError) {
            // The acceptance is on file before anything happens; attempts that start together share the write.
            try journal.flush()
        } catch {
            return .failed(code: "spool-unwritable", detail: error.description, retryable: true)
        }
        let killGrace = killGrace(for: attempt)
        return await ProcessScope.$witness.withValue(machine.home.processes) {
            await settings.carryOut(
                attempt,
                clock: clock,
                artifacts: shelf?.desk(for: attempt.key, offline: attempt.assignment.offline),
                isCurrent: { [self] in seat.withLock { $0.control.isCurrent(attempt.key, now: clock.now()) } },
                killGrace: killGrace
            ) { [self] type, data in
                say(attempt, type, data)
            }
        }
    }

    /// How long its commands have between SIGTERM and SIGKILL. What must not outlive its lease is ended from two thirds
    /// of the time to live on, and killed before its end.
    private func killGrace(for attempt: Attempt) -> Duration {
        guard attempt.assignment.offline == .stop else { return ProcessSpec.defaultKillGrace }
        return min(ProcessSpec.defaultKillGrace, (seat.withLock { $0.ttl } / 4).duration)
    }

    private func say(_ attempt: Attempt, _ type: EventType, _ data: JSONObject) {
        attempt.say(EventDraft(at: clock.time(), type: type, data: data)) { bytes in
            seat.withLock { $0.control.isSpoolFull(for: bytes) }
                || journal.failure != nil && journal.pendingBytes > Self.unwrittenLimit
        } spool: { line in
            post(.appended(spool(attempt.key, line)))
        }
        perform()
    }

    private func conclude(_ attempt: Attempt, _ result: HandlerResult) {
        attempt.conclude(result, at: clock.time()) { lines in
            if lines.isEmpty { post(.ended(attempt.key)) }
            for line in lines {
                let entry = spool(attempt.key, line)
                post(line.isFinal ? .finished(entry) : .appended(entry))
            }
        }
        attempts.remove(attempt.key)
        perform()
    }

    private func spool(_ key: LeaseKey, _ line: AttemptLog.Line) -> Outbox.Entry {
        Outbox.Entry(
            key: key,
            n: line.n,
            size: line.bytes.count,
            isFinal: line.isFinal,
            record: journal.append(key, n: line.n, isFinal: line.isFinal, bytes: line.bytes)
        )
    }

    /// Journals a few words in the place of an entry that the coordinator rejects. A final report stays one, so that
    /// the attempt has an end.
    func shorten(_ entry: Outbox.Entry) {
        logger.error(
            "The coordinator rejects what an attempt has to say; it is told that something is missing",
            metadata: .of([.taskID: "\(entry.key.task)", .leaseEpoch: "\(entry.key.epoch)"])
        )
        let line = AttemptLog.substitute(for: entry, at: clock.time())
        feed(.shortened(spool(entry.key, line)))
    }

    /// Makes the journal durable. For the spool's thread: it waits for the disk.
    func syncJournal() {
        do throws(JournalError) {
            try journal.sync()
            feed(.synced(true))
        } catch {
            logger.error("A result is not safe from a power failure", metadata: .of([.error: "\(error)"]))
            feed(.synced(false))
        }
    }

    // MARK: Work without a lease

    /// Runs a task now, in slots that were admitted, and waits for its result. Its log goes to `emit` and nowhere else.
    func execute(
        _ attempt: Attempt,
        emit: @escaping @Sendable (EventType, JSONObject) async -> Void
    ) async -> FinalReport {
        attempts.add(attempt)
        let result = await withCheckedContinuation { continuation in
            attempt.begin(at: clock.awake(), on: machine.attempts) { [self] in
                let result = await ProcessScope.$witness.withValue(machine.home.processes) {
                    let result = await settings.carryOut(attempt, clock: clock, emit: emit)
                    // Whoever asked has it next, and nobody would do the work again.
                    await attempt.afterwards.perform()
                    return result
                }
                attempts.remove(attempt.key)
                feed(.released(attempt.handler.spec.slots))
                continuation.resume(returning: result)
            }
        }
        return FinalReport(of: result, endedBy: attempt.end, limits: attempt.assignment.spec.timeouts)
            ?? FinalReport(ending: .finished(.cancelled), result: result.result)
    }
}

extension LeaseKey {
    /// What commands see of the attempt they are part of: what acts on the world can carry the epoch with it, and so be
    /// told from an attempt that counts no more.
    fileprivate var environment: [String: String] { ["YGG_TASK": task.rawValue, "YGG_EPOCH": String(epoch)] }
}

extension ExecutorSettings {
    /// Runs the handler of an attempt on checked parameters. Whatever it says counts as a sign of life, and no secret
    /// is in what it leaves.
    func carryOut(
        _ attempt: Attempt,
        clock: RuntimeClock,
        artifacts: ArtifactDesk? = nil,
        isCurrent: @escaping @Sendable () -> Bool = { true },
        killGrace: Duration = ProcessSpec.defaultKillGrace,
        emit: @escaping @Sendable (EventType, JSONObject) async -> Void
    ) async -> HandlerResult {
        let secrets = secrets
        await secrets.refresh()
        let result = await run(
            attempt,
            clock: clock,
            artifacts: artifacts,
            isCurrent: isCurrent,
            killGrace: killGrace
        ) { type, data in
            await emit(type, secrets.patterns.redacted(data))
        }
        return result.redacted(secrets.patterns)
    }

    private func run(
        _ attempt: Attempt,
        clock: RuntimeClock,
        artifacts: ArtifactDesk?,
        isCurrent: @escaping @Sendable () -> Bool,
        killGrace: Duration,
        emit: @escaping @Sendable (EventType, JSONObject) async -> Void
    ) async -> HandlerResult {
        let spec = attempt.assignment.spec
        let params: JSONObject
        do throws(InvalidInput) {
            params = try attempt.handler.spec.validate(spec.params)
        } catch {
            return .failed(code: "invalid-params", detail: error.description, retryable: false)
        }
        let heard = { @Sendable in attempt.heard(at: clock.awake()) }
        let git = await git.lookedAt()
        return await carryOut(
            attempt.assignment,
            with: attempt.handler,
            HandlerContext(
                key: attempt.key,
                kind: spec.kind,
                params: params,
                timeouts: spec.timeouts,
                tier: attempt.assignment.tier(with: attempt.handler.spec),
                decisions: attempt.assignment.decisions,
                workspaceRoot: workspaceRoot,
                repositories: repositories,
                privatePlaces: privatePlaces,
                environment: childEnvironment.merging(attempt.key.environment) { $1 },
                secrets: secrets,
                artifacts: artifacts,
                git: git,
                resume: attempt.assignment.resume,
                isSuspending: { attempt.end == .drained },
                call: attempt.call,
                agents: agents,
                spares: spares,
                afterwards: attempt.afterwards,
                acceptedAt: attempt.acceptedAt,
                isCurrent: isCurrent,
                killGrace: killGrace,
                heard: heard,
                emit: { type, data in
                    heard()
                    await emit(type, data)
                }
            )
        )
    }
}

extension HandlerResult {
    /// Without secrets in anything that is stored or shown.
    func redacted(_ patterns: SecretPatterns) -> HandlerResult {
        guard !patterns.isEmpty else { return self }
        var redacted = self
        redacted.result = patterns.redacted(result)
        redacted.error = error.map(patterns.redacted)
        redacted.question = question.map { $0.redacted(patterns) }
        return redacted
    }
}

extension ApprovalQuestion {
    /// The bytes of a diff are not touched: one that holds a secret must not be asked about.
    fileprivate func redacted(_ patterns: SecretPatterns) -> ApprovalQuestion {
        var redacted = self
        redacted.summary = patterns.redacted(summary)
        redacted.verification = verification.map { $0.map(patterns.redacted) }
        redacted.shown = patterns.redacted(shown)
        return redacted
    }
}
