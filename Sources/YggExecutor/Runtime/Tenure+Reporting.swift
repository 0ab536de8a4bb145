import Logging
import Synchronization
import YggClient
import YggCore
import YggProtocol
import YggTelemetry

extension Tenure {
    private static let reportTimeout = Milliseconds.seconds(15)

    /// Sends what there is to say as soon as there is any; what comes while a call is under way goes with the next.
    func reportLoop() async {
        var backoff = Backoff(first: .milliseconds(50), limit: Self.idleRetry)
        while !isOver {
            let entries = seat.withLock { seat in seat.isRegistered ? seat.control.report() : nil }
            guard let entries else {
                await reportBell.sleep(on: thread)
                continue
            }
            guard let bodies = await bodies(of: entries) else {
                feed(.reportFailed)
                continue
            }
            guard await deliverArtifacts(before: entries, &backoff) else { continue }
            // As of now: reading may have taken long.
            let (storeID, seen, held) = seat.withLock { ($0.storeID ?? "", $0.control.seen, $0.control.heldKeys) }
            let body = ReportsRequest.bytes(
                bootID: bootID,
                storeID: storeID,
                seen: seen,
                held: held,
                entries: bodies
            )
            let sentAt = clock.now()
            do throws(LinkError) {
                let answer = try await link.report(body, as: settings.id, timeout: Self.reportTimeout)
                apply(answer.message, verdicts: answer.verdicts, sentAt: sentAt)
                // An answer that settles nothing would be asked for again and again.
                if answer.verdicts.settleSome(of: entries) {
                    backoff.reset()
                } else {
                    await pause(&backoff)
                }
            } catch {
                feed(error.isRejection ? .reportRejected : .reportFailed)
                if !heed(error) {
                    logger.warning("A report was not taken", metadata: .of([.reason: "\(error)"]))
                }
                await pause(&backoff, atLeast: error.retryAfter)
            }
        }
    }

    /// What the entries name goes before them. As a rule it is there: it waits only where the coordinator was away when
    /// it was made.
    /// - Returns: whether the entries may be sent.
    private func deliverArtifacts(before entries: [Outbox.Entry], _ backoff: inout Backoff) async -> Bool {
        let keys = Set(entries.map(\.key))
        guard let shelf, shelf.waits(for: keys) else { return true }
        do throws(LinkError) {
            // It reads files, which the thread of the loops must not wait for.
            let refused = try await Task(executorPreference: globalConcurrentExecutor) {
                do throws(LinkError) {
                    return Result<Set<LeaseKey>, LinkError>.success(try await shelf.deliver(keys))
                } catch {
                    return .failure(error)
                }
            }.value.get()
            guard !refused.isEmpty else { return true }
            for key in refused.sorted() {
                logger.error(
                    "An artifact is not taken, and its attempt is given up",
                    metadata: .of([.taskID: "\(key.task)", .leaseEpoch: "\(key.epoch)"])
                )
            }
            feed(.reportFailed)
            for key in refused.sorted() {
                stop(key, .abandoned)
                feed(.ended(key))
            }
            return false
        } catch {
            feed(.reportFailed)
            if !heed(error) { logger.warning("An artifact was not taken", metadata: .of([.reason: "\(error)"])) }
            await pause(&backoff, atLeast: error.retryAfter)
            return false
        }
    }

    /// The encoded entries; nil where one of them cannot be read any more, whose lease is then given up.
    private func bodies(of entries: [Outbox.Entry]) async -> [[UInt8]]? {
        var bodies: [[UInt8]] = []
        bodies.reserveCapacity(entries.count)
        for entry in entries {
            guard let bytes = journal.cachedBytes(of: entry.record) else { break }
            bodies.append(bytes)
        }
        guard bodies.count < entries.count else { return bodies }
        let rest = entries.dropFirst(bodies.count)
        let read = await onSpoolThread { journal in
            rest.map { entry in (entry.key, Result { () throws(JournalError) in try journal.bytes(of: entry.record) }) }
        }
        for (key, result) in read {
            switch result {
            case .success(let bytes): bodies.append(bytes)
            case .failure(let error):
                logger.error(
                    "A spooled entry is lost, and with it what its attempt had to say",
                    metadata: .of([.taskID: "\(key.task)", .leaseEpoch: "\(key.epoch)", .error: "\(error)"])
                )
                feed(.reportFailed)
                stop(key, .abandoned)
                feed(.ended(key))
                return nil
            }
        }
        return bodies
    }
}

extension LinkError {
    /// The request will be refused whenever it is sent: it is malformed or too long.
    fileprivate var isRejection: Bool {
        if case .refused(let problem) = self { problem.status == 400 || problem.status == 413 } else { false }
    }
}

extension [Outbox.Verdict] {
    /// Whether at least one of the entries that were sent need not be sent again.
    fileprivate func settleSome(of entries: [Outbox.Entry]) -> Bool {
        var firstSent: [LeaseKey: Int64] = [:]
        for entry in entries where firstSent[entry.key] == nil { firstSent[entry.key] = entry.n }
        return contains { verdict in
            switch verdict {
            case .accepted(let key, let upTo), .artifactMissing(let key, let upTo):
                firstSent[key].map { upTo >= $0 } ?? false
            case .leaseLost(let key): firstSent[key] != nil
            case .gap(let key, let expected): firstSent[key].map { expected > $0 } ?? false
            }
        }
    }
}
