import Testing
import YggCore

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
}
