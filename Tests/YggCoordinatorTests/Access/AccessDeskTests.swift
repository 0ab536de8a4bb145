import FoundationEssentials
import Synchronization
import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(2)))
struct AccessDeskTests {
    private static let huginn = ExecutorID(trusted: "huginn")

    private static func digest(_ text: String) -> TokenDigest { TokenDigest(of: text) }

    private static func request(_ key: String) -> KeyRequest { KeyRequest(digest: digest(key), host: "raspberry") }

    private static func author(_ desk: AccessDesk, _ secret: String) throws(Problem) -> Author {
        Author(try desk.principal(showing: secret) { "10.0.0.2" }, from: "10.0.0.2")
    }

    private static func refusal(_ desk: AccessDesk, _ secret: String, from address: String = "10.0.0.9") -> Problem? {
        do throws(Problem) {
            _ = try desk.principal(showing: secret) { address }
            return nil
        } catch {
            return error
        }
    }

    private static func invite(_ desk: AccessDesk, _ name: String = "huginn") async throws -> String {
        try await desk.create(TokenRequest(name: name, role: .join, expiresIn: nil), by: .local).secret
    }

    private static func problem(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Problem
        }
    }

    @Test func `a token opens what its role says, also after a restart, and nothing once it is revoked`() async throws {
        try await withFolder { folder in
            let secret = try await Household.with(directory: folder) { household in
                let desk = household.coordinator.access
                let (token, secret) = try await desk.create(
                    TokenRequest(name: "freya", role: .submitter, expiresIn: nil),
                    by: .local
                )
                #expect(try desk.principal(showing: secret) { "" } == token.principal)
                return secret
            }
            try await Household.with(directory: folder) { household in
                let desk = household.coordinator.access
                let principal = try desk.principal(showing: secret) { "" }
                #expect(principal.name == "freya" && principal.role == .submitter)
                await desk.writeLastUses()
                let stored = try await household.database.read { tx in try TokenStore.all(in: tx) }
                #expect(stored.first?.lastUsed != nil)
                #expect(stored.allSatisfy { !"\($0)".contains(secret) })
                _ = try await desk.revoke("freya", by: .local)
                #expect(Self.refusal(desk, secret)?.code == "token-revoked")
                #expect(!desk.isWelcome(principal))
                #expect(
                    try await desk.revoke(stored[0].id.rawValue, by: .local).first?.revokedAt != nil,
                    "twice is once"
                )
            }
        }
    }

    @Test func `a token ends by the clock of its coordinator`() async throws {
        let clock = SetClock(Timestamp(milliseconds: 1_772_366_400_000))
        try await Household.with(machine: clock.machine) { household in
            let desk = household.coordinator.access
            let wanted = TokenRequest(name: "freya", role: .viewer, expiresIn: .hours(1))
            let (token, secret) = try await desk.create(wanted, by: .local)
            #expect(token.createdAt == clock.now && token.expiresAt == clock.now + .hours(1))
            clock.advance(.minutes(59))
            let principal = try desk.principal(showing: secret) { "" }
            clock.advance(.minutes(1))
            #expect(Self.refusal(desk, secret)?.code == "token-expired")
            #expect(!desk.isWelcome(principal))
        }
    }

    @Test func `two tokens of one name are valid at once, and each is ended by its id`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let wanted = TokenRequest(name: "freya", role: .operator, expiresIn: nil)
            let (first, old) = try await desk.create(wanted, by: .local)
            let (_, new) = try await desk.create(wanted, by: .local)
            let refused = await Self.problem { _ = try await desk.revoke("freya", by: .local) }
            #expect(refused?.code == "token-ambiguous")
            _ = try await desk.revoke(first.id.rawValue, by: .local)
            #expect(Self.refusal(desk, old)?.status == 401)
            #expect(Self.refusal(desk, new) == nil)
        }
    }

    @Test func `an invitation is exchanged once, and a lost answer is asked for again`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let invitation = try await Self.invite(desk)
            let author = try Self.author(desk, invitation)
            let grant = try await desk.join(Self.request("key-1"), by: author)
            #expect(grant.executor == Self.huginn && grant.renewIn < grant.expiresIn)
            #expect(try await desk.join(Self.request("key-1"), by: author) == grant)
            let again = await Self.problem { _ = try await desk.join(Self.request("key-2"), by: author) }
            #expect(again?.code == "token-revoked" && again?.detail.contains("good for once") == true)
            #expect(try desk.principal(showing: "key-1") { "" }.executor == Self.huginn)
            #expect(Self.refusal(desk, "key-2")?.code == "unauthorized")
            #expect(desk.enrolment(of: Self.huginn)?.by == "local")
            #expect(desk.hasKey(Self.huginn) && !desk.hasKey(ExecutorID(trusted: "muninn")))
        }
    }

    @Test func `of many who show one invitation one joins`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let author = try Self.author(desk, try await Self.invite(desk))
            let joined = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        await Self.problem { _ = try await desk.join(Self.request("key-\(index)"), by: author) } == nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(joined == 1)
            #expect(desk.tokens.count { $0.role == .executor } == 1)
        }
    }

    @Test func `the old key is good until the new one is used`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            _ = try await desk.join(
                Self.request("key-1"),
                by: try Self.author(desk, try await Self.invite(desk))
            )
            let author = try Self.author(desk, "key-1")
            _ = try await desk.renew(Self.request("key-2"), of: Self.huginn, by: author)
            _ = try await desk.renew(Self.request("key-2"), of: Self.huginn, by: author)
            #expect(desk.tokens.count { $0.role == .executor } == 2)
            #expect(Self.refusal(desk, "key-1") == nil)
            #expect(Self.refusal(desk, "key-2") == nil)
            // Ended by a write that nobody waited for; the next write comes after it.
            try await household.coordinator.checkStore()
            #expect(Self.refusal(desk, "key-1")?.code == "token-revoked")
            #expect(Self.refusal(desk, "key-2") == nil)
            #expect(desk.enrolment(of: Self.huginn)?.by == "local", "who renews was invited once")
        }
    }

    @Test func `only the executor itself renews, and not without end`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            _ = try await desk.join(
                Self.request("key-1"),
                by: try Self.author(desk, try await Self.invite(desk))
            )
            let author = try Self.author(desk, "key-1")
            let other = await Self.problem {
                _ = try await desk.renew(Self.request("x"), of: ExecutorID(trusted: "muninn"), by: author)
            }
            #expect(other?.code == "no-key")
            let local = await Self.problem { _ = try await desk.renew(Self.request("x"), of: Self.huginn, by: .local) }
            #expect(local?.code == "no-key")
            let taken = try await Self.invite(desk, "muninn")
            let stolen = await Self.problem {
                _ = try await desk.join(Self.request("key-1"), by: try Self.author(desk, taken))
            }
            #expect(stolen?.status == 400, "a key that is somebody's cannot become somebody else's")
            for index in 0..<5 { _ = try await desk.renew(Self.request("n\(index)"), of: Self.huginn, by: author) }
            let flood = await Self.problem { _ = try await desk.renew(Self.request("n5"), of: Self.huginn, by: author) }
            #expect(flood?.status == 429 && flood?.retryAfter != nil)
        }
    }

    @Test func `whoever is put out while a request is under way makes no successor`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let wanted = TokenRequest(name: "freya", role: .operator, expiresIn: nil)
            let author = try Self.author(desk, try await desk.create(wanted, by: .local).secret)
            _ = try await desk.join(Self.request("key-1"), by: try Self.author(desk, try await Self.invite(desk)))
            let huginn = try Self.author(desk, "key-1")
            for name in ["freya", "huginn"] { _ = try await desk.revoke(name, by: .local) }
            let before = desk.tokens
            let created = await Self.problem { _ = try await desk.create(wanted, by: author) }
            #expect(created?.code == "token-revoked")
            let renewed = await Self.problem {
                _ = try await desk.renew(Self.request("key-2"), of: Self.huginn, by: huginn)
            }
            #expect(renewed?.code == "token-revoked")
            let revoked = await Self.problem { _ = try await desk.revoke(before[0].id.rawValue, by: author) }
            #expect(revoked?.code == "token-revoked")
            #expect(desk.tokens == before)
        }
    }

    @Test func `one word puts an executor out, however many keys and invitations it has`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let invitation = try await Self.invite(desk)
            let made = try await desk.create(TokenRequest(name: "huginn", role: .executor, expiresIn: nil), by: .local)
            _ = try await desk.join(Self.request("key-1"), by: try Self.author(desk, try await Self.invite(desk)))
            let author = try Self.author(desk, "key-1")
            for index in 0..<3 { _ = try await desk.renew(Self.request("n\(index)"), of: Self.huginn, by: author) }
            _ = try await desk.join(
                Self.request("other"),
                by: try Self.author(desk, try await Self.invite(desk, "muninn"))
            )
            #expect(try await desk.revoke("huginn", by: .local).count == 6)
            for secret in ["key-1", "n0", "n1", "n2", invitation, made.secret] {
                #expect(Self.refusal(desk, secret)?.code == "token-revoked")
            }
            #expect(Self.refusal(desk, "other") == nil)
            let audit = try await household.coordinator.audit(AuditFilter(), before: nil, limit: 50).items
            #expect(audit.count { $0.action == .tokenRevoke && $0.executor == Self.huginn } == 6)
        }
    }

    @Test func `a key is renewed so often in a while, also where each is used at once`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            _ = try await desk.join(Self.request("n"), by: try Self.author(desk, try await Self.invite(desk)))
            var refused: Problem?
            var count = 0
            while refused == nil, count < 20 {
                let author = try Self.author(desk, count == 0 ? "n" : "n\(count)")
                refused = await Self.problem {
                    _ = try await desk.renew(Self.request("n\(count + 1)"), of: Self.huginn, by: author)
                }
                count += 1
            }
            #expect(refused?.status == 429 && count == 6)
        }
    }

    @Test func `what an operator made for an executor ends when it was said to`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let wanted = TokenRequest(name: "huginn", role: .executor, expiresIn: .hours(1))
            let author = try Self.author(desk, try await desk.create(wanted, by: .local).secret)
            let refused = await Self.problem {
                _ = try await desk.renew(Self.request("key-1"), of: Self.huginn, by: author)
            }
            #expect(refused?.status == 409 && refused?.code == "no-key")
            #expect(Self.refusal(desk, "key-1")?.status == 401)
        }
    }

    @Test func `a key that is over is not granted again`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let joining = try Self.author(desk, try await Self.invite(desk))
            _ = try await desk.join(Self.request("key-1"), by: joining)
            let author = try Self.author(desk, "key-1")
            _ = try await desk.renew(Self.request("key-2"), of: Self.huginn, by: author)
            let next = try #require(desk.tokens.first { $0.digest == Self.digest("key-2") })
            _ = try await desk.revoke(next.id.rawValue, by: .local)
            let again = await Self.problem {
                _ = try await desk.renew(Self.request("key-2"), of: Self.huginn, by: author)
            }
            #expect(again?.status == 409 && again?.code == "key-over")
            _ = try await desk.renew(Self.request("key-3"), of: Self.huginn, by: author)
            _ = try await desk.revoke("huginn", by: .local)
            let joined = await Self.problem { _ = try await desk.join(Self.request("key-1"), by: joining) }
            #expect(joined?.status == 409 && joined?.code == "key-over")
        }
    }

    @Test func `a key whose invitation is over comes in with another one`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            for _ in 0..<2 {
                _ = try await desk.join(Self.request("key-1"), by: try Self.author(desk, try await Self.invite(desk)))
            }
            #expect(desk.tokens.count { $0.role == .executor } == 1)
            #expect(Self.refusal(desk, "key-1") == nil)
        }
    }

    @Test func `guessing is slowed down for each address, and harms nobody who is known`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let (_, secret) = try await desk.create(
                TokenRequest(name: "freya", role: .viewer, expiresIn: nil),
                by: .local
            )
            let answers = (0..<12).map { Self.refusal(desk, "guess-\($0)")?.status }
            #expect(answers.prefix(10).allSatisfy { $0 == 401 } && answers.suffix(2) == [429, 429])
            #expect(Self.refusal(desk, "another")?.retryAfter != nil)
            #expect(Self.refusal(desk, secret) == nil)
            #expect(Self.refusal(desk, "guess", from: "10.0.0.10")?.status == 401)
        }
    }

    @Test(arguments: [("open-sesame", true), ("ygg_household_8f3c19a2b7d04e55aa", false)])
    func `a shared token that nobody guesses is not held up by those who try`(shared: String, isHeldUp: Bool)
        async throws
    {
        try await Household.with(sharedToken: shared) { household in
            let desk = household.coordinator.access
            for index in 0..<12 { _ = Self.refusal(desk, "guess-\(index)") }
            #expect(Self.refusal(desk, shared)?.status == (isHeldUp ? 429 : nil))
            #expect(Self.refusal(desk, shared, from: "10.0.0.10") == nil)
        }
    }

    @Test func `a token that is over and still shown is told once`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let (token, secret) = try await desk.create(
                TokenRequest(name: "freya", role: .viewer, expiresIn: nil),
                by: .local
            )
            _ = try await desk.revoke("freya", by: .local)
            for _ in 0..<5 { #expect(Self.refusal(desk, secret)?.code == "token-revoked") }
            // Whoever is refused does not wait for it to be written down.
            try await household.coordinator.checkStore()
            let audit = try await household.coordinator.audit(AuditFilter(), before: nil, limit: 50).items
            #expect(audit.map(\.action) == [.accessRefused, .tokenRevoke, .tokenCreate])
            #expect(audit.first?.token == token.id && audit.first?.address == "10.0.0.9")
        }
    }

    @Test func `a ticket ends with the token it was made with`() async throws {
        try await Household.with { household in
            let desk = household.coordinator.access
            let (_, secret) = try await desk.create(
                TokenRequest(name: "freya", role: .operator, expiresIn: nil),
                by: .local
            )
            let (ticket, _) = desk.issueTicket(to: try desk.principal(showing: secret) { "" })
            #expect(desk.principal(showingTicket: ticket)?.role == .viewer)
            #expect(desk.principal(showingTicket: "made up") == nil)
            _ = try await desk.revoke("freya", by: .local)
            #expect(desk.principal(showingTicket: ticket) == nil)
        }
    }

    @Test func `a submitter changes its own tasks alone, and an operator any`() async throws {
        try await Household.with { household in
            let coordinator = household.coordinator
            func author(_ name: String, _ role: AccessRole) -> Author {
                Author(Principal(name: name, role: role, proof: .token(TokenID("tok-\(name)"))))
            }
            let wanted: JSONObject = ["kind": "test-noop", "id": "hers"]
            var reader = ObjectReader(wanted)
            let freya = author("freya", .submitter)
            let task = try await coordinator.submit(try TaskSubmission(reading: &reader), by: freya).task
            #expect(task.spec.submittedBy == "freya")
            let thor = author("thor", .submitter)
            let refused = await Self.problem { _ = try await coordinator.cancel(task.id, by: thor) }
            #expect(refused?.status == 403 && refused?.extensions["needs"] == "operator")
            #expect(await Self.problem { _ = try await coordinator.retry(task.id, by: thor) }?.status == 403)
            #expect(try await coordinator.cancel(task.id, by: freya).state == .cancelled)
            _ = try await coordinator.retry(task.id, by: author("odin", .operator))
            let audit = try await coordinator.audit(AuditFilter(task: task.id), before: nil, limit: 50).items
            #expect(audit.map(\.by) == ["freya", "freya"] && audit.map(\.action) == [.taskCancel, .taskSubmit])
        }
    }
}

/// A folder for the time of `body`.
private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ygg-access-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}
