import Testing
import YggCore

/// Who asks for a person, and who may say that it needs none.
struct TierRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var handler: [Tier]? = []
        var labels: [String] = []
        var route: [Tier] = []
        var asked = TierRequest()
        var mayLower = false
        /// nil where it is refused.
        var expected: [Tier]?
    }

    private static let rules = TierRules([
        .init(label: "careful", tier: [.plan]),
        .init(prefix: "ops-", tier: [.review]),
        .init(label: "production", prefix: "dev-", tier: [.review, .plan]),
    ])

    static let cases: [Case] = [
        Case(testDescription: "nobody asks", expected: []),
        Case(testDescription: "the handler", handler: [.review], expected: [.review]),
        Case(testDescription: "a label adds", labels: ["x", "careful"], expected: [.plan]),
        Case(testDescription: "the route adds", handler: [.plan], route: [.review], expected: [.plan, .review]),
        Case(testDescription: "two conditions, both met", labels: ["production"], expected: [.plan, .review]),
        Case(testDescription: "the task adds", asked: TierRequest(added: [.review]), expected: [.review]),
        Case(
            testDescription: "a submitter skips what is asked",
            handler: [.plan],
            asked: TierRequest(skipped: [.plan]),
            expected: nil
        ),
        Case(
            testDescription: "a submitter skips what a label asks",
            labels: ["careful"],
            asked: TierRequest(skipped: [.plan]),
            expected: nil
        ),
        Case(
            testDescription: "skipping what nobody asks lowers nothing",
            handler: [.plan],
            asked: TierRequest(skipped: [.review]),
            expected: [.plan]
        ),
        Case(
            testDescription: "an operator skips",
            handler: [.plan, .review],
            asked: TierRequest(skipped: [.plan]),
            mayLower: true,
            expected: [.review]
        ),
        Case(
            testDescription: "of a handler that nobody knows, nobody but an operator skips",
            handler: nil,
            asked: TierRequest(skipped: [.plan]),
            expected: nil
        ),
    ]

    @Test(arguments: cases)
    func `what a person must see is the sum of who asks, less what an operator skips`(item: Case) throws {
        let route = Route(prefix: "dev-", executors: ["fenrir"], tier: item.route)
        let result = Result { () throws(TierLowered) in
            try Self.rules.tier(
                of: "dev-test",
                handler: item.handler,
                labels: item.labels,
                route: route,
                asked: item.asked,
                mayLower: item.mayLower
            )
        }
        switch result {
        case .success(let tier): #expect(tier == item.expected)
        case .failure(let error): #expect(item.expected == nil && error.tiers == item.asked.skipped)
        }
    }
}
