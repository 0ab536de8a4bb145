import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// What an operator may do with the configuration of a coordinator that runs.
struct ConfigurationRoutes: Sendable {
    /// nil where the process does not know where its configuration comes from.
    let reload: CoordinatorServer.Reload?

    func add(to endpoints: inout Endpoints) { endpoints.on(.reloadConfiguration, reload) }

    @Sendable private func reload(_ request: Request, _ context: YggContext) async throws -> Response {
        guard let reload else { throw Problem.notReloadable }
        return .json(try await reload(try context.author()))
    }
}
