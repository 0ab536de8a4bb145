import YggConfiguration

/// What a role that serves stands in: its settings, where they come from, and who watches over the process.
struct Surroundings: Sendable {
    let settings: ResolvedSettings
    let reload: ReloadDesk
    let supervisor: Supervisor

    /// - Parameter resolve: reads the settings, now and with every reload.
    init(_ resolve: @escaping @Sendable () throws -> ResolvedSettings) throws {
        settings = try resolve()
        let environment = ProcessContext.environment
        supervisor = Supervisor(environment: environment, selfWatch: try SelfWatch.asked(environment))
        reload = ReloadDesk(settings, supervisor: supervisor, resolve: resolve)
    }

    /// Runs `body` with signs of life beside it.
    func watched(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await body()
                return true
            }
            tasks.addTask { [supervisor] in
                await supervisor.run()
                return false
            }
            defer { tasks.cancelAll() }
            // Where nobody wants signs of life, giving them has ended at once.
            while let isOver = try await tasks.next(), !isOver {}
        }
    }
}
