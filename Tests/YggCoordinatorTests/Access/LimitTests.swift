import Testing
import YggCore
import YggProtocol

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private static func author(_ role: AccessRole) -> Author {
        Author(Principal(name: "freya", role: role, proof: .token(TokenID("tok-1"))))
    }

    private static func submit(_ id: String, by author: Author, to coordinator: Coordinator) async throws {
        let wanted: JSONObject = ["kind": "test-noop", "id": .string(id)]
        var reader = ObjectReader(wanted)
        _ = try await coordinator.submit(try TaskSubmission(reading: &reader), by: author)
    }

    @Test func `a submitter has so many tasks open, and an operator as many as there is room for`() async throws {
        try await Household.with(openTasks: 2) { household in
            let coordinator = household.coordinator
            for id in ["a", "b"] { try await Self.submit(id, by: Self.author(.submitter), to: coordinator) }
            do {
                try await Self.submit("c", by: Self.author(.submitter), to: coordinator)
                Issue.record("a third task was taken")
            } catch let problem as Problem {
                #expect(problem.status == 429 && problem.code == "too-many-tasks" && problem.retryAfter != nil)
                #expect(problem.nextAction.contains("coordinator.limits.openTasks"))
            }
            try await Self.submit("a", by: Self.author(.submitter), to: coordinator)
            try await Self.submit("d", by: Self.author(.operator), to: coordinator)
            _ = try await coordinator.cancel(TaskID(trusted: "a"), by: Self.author(.submitter))
            try await Self.submit("e", by: Self.author(.submitter), to: coordinator)
        }
    }

    @Test func `a token may ask so much over time`() async throws {
        try await Household.with(requestsPerSecond: 1) { household in
            let desk = household.coordinator.access
            let principal = Self.author(.viewer).principal
            let other = Principal(name: "thor", role: .viewer, proof: .token(TokenID("tok-2")))
            var refused: Problem?
            for _ in 0..<6 {
                do throws(Problem) { try desk.spend(principal) } catch { refused = error }
            }
            #expect(refused?.status == 429 && refused?.retryAfter == 1)
            try desk.spend(other)
            var isSharedRefused = false
            for _ in 0..<6 {
                do throws(Problem) { try desk.spend(.household) } catch { isSharedRefused = error.status == 429 }
            }
            #expect(isSharedRefused)
            for _ in 0..<20 { try desk.spend(.local) }
        }
    }
}
