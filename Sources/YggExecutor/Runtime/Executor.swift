import Glibc
package import Logging
import ServiceLifecycle
import Synchronization
import SystemPackage
package import YggCore
import YggProcess
import YggTelemetry

/// An executor: takes leases from a coordinator, runs them, and reports what becomes of them.
///
/// `run` serves one store after the other until it is stopped. Everything that must be in time happens on a thread of
/// its own; handlers share the cooperative pool.
package final class Executor: Service {
    /// What every tenure shares.
    struct Runtime: Sendable {
        let settings: ExecutorSettings
        let link: any CoordinatorLink
        let clock: RuntimeClock
        let logger: Logger
        let thread: DedicatedThread
        let spoolThread: DedicatedThread
        let attempts: AttemptTable
        /// What this executor's attempts have running.
        let ledger: ProcessLedger
    }

    struct State {
        /// nil before the first, and between two.
        var tenure: Tenure?
        /// While there is no tenure; otherwise that of its control.
        var lifecycle: Lifecycle
        var executedCount = 0
    }

    let runtime: Runtime
    let state: Mutex<State>
    private let instanceFile: InstanceFile
    package let startedAt: Instant

    package var settings: ExecutorSettings { runtime.settings }

    /// Takes the data directory, until it has run or is gone.
    /// - Throws: `ExecutorError` where another process has it, or it cannot be used.
    package init(
        settings: ExecutorSettings,
        link: any CoordinatorLink,
        clock: RuntimeClock = .host,
        logger: Logger
    ) throws(ExecutorError) {
        do throws(Errno) {
            try LocalFiles.makeDirectory(settings.dataDirectory)
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, "\(settings.dataDirectory) cannot be made: \(error)")
        }
        instanceFile = try InstanceFile(directory: settings.dataDirectory, id: settings.id)
        let ledger: ProcessLedger
        do throws(Errno) {
            ledger = try ProcessLedger(directory: "\(settings.dataDirectory)/processes")
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, "\(settings.dataDirectory)/processes cannot be made: \(error)")
        }
        var logger = logger
        logger[.executorID] = "\(settings.id)"
        runtime = Runtime(
            settings: settings,
            link: link,
            clock: clock,
            logger: logger,
            thread: DedicatedThread(name: "ygg-sync", clock: clock),
            spoolThread: DedicatedThread(name: "ygg-spool", clock: clock),
            attempts: AttemptTable(),
            ledger: ledger
        )
        startedAt = clock.now()
        state = Mutex(State(lifecycle: Lifecycle(since: clock.time(), drainTimeout: settings.drainTimeout)))
    }

    deinit {
        runtime.thread.stop()
        runtime.spoolThread.stop()
    }

    package func run() async throws { try await run(url: nil) }

    /// Serves until it is stopped.
    /// - Parameter url: where its own HTTP is reached; nil where it has none.
    /// - Throws: `ExecutorError` where it cannot go on: its id is in use, it was replaced, or it is refused.
    package func run(url: String?) async throws {
        defer { instanceFile.release() }
        try await withGracefulShutdownHandler {
            try await serve(url: url)
        } onGracefulShutdown: {
            switch self.lifecycle.state {
            case .stopping, .stopped: break
            default: self.terminate()
            }
        }
    }

    private func serve(url: String?) async throws {
        var identity = try instanceFile.read()
        // Under the lock of the data directory, and before anything new is started there.
        for leftover in runtime.ledger.killLeftovers() {
            runtime.logger.warning(
                "A command that the last process left running was killed",
                metadata: .of([.processID: "\(leftover.pid)"])
            )
        }
        while lifecycle.state != .stopped {
            let (journal, replay) = try openJournal()
            let (file, known) = (instanceFile, identity)
            let tenure = state.withLock { state in
                let tenure = Tenure(
                    runtime: runtime,
                    journal: journal,
                    identity: known,
                    url: url,
                    lifecycle: state.lifecycle
                ) { storeID in
                    // Where it cannot be kept, the next start asks the coordinator anew.
                    try? file.write(.init(instance: known.instance, storeID: storeID))
                }
                state.tenure = tenure
                return tenure
            }
            for entry in replay.undelivered { tenure.post(.recovered(entry)) }
            tenure.perform()
            let ending = await tenure.run()
            let storeID = state.withLock { state in
                state.tenure = nil
                return tenure.seat.withLock { seat in
                    state.lifecycle = seat.control.lifecycle
                    return seat.storeID
                }
            }
            switch ending {
            case .stopped: return
            case .cancelled: throw CancellationError()
            case .failed(let error): throw error
            case .storeChanged:
                runtime.logger.warning("The coordinator has another store: starting over with it")
                try Outboxes.moveAside(in: settings.dataDirectory, of: storeID)
                identity.storeID = nil
                try instanceFile.write(identity)
            }
        }
    }

    private func openJournal() throws(ExecutorError) -> (Journal, Journal.Replay) {
        do throws(JournalError) {
            let (journal, replay) = try Journal.open(
                directory: Outboxes.current(in: settings.dataDirectory),
                thread: runtime.spoolThread
            )
            for damage in replay.damage {
                runtime.logger.notice("The outbox ends in a torn record", metadata: .of([.reason: "\(damage)"]))
            }
            for lease in replay.unfinished {
                runtime.logger.notice(
                    "An attempt died with the last process",
                    metadata: .of([.taskID: "\(lease.key.task)", .leaseEpoch: "\(lease.key.epoch)"])
                )
            }
            return (journal, replay)
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, error.description)
        }
    }
}

/// Where spools lie in a data directory.
private enum Outboxes {
    static func current(in directory: String) -> String { "\(directory)/outbox" }

    /// Keeps what was meant for another store where a person can find it and nobody sends it.
    static func moveAside(in directory: String, of storeID: String?) throws(ExecutorError) {
        let target = "\(directory)/outbox-of-\(storeID ?? "unknown")-\(randomName().prefix(8))"
        guard rename(current(in: directory), target) == 0 else {
            let error = Errno(rawValue: errno)
            throw ExecutorError(.dataDirectoryUnusable, "The outbox cannot be moved to \(target): \(error)")
        }
    }
}
