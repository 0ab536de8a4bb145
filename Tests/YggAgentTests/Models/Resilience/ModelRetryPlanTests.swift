import Testing
import YggAgent
import YggCore

struct ModelRetryPlanTests {
    private static func failure(_ code: ModelFailure.Code, retryAfter: Milliseconds? = nil) -> ModelFailure {
        ModelFailure(code, "It failed.", at: ModelPlace(model: "m", endpoint: "e"), retryAfter: retryAfter)
    }

    /// The pauses after one failure after the other, until it gives up.
    private static func pauses(
        _ failure: ModelFailure,
        policy: ModelRetryPolicy = ModelRetryPolicy(),
        seed: UInt64 = 1,
        elapsed: Milliseconds = 0
    ) -> [Milliseconds] {
        var plan = ModelRetryPlan(policy)
        var random = SeededRandom(seed: seed)
        var pauses: [Milliseconds] = []
        while pauses.count < 100, let pause = plan.pause(after: failure, elapsed: elapsed, random: &random) {
            pauses.append(pause)
        }
        return pauses
    }

    @Test(arguments: ModelFailure.Code.allCases)
    func `a failure is tried again as often as its kind allows`(code: ModelFailure.Code) {
        let tries =
            switch code.retry {
            case .never: 0
            case .once: 1
            case .backOff: 4
            }
        #expect(Self.pauses(Self.failure(code)).count == tries)
    }

    @Test(arguments: Seeds.all)
    func `pauses lie anywhere below a limit that doubles`(seed: UInt64) {
        let policy = ModelRetryPolicy(maxTries: 12, firstPause: 100, longestPause: 2_000)
        let pauses = Self.pauses(Self.failure(.busy), policy: policy, seed: seed)
        #expect(pauses.count == 11)
        for (index, pause) in pauses.enumerated() {
            #expect(pause >= 0 && pause <= min(2_000, Milliseconds(100 << Int64(index))))
        }
        #expect(pauses == Self.pauses(Self.failure(.busy), policy: policy, seed: seed))
    }

    @Test func `a server's own wish is the least, and too long a one ends it`() {
        let asked = Self.pauses(Self.failure(.busy, retryAfter: .seconds(5)))
        #expect(asked.count == 4 && asked.allSatisfy { $0 >= .seconds(5) })
        #expect(Self.pauses(Self.failure(.busy, retryAfter: .seconds(121))).isEmpty)
    }

    @Test func `no try begins after the budget`() {
        #expect(Self.pauses(Self.failure(.busy), elapsed: .minutes(15)).isEmpty)
    }
}
