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
        let live: LiveSettings
        let link: any CoordinatorLink
        let machine: ExecutorMachine
        let sabotage: Sabotage
        let logger: Logger
        let attempts: AttemptTable

        var clock: RuntimeClock { machine.clock }
        var settings: ExecutorSettings { live.current }
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
    package let startedAt: Instant

    package var settings: ExecutorSettings { runtime.settings }

    /// Takes the data directory, until it has run or is gone.
    /// - Throws: `ExecutorError` where another process has it, or it cannot be used.
    package convenience init(
        settings: ExecutorSettings,
        link: any CoordinatorLink,
        clock: RuntimeClock = .host,
        logger: Logger
    ) throws(ExecutorError) {
        let machine = try ExecutorMachine.host(directory: settings.dataDirectory, id: settings.id, clock: clock)
        self.init(settings: settings, link: link, machine: machine, logger: logger)
    }

    /// - Parameter machine: what it takes from the machine it runs on.
    package init(
        settings: ExecutorSettings,
        link: any CoordinatorLink,
        machine: ExecutorMachine,
        sabotage: Sabotage = [],
        logger: Logger
    ) {
        var logger = logger
        logger[.executorID] = "\(settings.id)"
        runtime = Runtime(
            live: LiveSettings(settings),
            link: link,
            machine: machine,
            sabotage: sabotage,
            logger: logger,
            attempts: AttemptTable()
        )
        startedAt = machine.clock.now()
        state = Mutex(
            State(lifecycle: Lifecycle(since: machine.clock.time(), drainTimeout: settings.drainTimeout))
        )
    }

    deinit {
        runtime.machine.thread.stop()
        runtime.machine.spoolThread.stop()
    }

    package func run() async throws { try await run(url: nil) }

    /// Serves until it is stopped.
    /// - Parameters:
    ///   - url: where its own HTTP is reached; nil where it has none.
    ///   - notice: hears when it is ready.
    /// - Throws: `ExecutorError` where it cannot go on: its id is in use, it was replaced, or it is refused.
    package func run(url: String?, notice: ReadyNotice? = nil) async throws {
        defer { runtime.machine.home.release() }
        async let _ = ProcessScope.$witness.withValue(runtime.machine.home.processes) { await settings.spares.run() }
        try await withGracefulShutdownHandler {
            try await serve(url: url, notice: notice)
        } onGracefulShutdown: {
            switch self.lifecycle.state {
            case .stopping, .stopped: break
            default: self.terminate()
            }
        }
    }

    private func serve(url: String?, notice: ReadyNotice?) async throws {
        let home = runtime.machine.home
        var identity = try home.identity()
        settings.secrets.removeLeftovers()
        // Before anything new is started.
        for leftover in home.processes?.killLeftovers() ?? [] {
            runtime.logger.warning(
                "A command that the last process left running was killed",
                metadata: .of([.processID: "\(leftover.pid)"])
            )
        }
        while lifecycle.state != .stopped {
            let (journal, replay) = try openJournal()
            identity.lives += 1
            // On a full disk two lives have one number; the coordinator then goes by which came last.
            try? home.keep(identity)
            let known = identity
            let tenure = state.withLock { state -> Tenure? in
                // It may have been asked to stop since it was looked at: a tenure that begins as stopped would never end.
                guard state.lifecycle.state != .stopped else { return nil }
                let tenure = Tenure(
                    runtime: runtime,
                    journal: journal,
                    undelivered: Set(replay.undelivered.map(\.key)),
                    identity: known,
                    url: url,
                    notice: notice,
                    lifecycle: state.lifecycle
                ) { storeID in
                    // Where it cannot be kept, the next start asks the coordinator anew.
                    var served = known
                    served.storeID = storeID
                    try? home.keep(served)
                }
                state.tenure = tenure
                return tenure
            }
            guard let tenure else { return }
            for entry in replay.undelivered { tenure.post(.recovered(entry)) }
            for lease in replay.unfinished { tenure.post(.died(lease.key)) }
            tenure.perform()
            await notice?.reached(.takesWork)
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
                try home.moveOutboxAside(of: storeID)
                identity.storeID = nil
                try home.keep(identity)
            }
        }
    }

    private func openJournal() throws(ExecutorError) -> (Journal, Journal.Replay) {
        do throws(JournalError) {
            let (journal, replay) = try Journal.open(
                in: runtime.machine.home.outbox,
                thread: runtime.machine.spoolThread
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
