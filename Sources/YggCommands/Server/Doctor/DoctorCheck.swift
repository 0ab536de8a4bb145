import YggAgent
import YggClient
import YggConfiguration
import YggCore

/// What the checks look at.
struct Patient: Sendable {
    let settings: ResolvedSettings
    let client: CoordinatorClient
    let environment: [String: String]
}

/// One thing that `ygg doctor` looks at.
struct DoctorCheck: Sendable {
    let name: String
    let look: @Sendable (Patient) async -> DoctorFinding

    /// In the order in which they are made and shown: the fleet, then this machine.
    static let all = [
        coordinator, clock, executors, handlers, network, registry, git, disk, permissions, ports, models, gpu,
    ]
}

extension Patient {
    /// Whom the default model is asked of, as this machine is configured.
    func defaultModel() throws -> ModelChoice { try ModelDirectory(settings).model(nil) }
}

extension DoctorFinding {
    /// Of what only the coordinator knows.
    static let unasked = DoctorFinding.skip("Only the coordinator could say.", next: "See to the coordinator first.")
}
