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

    package init() {}

    package mutating func issue(_ digest: TokenDigest, to principal: Principal, now: Instant) {
        tickets = tickets.filter { $0.value.expires > now }
        if tickets.count >= Self.limit, let oldest = tickets.min(by: { $0.value.expires < $1.value.expires }) {
            tickets[oldest.key] = nil
        }
        let reader = Principal(name: principal.name, role: .viewer, proof: principal.proof)
        tickets[digest] = Ticket(principal: reader, expires: now + Self.lifetime)
    }

    /// Who holds it, as a reader; nil where it is not, or no longer, known.
    package func holder(of digest: TokenDigest, now: Instant) -> Principal? {
        guard let ticket = tickets[digest], ticket.expires > now else { return nil }
        return ticket.principal
    }
}
