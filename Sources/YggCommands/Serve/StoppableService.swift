import Logging
import ServiceLifecycle

/// Runs one thing that heeds graceful shutdown, until it ends or a signal asks for it.
struct StoppableService: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws { try await body() }

    /// - Parameters:
    ///   - onStop: told of every signal to stop, before it is heeded.
    ///   - onReload: what SIGHUP asks for.
    /// - Throws: what `body` threw.
    static func run(
        onStop: @escaping @Sendable () -> Void,
        onReload: @escaping @Sendable () async -> Void,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: StoppableService(body: body),
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                logger: Logger(label: "ygg.lifecycle") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        let signals = await StopSignals()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                await signals.watch(onReload: onReload) {
                    onStop()
                    await group.triggerGracefulShutdown()
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
    }
}
