import Glibc
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import YggCore
import YggHTTP
import YggTelemetry

/// An executor with its own HTTP: what `ygg executor` and `ygg up` run.
///
/// HTTP comes first, because the address it got is what is registered; it goes last, so that a draining executor can be
/// asked how far it is.
package final class ExecutorService: Service {
    package let executor: Executor
    private let logger: Logger
    private let moment: ReadyNotice.Moment
    private let onReady: @Sendable (_ address: String) async -> Void

    /// - Parameters:
    ///   - moment: when it is ready.
    ///   - onReady: told once then, with the address that it serves.
    /// - Throws: `ExecutorError` where the address may not be served or the data directory not be used.
    package init(
        settings: ExecutorSettings,
        link: any CoordinatorLink,
        clock: RuntimeClock = .host,
        logger: Logger,
        readyWhen moment: ReadyNotice.Moment,
        onReady: @escaping @Sendable (_ address: String) async -> Void
    ) throws(ExecutorError) {
        if let objection = RequestGuard.objection(toHost: settings.host, token: settings.token) {
            throw ExecutorError(.unsafeAddress, objection)
        }
        executor = try Executor(settings: settings, link: link, clock: clock, logger: logger)
        self.logger = logger
        self.moment = moment
        self.onReady = onReady
    }

    /// Whether it has stopped in order to be started anew, by whoever runs it.
    package var wantsRestart: Bool { executor.wantsRestart }

    /// Asks it to stop; asked again, it stops now.
    package func terminate() { executor.terminate() }

    /// Serves until it is stopped.
    /// - Throws: `ExecutorError` where it cannot serve, or cannot go on.
    package func run() async throws {
        let bound = Bound()
        let settings = executor.settings
        let listener = Listener(executor: executor, logger: logger, bound: bound)
        let worker = Worker(executor: executor, bound: bound) { port in
            let address = url(host: settings.host, port: port)
            return ReadyNotice(when: self.moment) { await self.onReady(address) }
        }
        // Shut down from the last to the first: the executor drains while HTTP still answers.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: listener),
                    .init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: quiet(logger)
            )
        )
        try await group.run()
    }

    /// Starts the executor once its address is known.
    private struct Worker: Service {
        let executor: Executor
        let bound: Bound
        let notice: @Sendable (_ port: Int) -> ReadyNotice

        func run() async throws {
            guard let port = await bound.port() else { return }
            // What killed processes left behind is cleared away beside the work: live trees are locked.
            let settings = executor.settings
            async let swept = DeadWorkspaces.sweep(settings.workspaceRoot, environment: settings.childEnvironment)
            async let _ = archiveDaily()
            let address = url(host: reachable(settings.host), port: port)
            try await executor.run(url: address, notice: notice(port))
            _ = await swept
        }

        /// What nobody came back to is archived, now and every day.
        private func archiveDaily() async {
            repeat {
                let settings = executor.settings
                let now = RuntimeClock.host.time()
                let limit = Timestamp(milliseconds: now.milliseconds - settings.sessionsKeep.rawValue)
                let environment = settings.childEnvironment
                await IdleSessions.archive(settings.workspaceRoot, unusedSince: limit, environment: environment)
                await StaleFolders.sweep(settings.workspaceRoot, unusedSince: limit, environment: environment)
                await SpareWorktree.sweep(settings.workspaceRoot, unusedSince: limit, environment: environment)
            } while (try? await Task.sleep(for: IdleSessions.interval.duration)) != nil
        }
    }
}

/// The HTTP server; on a port that is taken, where that is allowed, one on a free port.
private struct Listener: Service {
    let executor: Executor
    let logger: Logger
    let bound: Bound

    func run() async throws {
        let settings = executor.settings
        do {
            try await serve(port: settings.port)
        } catch let error as IOError where error.errnoCode == EADDRINUSE && settings.port != 0 {
            guard settings.mayMovePort else {
                throw ExecutorError(.portInUse, "Port \(settings.port) on \(settings.host) is taken.")
            }
            logger.notice("The port is taken, a free one is used", metadata: .of([.address: "\(settings.port)"]))
            try await serve(port: 0)
        }
    }

    private func serve(port: Int) async throws {
        let settings = executor.settings
        let guardian = RequestGuard(
            doorkeeper: SharedTokenDoorkeeper(
                token: settings.token,
                reader: settings.readerToken,
                now: RuntimeClock.host.now
            ),
            isLoopback: RequestGuard.isLoopback(settings.host),
            needsToken: settings.needsToken
        )
        let application = Application(
            responder: ExecutorAPI(executor: executor).endpoints.responder(guardedBy: guardian),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(address: .hostname(settings.host, port: port)),
            onServerRunning: { channel in bound.set(channel.localAddress?.port ?? port) },
            logger: quiet(logger)
        )
        try await application.run()
    }
}

/// The frameworks' own lines are about their insides: only what someone must act on is kept.
private func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
}

/// The port, once there is one.
private final class Bound: Sendable {
    private let stream: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func set(_ port: Int) {
        continuation.yield(port)
        continuation.finish()
    }

    /// nil where the surrounding task is cancelled, or asked to end, first.
    func port() async -> Int? {
        for await port in stream.cancelOnGracefulShutdown() { return port }
        return nil
    }
}

private func url(host: String, port: Int) -> String {
    let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    return "http://\(name):\(port)"
}

/// What others call a host that listens everywhere.
private func reachable(_ host: String) -> String { ["0.0.0.0", "::", "[::]"].contains(host) ? hostName() : host }
