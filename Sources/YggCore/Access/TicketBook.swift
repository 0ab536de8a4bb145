/// Tickets for event streams: a browser's `EventSource` sends no header, and a token in an address would stay in its
/// history. A ticket is good for a minute, for reading, and ends with the token it was made with.
package struct TicketBook: Sendable {
    package static let lifetime = Milliseconds.minutes(1)
    /// Tickets at one time; the oldest give way.
    static let limit = 4096

    private struct Ticket: Sendable {
        var principal: Principal
        var expires: Instant
    }

    private var tickets: [TokenDigest: Ticket] = [:]
    /// In the order of their end, which is that of their making.
    private var order: ArraySlice<TokenDigest> = []

    package init() {}

    /// Tickets that are kept.
    var count: Int { tickets.count }

    package mutating func issue(_ digest: TokenDigest, to principal: Principal, now: Instant) {
        while let oldest = order.first, tickets.count >= Self.limit || isOver(oldest, at: now) {
            tickets[oldest] = nil
            order.removeFirst()
        }
        let reader = Principal(name: principal.name, role: .viewer, proof: principal.proof)
        tickets[digest] = Ticket(principal: reader, expires: now + Self.lifetime)
        order.append(digest)
    }

    private func isOver(_ digest: TokenDigest, at now: Instant) -> Bool {
        tickets[digest].map { $0.expires <= now } ?? true
    }

    /// Who holds it, as a reader; nil where it is not, or no longer, known.
    package func holder(of digest: TokenDigest, now: Instant) -> Principal? {
        guard let ticket = tickets[digest], ticket.expires > now else { return nil }
        return ticket.principal
    }
}
