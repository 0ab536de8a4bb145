import Crypto
import Logging
import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

/// Who is let in: every token in memory, and what follows from showing one. A request costs one look under one lock;
/// what it changes is written later, by `run`.
package final class AccessDesk: Sendable {
    struct State {
        var table = AccessTable()
        var tickets = TicketBook()
        var requests: RateLimiter<Principal.Proof>?
        /// Tokens that nobody knows, by the address they came from.
        var failures = RateLimiter<String>(capacity: 10, perSecond: 0.5)
        /// When it was last told that a token that is over was shown.
        var refusals: [TokenID: Instant] = [:]
    }

    /// Between two lines of the audit about one token that is over.
    private static let refusalInterval = Milliseconds.hours(1)

    let settings: AccessSettings
    /// How long the audit is kept. A reload of the configuration changes it.
    let auditAge: Mutex<Milliseconds>
    let database: any Database
    /// What time it is. Secrets are made of the system's own randomness, also where a machine is simulated.
    let machine: Machine
    let logger: Logger
    let state: Mutex<State>
    private let shared: TokenDigest?
    /// Whether the shared token is so long that nobody guesses it, however fast. Then it is looked at before the failures
    /// of others behind the same address are.
    private let isSharedLong: Bool

    init(settings: AccessSettings, database: any Database, machine: Machine, logger: Logger) {
        self.settings = settings
        auditAge = Mutex(settings.auditAge)
        self.database = database
        self.machine = machine
        self.logger = logger
        shared = settings.sharedToken.map(TokenDigest.init(of:))
        isSharedLong = settings.sharedToken.map { !TokenSecret.isGuessable($0) } ?? false
        var state = State()
        if settings.requestsPerSecond > 0 {
            state.requests = RateLimiter(
                capacity: settings.requestsPerSecond * 5,
                perSecond: Double(settings.requestsPerSecond)
            )
        }
        self.state = Mutex(state)
    }

    func load() async throws {
        let tokens = try await database.read { tx in try TokenStore.all(in: tx) }
        state.withLock { state in
            for token in tokens { state.table.learn(token) }
        }
    }

    // MARK: Looking at who asks

    /// Whose token it is.
    ///
    /// A token that is known is never held up by the failures of others behind the same address: executors depend on
    /// it. Guessing is slowed down all the same, because only a short shared token could be guessed, and that is looked
    /// at last.
    /// - Parameter address: where the request comes from; asked for only where it matters.
    package func principal(showing token: String, from address: () -> String) throws(Problem) -> Principal {
        let digest = TokenDigest(of: token)
        let (look, superseded) = state.withLock { state in
            let now = machine.time()
            let (look, firstUse) = state.table.look(digest, at: now)
            return (look, firstUse.map { state.table.superseded(by: $0, at: now) } ?? [])
        }
        if !superseded.isEmpty { end(superseded) }
        switch look {
        case .known(let principal): return principal
        case .dead(let token, let state):
            note(refusalOf: token, from: address())
            throw .tokenOver(token, state)
        case .unknown: return try household(showing: digest, from: address())
        }
    }

    private func household(showing digest: TokenDigest, from address: String) throws(Problem) -> Principal {
        let now = machine.now()
        if isSharedLong, let shared, shared == digest { return .household }
        if let wait = state.withLock({ $0.failures.wait(address, now: now) }) {
            throw .tooMany(
                "Too many tokens that are not known came from \(address).",
                wait: wait,
                next: "Wait, then try again with the right token."
            )
        }
        if let shared, shared == digest { return .household }
        _ = state.withLock { $0.failures.take(address, now: now) }
        logger.warning("access.unknown-token", metadata: ["address": "\(address)"])
        throw .unauthorized("The token is not valid here.")
    }

    /// Who holds a ticket, as a reader.
    package func principal(showingTicket ticket: String) -> Principal? {
        let digest = TokenDigest(of: ticket)
        return state.withLock { state in
            state.tickets.holder(of: digest, now: machine.now()).flatMap { holder in
                state.table.isWelcome(holder, at: machine.time()) ? holder : nil
            }
        }
    }

    /// Counts a request against what its token may ask; the shared one counts as one, whoever shows it. Who shows none is
    /// the owner of this machine, or a part of this process.
    package func spend(_ principal: Principal) throws(Problem) {
        guard principal.token != nil || principal.proof == .shared else { return }
        guard let wait = state.withLock({ $0.requests?.take(principal.proof, now: machine.now()) }) else { return }
        throw .tooMany(
            "The token of \(principal.name) may make \(settings.requestsPerSecond) requests in a second.",
            wait: wait,
            next: "Wait, then send it again; an operator raises coordinator.limits.requestsPerSecond."
        )
    }

    /// Whether somebody who was let in before would be let in now. What lasts longer than a request asks again.
    package func isWelcome(_ principal: Principal) -> Bool {
        principal.token == nil || state.withLock { $0.table.isWelcome(principal, at: machine.time()) }
    }

    /// - Throws: the problem of a principal that is not let in any more.
    package func checkWelcome(_ principal: Principal, from address: () -> String) throws(Problem) {
        guard !isWelcome(principal), let id = principal.token else { return }
        guard let token = state.withLock({ $0.table[id] }) else {
            throw .unauthorized("The token is not valid here any more.")
        }
        note(refusalOf: token, from: address())
        throw .tokenOver(token, token.state(at: machine.time()))
    }

    /// A ticket for event streams.
    package func issueTicket(to principal: Principal) -> (ticket: String, lifetime: Milliseconds) {
        var random = SystemRandomNumberGenerator()
        let ticket = TokenSecret.make(.viewer, random: &random)
        state.withLock { $0.tickets.issue(TokenDigest(of: ticket), to: principal, now: machine.now()) }
        return (ticket, TicketBook.lifetime)
    }

    /// Lets an executor in that is a part of this process.
    /// - Parameter key: what it will show; 256 random bits.
    package func admit(_ executor: ExecutorID, under key: String) {
        let principal = Principal(name: executor.rawValue, role: .executor, proof: .process)
        state.withLock { $0.table.admit(principal, under: TokenDigest(of: key)) }
    }

    /// Whether an executor has, or had, a key of its own: then it need not know what the household shares, and is not
    /// shown it.
    func hasKey(_ executor: ExecutorID) -> Bool { state.withLock { !$0.table.keys(of: executor).isEmpty } }

    /// When an executor joined, and who had invited it.
    func enrolment(of executor: ExecutorID) -> (at: Timestamp, by: String)? {
        state.withLock { $0.table.keys(of: executor) }.filter { $0.origin == .joined }
            .max { $0.createdAt < $1.createdAt }.map { ($0.createdAt, $0.createdBy) }
    }

    // MARK: What follows

    /// Somebody still uses a token that is over. An operator wants to know, but not of every try.
    private func note(refusalOf token: AccessToken, from address: String) {
        let now = machine.now()
        let isNews = state.withLock { state in
            if let last = state.refusals[token.id], now - last < Self.refusalInterval { return false }
            state.refusals[token.id] = now
            return true
        }
        guard isNews else { return }
        let principal = Principal(name: token.name, role: token.role, proof: .token(token.id))
        let entry = AuditEntry(
            .accessRefused,
            by: Author(principal, from: address),
            at: machine.time(),
            executor: token.role == .executor ? ExecutorID(token.name) : nil,
            detail: token.revokedAt == nil ? "the token has expired" : "the token was revoked"
        )
        logger.warning(
            "access.refused",
            metadata: ["token.id": "\(token.id)", "token.name": "\(token.name)", "address": "\(address)"]
        )
        database.enqueue { tx in
            try AuditStore.append(entry, in: tx)
        } completion: { [logger] result in
            guard case .failure(let error) = result else { return }
            logger.error("audit.write-failed", metadata: ["error": "\(error)"])
        }
    }

    /// A newer key is in use: the older ones of the same executor are not needed any more.
    private func end(_ superseded: [AccessToken]) {
        let now = machine.time()
        database.enqueue { [self] tx in
            for token in superseded {
                _ = try TokenStore.revoke(token.id, at: now, in: tx)
                tx.afterCommit { self.markRevoked(token.id, at: now) }
            }
        } completion: { [logger] result in
            // Those keys end by themselves, later.
            guard case .failure(let error) = result else { return }
            logger.error("access.superseding-failed", metadata: ["error": "\(error)"])
        }
    }

    func markRevoked(_ id: TokenID, at now: Timestamp, exchangedFor key: TokenDigest? = nil) {
        state.withLock { state in
            guard var token = state.table[id], token.revokedAt == nil else { return }
            token.revokedAt = now
            token.exchangedFor = key
            state.table.learn(token)
        }
    }
}

extension TokenDigest {
    package init(of token: String) {
        guard let words = TokenDigest(SHA256.hash(data: Array(token.utf8))) else {
            preconditionFailure("sha256 has 32 bytes")
        }
        self = words
    }
}
