import Testing

@testable import YggCore

struct TicketBookTests {
    @Test func `a ticket is good for a minute, and for reading`() {
        var book = TicketBook()
        let start = Instant(nanoseconds: 0)
        guard let digest = TokenDigest(Array(repeating: 1, count: 32)) else { preconditionFailure("32 bytes") }
        let freya = Principal(name: "freya", role: .operator, proof: .token(TokenID("tok-1")))
        book.issue(digest, to: freya, now: start)
        let holder = book.holder(of: digest, now: start + .seconds(59))
        #expect(holder?.role == .viewer && holder?.name == "freya" && holder?.token == freya.token)
        #expect(book.holder(of: digest, now: start + .minutes(1)) == nil)
    }

    @Test func `so many tickets are kept, and the oldest give way`() {
        var book = TicketBook()
        let start = Instant(nanoseconds: 0)
        let digests = (0..<TicketBook.limit + 2).compactMap { index in
            TokenDigest((0..<32).map { $0 < 2 ? UInt8(index >> (8 * $0) & 255) : 0 })
        }
        for digest in digests { book.issue(digest, to: .local, now: start) }
        #expect(book.count == TicketBook.limit)
        #expect(book.holder(of: digests[1], now: start) == nil && book.holder(of: digests[2], now: start) != nil)
        book.issue(digests[0], to: .local, now: start + .minutes(1))
        #expect(book.count == 1)
    }
}
