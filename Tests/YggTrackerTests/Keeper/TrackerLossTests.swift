import Testing
import YggCore

@testable import YggTracker

@Suite("What a tracker or a coordinator loses")
struct TrackerLossTests {
    @Test(arguments: [true, false])
    func `one in our name of which nothing is known is taken as any other, if it is ours`(_ isMapped: Bool) {
        var world = TrackerWorld(seed: 2)
        var issue = isMapped ? TrackedIssue.refactor : .surtr
        issue.status = .inProgress
        issue.assignee = "a"
        world.add(issue)
        world.addDesk("a")
        world.pass(.minutes(2))
        let stored = world.issues[issue.id]
        #expect(
            stored?.issue.status == (isMapped ? .closed : .inProgress) && world.subjects.count == (isMapped ? 1 : 0)
        )
    }

    @Test func `a claim that is made after the coordinator that asked for it has died is found`() {
        var world = TrackerWorld.with()
        world.pass(.seconds(40))
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed)
        world.add(TrackedIssue(id: "hh-2", title: "Code Agent: Test agents/base_agent.py"))
        world.change("hh-2") {
            $0.status = .inProgress
            $0.assignee = "a"
        }
        world.pass(.minutes(5))
        #expect(world.issues["hh-2"]?.issue.status == .closed)
    }

    @Test(arguments: [1, 3]) func `a database that is lost ends nothing, and when it is there again everything goes on`(
        _ count: Int
    ) {
        var world = TrackerWorld(seed: UInt64(count))
        world.works = false
        for index in 0..<count {
            world.add(TrackedIssue(id: IssueID("hh-\(index)") ?? "hh-x", title: "Code Agent: Refactor \(index).py"))
        }
        world.addDesk("a")
        world.pass(.seconds(30))
        #expect(world.subjects.count == count)
        world.isLost = true
        let before = world.calls
        world.pass(.minutes(30))
        #expect(world.cancelled.isEmpty && world.desks[0].keeper.status["problem"] != nil)
        #expect(world.calls - before < 300, "\(world.calls - before)")
        world.works = true
        world.pass(.minutes(10))
        world.kill(0)
        world.pass(.minutes(10))
        #expect(world.cancelled.isEmpty && world.desks[0].leases.count == count)
        world.isLost = false
        world.pass(.minutes(30))
        #expect(world.issues.values.allSatisfy { $0.issue.status == .closed && $0.closings == 1 })
        #expect(world.desks[0].keeper.status["problem"] == nil)
    }

    @Test func `another database in its place is not touched`() {
        var world = TrackerWorld.with(works: false)
        world.pass(.seconds(10))
        world.issues = [:]
        world.add(TrackedIssue(id: "xx-1", title: "Code Agent: Refactor other.py"))
        world.home = "/elsewhere/.beads"
        world.pass(.minutes(20))
        #expect(world.cancelled.isEmpty && world.issues["xx-1"]?.comments.isEmpty == true)
    }
}
