import YggConfiguration
import YggCoordinator
import YggCore

extension AgentDirectory {
    /// What the file says of services and of executors at fixed addresses, with the tokens that it refers to.
    /// - Throws: for a reference to a token that is not there: without it every call would be refused later.
    /// - Parameter needsToken: whether whoever registers had to show a token.
    init(_ settings: ResolvedSettings, needsToken: Bool, environment: [String: String]) throws {
        func secret(_ reference: SecretReference?, _ key: String) throws -> String? {
            guard let reference else { return nil }
            do { return try reference.read(environment: environment) } catch let failure as CommandFailure {
                throw CommandFailure(
                    "\(key) refers to \(reference.text), which cannot be used: \(failure.message)",
                    next: failure.next ?? "Set it, or remove the key from yggdrasil.yaml.",
                    status: .usage
                )
            }
        }
        func address(_ url: String, _ key: String) throws -> AgentAddress {
            guard let address = AgentAddress(url) else {
                throw CommandFailure(
                    "\(key) is not an address: \(url)",
                    next: "Write a URL such as http://surtr:7001.",
                    status: .usage
                )
            }
            return address
        }
        let configuration = settings.configuration
        let fixed = try configuration.executors.enumerated().map { index, executor in
            Fixed(
                id: executor.id,
                name: executor.name,
                description: executor.description,
                address: try address(executor.url, "executors[\(index)].url"),
                metadata: executor.metadata,
                drainTimeout: executor.drainTimeout,
                token: try secret(executor.token, "executors[\(index)].token")
            )
        }
        var services: [ExecutorID: Known] = [:]
        for service in configuration.services.entries {
            services[service.id] = Known(
                address: try address(service.url, "services \(service.id).url"),
                token: try secret(service.token, "services \(service.id).token")
            )
        }
        self.init(
            fixed: fixed,
            services: services,
            managerToken: settings.managerToken,
            fleetToken: needsToken ? settings.token : nil
        )
    }
}
