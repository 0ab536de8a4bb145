import Testing
import YggClient
import YggCore
import YggProtocol

/// Every call of an executor's own HTTP, tried with everything that somebody could show. The calls come from the table that
/// the routes are made of: a new one without an entry here fails.
@Suite(.timeLimit(.minutes(1)))
struct ExecutorAccessTests {
    private enum Who { case everybody, household }

    private static let table: [ExecutorCall: Who] = [
        .livez: .everybody, .readyz: .everybody, .health: .everybody, .metrics: .household, .info: .household,
        .status: .household, .logs: .household, .execute: .household, .action: .household,
        .agentExecute: .household, .agentChat: .household, .agentStatus: .household, .agentSessions: .household,
        .deleteAgentSession: .household, .reloadConfiguration: .household,
    ]

    @Test func `every call of an executor is open to whom the table says, and to nobody else`() async throws {
        let scratch = try ScratchDirectory()
        let shared = "ygg_household_0f1e2d3c4b5a69788796a5b4"
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(
                [
                    "executor", "--id", "huginn", "--host", "0.0.0.0", "--port", "0", "--coordinator",
                    "http://127.0.0.1:1", "--data-dir", scratch.path,
                ],
                environment: ["YGG_TOKEN": shared]
            )
            let url = ygg.address.replacing("0.0.0.0", with: "127.0.0.1")
            for call in ExecutorCall.allCases {
                guard let who = Self.table[call] else {
                    Issue.record("\(call) has no entry: who may?")
                    continue
                }
                for token in [nil, "wrong", shared] {
                    // None of those that take a body takes an empty object, and no session is called `:session`.
                    let reply = try await HTTPTransport(baseURL: url, token: token).send(
                        method: call.method,
                        path: call.path,
                        body: call.method == "POST" ? JSONObject().bytes : nil,
                        timeout: .seconds(10)
                    )
                    let what: Comment = "\(call.method) \(call.path) with \(token ?? "nothing"): \(reply.status)"
                    if who == .everybody || token == shared {
                        #expect(![401, 403, 404, 405, 429].contains(reply.status), what)
                    } else {
                        #expect(reply.status == 401 || (token == "wrong" && reply.status == 429), what)
                    }
                }
            }
        }
    }
}
