package import YggCore
package import YggProtocol

extension CoordinatorClient {
    /// Whose token it is: `name`, `role`, `tokenId`.
    package func whoAmI() async throws -> JSONObject {
        try object(of: try await request("GET", RequestPath("v1", "whoami")))
    }

    package func tokens() async throws -> [JSONObject] { try await all(RequestPath("v1", "tokens")) }

    /// Makes a token; `token` in the answer is it, and is nowhere else.
    package func createToken(_ wanted: TokenRequest) async throws -> JSONObject {
        try object(of: try await request("POST", RequestPath("v1", "tokens"), body: .object(wanted.json)))
    }

    /// Ends a token, by its id or its name; it as it is then.
    package func revokeToken(_ word: String) async throws -> JSONObject {
        try object(of: try await request("DELETE", RequestPath("v1", "tokens", word)))
    }

    /// A page of the audit, newest first.
    package func audit(_ filter: AuditFilter, limit: Int, cursor: String? = nil) async throws -> Page {
        let path = RequestPath("v1", "audit").query("since", filter.since?.description).query("by", filter.by)
            .query("task", filter.task?.rawValue).query("executor", filter.executor?.rawValue)
            .query("limit", String(limit)).query("cursor", cursor)
        return Page(try object(of: try await request("GET", path)))
    }

    /// Exchanges the invitation that this client shows for the key whose digest it names. Asking twice is asking once.
    package func join(_ wanted: KeyRequest) async throws -> KeyGrant {
        let reply = try await request("POST", RequestPath("v1", "join"), body: .object(wanted.json), repetition: .safe)
        var reader = ObjectReader(try object(of: reply))
        return try KeyGrant(reading: &reader)
    }
}
