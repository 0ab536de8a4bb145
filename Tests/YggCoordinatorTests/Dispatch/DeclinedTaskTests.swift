import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

/// A queued task that its executors give back.
@Suite(.timeLimit(.minutes(1)))
struct DeclinedTaskTests {
    private static let huginn = ExecutorID(trusted: "huginn")

    private func decline(_ id: String, secondsAgo: Int64, _ household: Household) {
        household.coordinator.withControl { control, _ in
            let time = Instant(nanoseconds: Instant.now.nanoseconds - secondsAgo * 1_000_000_000)
            control.declines.note(TaskID(trusted: id), by: Self.huginn, reason: "no paint", now: time)
        }
    }

    @Test func `it is a problem in why and in the list of problems, until it ends`() async throws {
        try await Household.with { household in
            try await household.register(Self.huginn)
            try await household.submit("new")
            try await household.submit("old")
            decline("new", secondsAgo: 10, household)
            decline("old", secondsAgo: 70, household)
            let coordinator = household.coordinator
            #expect(try await coordinator.declinedByAll().map(\.task.rawValue) == ["old"])
            let why = try await coordinator.why(TaskID(trusted: "old"))
            #expect(why.json["problem"]?["code"] == "declined-by-all")
            #expect(why.summary.contains("huginn (no paint)"), "\(why.summary)")
            #expect(try await coordinator.why(TaskID(trusted: "new")).problem == nil)
            _ = try await coordinator.cancel(TaskID(trusted: "old"))
            #expect(try await coordinator.declinedByAll().isEmpty)
            let left = coordinator.withControl { control, _ in control.declines.tasks.map(\.rawValue) }
            #expect(left == ["new"])
        }
    }
}
