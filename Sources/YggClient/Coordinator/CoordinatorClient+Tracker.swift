package import YggCore

extension CoordinatorClient {
    /// How the workspaces of trackers stand.
    package func tracker() async throws -> [JSONObject] { try await all(RequestPath("v1", "tracker")) }

    /// Lets a tracker be looked at now; with `isDry` only says what would be taken.
    package func syncTracker(isDry: Bool) async throws -> [JSONObject] {
        let reply = try await request(
            "POST",
            RequestPath("v1", "tracker", "sync"),
            body: ["dryRun": .bool(isDry)],
            timeout: .seconds(120),
            repetition: .safe
        )
        return Page(try object(of: reply)).items
    }
}
