import Dispatch
package import Logging
import ServiceLifecycle
import Synchronization
package import YggCore
package import YggStorage

/// Keeps a coordinator's store at its size: removes finished work by age and by size, gives unused space back, sweeps
/// away what crashes left, and watches the disk.
///
/// What goes is decided by `RetentionPass`. It is removed in steps, each a commit of a few milliseconds with a pause
/// after it, so that nobody who submits or reports waits for it.
package final class Retention: Service {
    package struct Settings: Sendable {
        /// Between two looks at what is finished.
        package var interval = Milliseconds.seconds(10)
        /// Between two looks at the disk.
        package var diskInterval = Milliseconds.seconds(2)
        /// Bytes of log that one step removes.
        package var stepBytes: Int64 = 4 << 20
        /// Candidates that one step looks at.
        package var stepCandidates = 64
        /// How much longer than a step the pause after it is.
        package var pauseFactor = 2

        package init() {}
    }

    private let coordinator: Coordinator
    private let upkeep: any StoreUpkeep
    private let settings: Settings
    private let logger: Logger
    /// A look at a disk may wait for it.
    private let queue = DispatchQueue(label: "ygg.disk")

    package init(
        coordinator: Coordinator,
        upkeep: any StoreUpkeep,
        settings: Settings = Settings(),
        logger: Logger
    ) {
        self.coordinator = coordinator
        self.upkeep = upkeep
        self.settings = settings
        self.logger = logger
    }

    /// Works until it is told to stop.
    package func run() async throws {
        await measureDisk()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchDisk() }
            group.addTask { await self.work() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    // MARK: The disk

    private func watchDisk() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.diskInterval.duration)
            await measureDisk()
        }
    }

    /// Looks at the disk once.
    package func measureDisk() async {
        let measure = coordinator.settings.measureDisk
        let space = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: measure()) }
        }
        // One that cannot be looked at says nothing about its room.
        guard let space else { return }
        let (hasChanged, state) = coordinator.disk.withLock { disk in (disk.measured([space]), disk) }
        guard hasChanged else { return }
        if let sentence = state.sentence {
            logger.warning("disk.low", metadata: ["detail": "\(sentence)"])
        } else {
            logger.notice("disk.recovered", metadata: ["disk.free": "\(space.free)"])
        }
    }

    // MARK: Finished work

    private func work() async {
        await attempt("retention.sweep-failed") { try await self.sweepArtifacts() }
        while !Task.isCancelled {
            await attempt("retention.failed") { try await self.pass(at: .now) }
            try? await Task.sleep(for: settings.interval.duration)
        }
    }

    private func attempt(_ failure: Logger.Message, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
            // Told to stop in the middle; the next start goes on.
        } catch {
            logger.error(failure, metadata: ["error": "\(error)"])
        }
    }

    /// Bytes of artifacts that no task owns: their task's row never came, or went before they did.
    package func sweepArtifacts() async throws {
        let count = try await coordinator.artifacts.sweep { try await self.isOwned($0) }
        guard count > 0 else { return }
        coordinator.retentionCounts.withLock { $0.artifacts += count }
        logger.notice("retention.swept", metadata: ["artifacts": "\(count)"])
    }

    private func isOwned(_ hash: String) async throws -> Bool {
        try await coordinator.database.read { tx in try ArtifactIndex.isReferenced(hash, in: tx) }
    }

    /// Looks at everything finished once, and removes what is to go.
    package func pass(at now: Timestamp) async throws {
        var used = try await measureUse()
        var pass = RetentionPass(rules: coordinator.settings.retention, used: used, now: now)
        let before = coordinator.retentionState
        // Those without output first, for their age alone; then output; then, where that was not enough, results.
        let looks = [(hasOutput: false, forAgeAlone: true), (true, false)] + (pass.isShedding ? [(false, false)] : [])
        for (hasOutput, forAgeAlone) in looks {
            var position = RetentionStore.Position.beginning
            while true {
                let started = ContinuousClock.now
                let step = try await step(
                    forAgeAlone ? pass.forAgeAlone : pass,
                    hasOutput: hasOutput,
                    after: position
                )
                try await remove(step.artifacts)
                if step.hasRemoved {
                    used = try await measureUse()
                    pass.measured(used)
                    try await giveBackSomeSpace()
                }
                guard let next = step.position else { break }
                position = next
                try await Task.sleep(for: started.duration(to: .now) * settings.pauseFactor)
            }
        }
        while try await giveBackSomeSpace() { try await Task.sleep(for: .milliseconds(20)) }
        let after = coordinator.retentionState
        guard after.tasks > before.tasks || after.outputs > before.outputs else { return }
        logger.info(
            "retention.removed",
            metadata: [
                "tasks": "\(after.tasks - before.tasks)", "outputs": "\(after.outputs - before.outputs)",
                "store.bytes": "\(used)",
            ]
        )
    }

    /// The audit is not counted: it has an age of its own, and must not push out the work it tells of.
    private func measureUse() async throws -> Int64 {
        let (artifacts, audit) = try await coordinator.database.read { tx in
            (try ArtifactIndex.totalBytes(in: tx), try AuditStore.bytes(in: tx))
        }
        let used = max(0, try await upkeep.footprint().used - audit) + artifacts
        coordinator.retentionCounts.withLock { $0.usedBytes = used }
        return used
    }

    private struct Step: Sendable {
        var artifacts: [String] = []
        var hasRemoved = false
        /// Where the next step goes on; nil where there is nothing more to look at.
        var position: RetentionStore.Position?
        var tasks = 0
        var outputs = 0
    }

    /// One commit: looks at the next candidates and removes what is to go of them, as far as the budget goes.
    private func step(
        _ pass: RetentionPass,
        hasOutput: Bool,
        after position: RetentionStore.Position
    ) async throws -> Step {
        // A look takes no writer's time where there is nothing to be removed.
        let candidates = try await coordinator.database.read { [settings] tx in
            try RetentionStore.candidates(
                hasOutput: hasOutput,
                after: position,
                limit: settings.stepCandidates,
                in: tx
            )
        }
        guard let first = candidates.first, !pass.ends(at: first) else { return Step() }
        guard candidates.contains(where: { pass.removal(of: $0) != nil }) else {
            return Step(position: candidates.last.map { .init(finishedAt: $0.finishedAt, num: $0.num) })
        }
        let step = try await coordinator.database.write { [settings] tx in
            try Self.remove(pass, hasOutput: hasOutput, after: position, settings, in: tx)
        }
        coordinator.retentionCounts.withLock { counts in
            counts.tasks += step.tasks
            counts.outputs += step.outputs
        }
        return step
    }

    private static func remove(
        _ pass: RetentionPass,
        hasOutput: Bool,
        after position: RetentionStore.Position,
        _ settings: Settings,
        in tx: any SQLTransaction
    ) throws -> Step {
        var step = Step(position: position)
        var budget = settings.stepBytes
        var estimate = pass
        // Looked at again: who refers to whom is true only in the transaction that removes.
        let candidates = try RetentionStore.candidates(
            hasOutput: hasOutput,
            after: position,
            limit: settings.stepCandidates,
            in: tx
        )
        if candidates.isEmpty { step.position = nil }
        for candidate in candidates {
            if pass.ends(at: candidate) {
                step.position = nil
                break
            }
            if let removal = pass.removal(of: candidate) {
                // Enough for this step by what was counted; whether it was is measured before more goes.
                guard estimate.removal(of: candidate) != nil else { break }
                let removed: RetentionStore.Removed
                switch removal {
                case .output(let num):
                    removed = try RetentionStore.removeOutput(of: num, budget: budget, in: tx)
                    step.outputs += removed.isDone ? 1 : 0
                case .task(let num):
                    removed = try RetentionStore.removeTask(num, budget: budget, in: tx)
                    step.tasks += removed.isDone ? 1 : 0
                }
                step.hasRemoved = true
                step.artifacts += removed.artifacts
                budget -= removed.bytes
                estimate.removed(removed.bytes + removed.artifactBytes)
                // The same candidate goes on in the next step.
                guard removed.isDone else { break }
            }
            step.position = .init(finishedAt: candidate.finishedAt, num: candidate.num)
            if budget <= 0 { break }
        }
        return step
    }

    private func remove(_ artifacts: [String]) async throws {
        guard !artifacts.isEmpty else { return }
        let count = try await coordinator.artifacts.remove(Array(Set(artifacts))) { try await self.isOwned($0) }
        coordinator.retentionCounts.withLock { $0.artifacts += count }
    }

    /// - Returns: whether some was given back, and so there may be more.
    @discardableResult
    private func giveBackSomeSpace() async throws -> Bool {
        let before = try await upkeep.footprint()
        guard before.hasTooMuchUnused else { return false }
        try await upkeep.giveBack()
        return try await upkeep.footprint().unused < before.unused
    }
}
