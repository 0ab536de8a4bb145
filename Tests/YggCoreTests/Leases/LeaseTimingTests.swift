import Testing
import YggCore

struct LeaseTimingTests {
    @Test(arguments: [500, 2000, 15_000, 120_000] as [Int64])
    func `a lease that is being renewed is never old enough to be cut off`(milliseconds: Int64) {
        let ttl = Milliseconds(milliseconds)
        let answered = LeaseTiming.pollHold(ttl) + LeaseTiming.tick(ttl)
        let slack = ttl / 20
        #expect(answered * 2 + slack <= LeaseTiming.cutOff(ttl), "two polls, each held to the end")
        #expect(
            answered + LeaseTiming.pollTimeout(ttl) + slack <= LeaseTiming.cutOff(ttl),
            "one poll without an answer"
        )
        #expect(answered + slack <= LeaseTiming.pollTimeout(ttl), "a held poll is answered in time")
        #expect(LeaseTiming.cutOff(ttl) + ttl / 4 <= ttl, "what is cut off has time to end")
    }
}
