import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggCoordinator

/// Whom the household's own tokens are shown to.
@Suite(.timeLimit(.minutes(1)))
struct HouseholdTokenTests {
    /// Answers everything, and keeps what was shown to whom.
    private final class Listener: AgentLink {
        private let heard = Mutex<[(path: String, token: String?)]>([])

        func send(_ request: AgentRequest) async -> ForwardedAnswer {
            heard.withLock { $0.append((request.path, request.token)) }
            return .reply(AgentReply(status: 200, contentType: "application/json", body: Array("{}".utf8)))
        }

        /// What was shown with the last call.
        var shown: String? { heard.withLock { $0.last?.token } }
        var count: Int { heard.withLock { $0.count } }
    }

    private static let painter = ExecutorID(trusted: "painter")

    private static func address(_ url: String) throws -> AgentAddress { try #require(AgentAddress(url)) }

    private static func with(
        known: String? = nil,
        _ body: (Household, Listener) async throws -> Void
    ) async throws {
        let listener = Listener()
        let services = try known.map { [painter: AgentDirectory.Known(address: try address($0), token: nil)] } ?? [:]
        let agents = AgentDirectory(services: services, managerToken: "manager", fleetToken: "fleet")
        try await Household.with(link: listener, agents: agents) { household in try await body(household, listener) }
    }

    private static func register(_ household: Household, at url: String, by author: Author) async throws {
        let wanted: JSONObject = ["id": "painter", "serviceUrl": .string(url), "metadata": [:]]
        var reader = ObjectReader(wanted)
        _ = try await household.coordinator.register(try ServiceRegistration(reading: &reader), by: author)
    }

    private static func ownToken(_ household: Household) async throws -> Author {
        let desk = household.coordinator.access
        let wanted = TokenRequest(name: "painter", role: .executor, expiresIn: nil)
        let secret = try await desk.create(wanted, by: .local).secret
        return Author(try desk.principal(showing: secret) { "" }, from: "10.0.0.2")
    }

    @Test func `a service that the household registered is shown the manager's token`() async throws {
        try await Self.with { household, listener in
            try await Self.register(household, at: "http://127.0.0.1:7001", by: .local)
            _ = try await household.coordinator.pass("GET", "/info", toService: Self.painter)
            #expect(listener.shown == "manager")
        }
    }

    @Test func `a service with a token of its own, which may be stolen, is shown none of the household's`() async throws
    {
        try await Self.with { household, listener in
            try await Self.register(household, at: "http://10.0.0.2:7001", by: try await Self.ownToken(household))
            _ = try await household.coordinator.pass("GET", "/info", toService: Self.painter)
            #expect(listener.count == 1 && listener.shown == nil)
        }
    }

    @Test func `one whose address the household wrote down is shown the manager's token there`() async throws {
        try await Self.with(known: "http://127.0.0.1:7001") { household, listener in
            try await Self.register(household, at: "http://127.0.0.1:7001", by: try await Self.ownToken(household))
            _ = try await household.coordinator.pass("GET", "/info", toService: Self.painter)
            #expect(listener.shown == "manager")
        }
    }

    @Test(arguments: [true, false])
    func `an executor is shown the household's token unless it has one of its own`(hasOwn: Bool) async throws {
        try await Self.with { household, listener in
            let huginn = ExecutorID(trusted: "huginn")
            if hasOwn {
                let wanted = TokenRequest(name: "huginn", role: .join, expiresIn: nil)
                let desk = household.coordinator.access
                let secret = try await desk.create(wanted, by: .local).secret
                let author = Author(try desk.principal(showing: secret) { "" }, from: "10.0.0.2")
                _ = try await desk.join(KeyRequest(digest: TokenDigest(of: "key-1"), host: "h"), by: author)
            }
            try await household.register(huginn, url: "http://10.0.0.2:5002")
            _ = try await household.coordinator.logs(of: huginn, query: "", headers: [])
            #expect(listener.count == 1 && listener.shown == (hasOwn ? nil : "manager"))
        }
    }

    @Test func `an order to a service is in the audit, with who gave it`() async throws {
        try await Self.with { household, _ in
            try await Self.register(household, at: "http://127.0.0.1:7001", by: .local)
            let freya = Author(
                Principal(name: "freya", role: .operator, proof: .token(TokenID("tok-1"))),
                from: "10.0.0.3"
            )
            _ = try await household.coordinator.order(
                Lifecycle.Order(action: .pause, by: "freya"),
                to: Self.painter,
                by: freya
            )
            let audit = try await household.coordinator.audit(AuditFilter(by: "freya"), before: nil, limit: 10).items
            #expect(audit.map(\.action) == [.executorOrder] && audit.first?.detail == "pause")
        }
    }
}
