import YggExecutor

/// A port that is taken, in words that help.
enum PortFailure {
    /// - Parameter flag: what another port is chosen with.
    static func explain(_ error: any Error, host: String, port: Int, flag: String) -> any Error {
        let isTaken = (error as? ExecutorError)?.code == .portInUse || "\(error)".contains("Address already in use")
        guard isTaken else { return error }
        let holder = PortHolder.describe(port: port).map { " by \($0)" } ?? ""
        return CommandFailure(
            "Port \(port) on \(host) is taken\(holder).",
            next: "Stop that one, or choose another with \(flag); 0 picks a free one."
        )
    }
}
