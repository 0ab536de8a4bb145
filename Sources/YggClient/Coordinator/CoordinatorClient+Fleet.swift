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

    /// How the server at the address is. A bad state is an answer too, so 503 does not throw.
    package func health() async throws -> JSONObject {
        let reply = try await exchange("GET", RequestPath("health"), timeout: .seconds(10), repetition: .onlyUnsent)
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
