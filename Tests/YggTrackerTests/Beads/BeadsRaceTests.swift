import Testing
import YggCore

@testable import YggTracker

@Suite("Coordinators at a real driver", .serialized, .timeLimit(.minutes(3)))
struct BeadsRaceTests {
    /// Works at these issues with so many coordinators, until all are closed.
    private func work(_ double: BeadsDouble, _ issues: [IssueID], by names: [String]) async throws -> LiveFleet {
        let fleet = LiveFleet()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                let tracker = double.tracker(timeout: .seconds(60))
                group.addTask {
                    try await LiveDesk(name: name, tracker: tracker, fleet: fleet).run(untilClosed: issues.count)
                }
            }
            try await group.waitForAll()
        }
        return fleet
    }

    private func expectDoneOnce(_ issues: [IssueID], _ fleet: LiveFleet, _ double: BeadsDouble) async throws {
        for id in issues {
            let issue = try #require(try await double.tracker().issue(id))
            #expect(issue.status == .closed)
            let done = await (fleet.tasks[id] ?? []).count
            #expect(done == 1, "\(id)")
            let comments = try await double.tracker().comments(of: id)
            #expect(comments.count { $0.contains(" end]") } == 1, "\(comments)")
            let closes = double.calls.count { $0["argv"]?.arrayValue?.prefix(2) == ["close", .string(id.rawValue)] }
            #expect(closes == 1, "\(id)")
        }
        #expect(await fleet.cancelled.isDisjoint(with: fleet.tasks.values.joined()))
    }

    /// The double tells both who claim within this time that they have it, and the last one has it.
    @Test func `two on one workspace, both told that they won, do each issue once`() async throws {
        let double = try await BeadsDouble(["doubleClaim": .double(0.4)])
        var issues: [IssueID] = []
        for index in 0..<3 { issues.append(try await double.create("Code Agent: Refactor \(index).py")) }
        let fleet = try await work(double, issues, by: ["ygg-a", "ygg-b"])
        try await expectDoneOnce(issues, fleet, double)
    }
}
