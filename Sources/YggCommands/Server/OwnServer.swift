import YggConfiguration

/// The servers of this machine, for commands that are run beside them.
enum OwnServer {
    /// Where a server with this role would serve, started with the same variables and file.
    /// - Returns: nil without a role.
    static func url(_ role: Role?, config: String? = nil) async throws -> String? {
        guard let role else { return nil }
        let settings = try ResolvedSettings.here(role: role, config: config)
        let isExecutor = role == .executor
        let named = isExecutor ? settings.executorHost : settings.coordinatorHost
        let port = isExecutor ? settings.executorPort : settings.coordinatorPort
        // Who asks is here now: an interface without an address is none.
        let host = try await ServedHost(patience: .zero)
            .resolve(named, key: isExecutor ? "executor.host" : "coordinator.host") { _ in }
        let reached = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        return "http://\(reached.contains(":") ? "[\(reached)]" : reached):\(port)"
    }
}
