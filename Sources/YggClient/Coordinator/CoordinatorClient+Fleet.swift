package import YggCore
import YggProtocol

extension CoordinatorClient {
    /// Every kind with its parameters and `offeredBy`.
    package func kinds() async throws -> [JSONObject] { try await all(RequestPath("v1", "kinds")) }

    package func executors() async throws -> [JSONObject] { try await all(RequestPath("v1", "executors")) }

    package func executor(_ id: String) async throws -> JSONObject {
        try object(of: try await request("GET", RequestPath("v1", "executors", id)))
    }

    /// Asks an executor to pause, resume, drain, stop or restart; the executor as it is right after. Asking twice is
    /// asking once.
    package func order(_ order: Lifecycle.Order, to id: String) async throws -> JSONObject {
        let path = RequestPath("v1", "executors", id, "action")
        return try object(of: try await request("POST", path, body: .object(order.request), repetition: .safe))
    }

    /// Whether the server at the address lives: what a supervisor that starts it anew looks at.
    package func isAlive(timeout: Duration) async throws -> Bool {
        try await exchange("GET", RequestPath("livez"), timeout: timeout, repetition: .onlyUnsent).status == 200
    }

    /// Has the server at the address, a coordinator or an executor, read its configuration anew; what that changed.
    package func reloadConfiguration() async throws -> JSONObject {
        do {
            return try object(of: try await request("POST", RequestPath("v1", "config", "reload"), repetition: .safe))
        } catch let problem as Problem where problem.status == 404 {
            return try object(of: try await request("POST", RequestPath("config", "reload"), repetition: .safe))
        }
    }

    /// How the server at the address is. A bad state is an answer too, so 503 does not throw.
    package func health(timeout: Duration = .seconds(10)) async throws -> JSONObject {
        let reply = try await exchange("GET", RequestPath("health"), timeout: timeout, repetition: .onlyUnsent)
        guard let object = reply.json?.objectValue, object["status"]?.stringValue != nil else {
            throw ClientError.notACoordinator(
                url: urls.joined(separator: ","),
                reason: "/health answered \(reply.status) without a status"
            )
        }
        return object
    }

    /// Short lists, page by page to their end.
    func all(_ path: RequestPath) async throws -> [JSONObject] {
        var items: [JSONObject] = []
        var cursor: String?
        repeat {
            let page = Page(try object(of: try await request("GET", path.query("cursor", cursor))))
            items += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return items
    }
}
