import Testing
import YggCore

@testable import YggTracker

@Suite("An issue's way through the fleet")
struct IssueKeeperTests {
    @Test func `it is claimed, done, told and closed, and what is a person's stays as it is`() throws {
        var world = TrackerWorld.with([.refactor, .surtr])
        world.pass(.minutes(1))
        let done = try #require(world.issues["hh-a1b2"])
        #expect(done.issue.status == .closed && done.closings == 1)
        #expect(done.comments.count { $0.contains(" end]") } == 1 && done.comments.count <= 3)
        let reason = try #require(done.issue.closeReason)
        #expect(!IssueWords.failureWords.contains { reason.lowercased().contains($0) })
        let surtr = try #require(world.issues["hh-s"])
        #expect(surtr.issue.status == .open && surtr.issue.assignee == nil && surtr.comments.isEmpty)
        #expect(surtr.issue.updatedAt == TrackerWorld(seed: 1).time && world.subjects.count == 1)
        let status = world.desks[0].keeper.status
        #expect(status["unmapped"] == 1 && status["ready"] == 1)
    }

    @Test func `one that is claimed and that nobody takes is given back, and taken when somebody does`() {
        var world = TrackerWorld.with()
        world.fitness.submit = .notNow("too many tasks")
        world.pass(.hours(1)) { world in
            // From when it is given back there is no room, either.
            let isHeld = world.issues["hh-a1b2"]?.issue.assignee != nil
            if !isHeld, world.fitness.check == .accepted, world.desks[0].leases.isEmpty, world.calls > 10 {
                world.fitness.check = .notNow("too many tasks")
            }
        }
        let stored = world.issues["hh-a1b2"]
        #expect(stored?.issue.status == .open && stored?.issue.assignee == nil && stored?.comments.isEmpty == true)
        #expect(world.subjects.isEmpty && world.calls < 60 * 8 * 2, "\(world.calls)")
        world.fitness = (.accepted, .accepted)
        world.pass(.minutes(2))
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed)
    }

    @Test(arguments: [IssueKeeper.FailurePolicy.park, .release])
    func `one whose task failed is given back, and taken again when a person has touched it`(
        _ policy: IssueKeeper.FailurePolicy
    ) throws {
        var world = TrackerWorld(seed: 3)
        world.add(.refactor)
        world.addDesk("a") { $0.onFailure = policy }
        world.outcome = { _ in .failed }
        world.pass(.minutes(2))
        let issue = try #require(world.issues["hh-a1b2"]?.issue)
        #expect(issue.status == (policy == .park ? .blocked : .open) && issue.assignee == nil)
        #expect(issue.labels.contains("ygg-failed") && world.subjects.count == 1)
        world.outcome = { _ in .succeeded }
        world.change("hh-a1b2") { $0.status = .open }
        world.pass(.minutes(2))
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed && world.subjects.count == 2)
    }

    @Test func `a question is told once, and the next one, too`() throws {
        var world = TrackerWorld.with(works: false)
        world.pass(.seconds(8))
        for epoch in [1, 1, 2] as [Int64] {
            var glance = try world.glance(.awaitingApproval)
            glance.question = .init(epoch: epoch, subject: "result", summary: "Splits it")
            world.set(glance)
            world.pass(.seconds(3))
        }
        let asked = world.issues["hh-a1b2"]?.comments.filter { $0.contains(" asks-") } ?? []
        #expect(asked.count == 2 && asked.allSatisfy { $0.contains("ygg approve t1") })
    }

    @Test func `issues that wait for each other become tasks that do`() throws {
        var second = TrackedIssue(id: "hh-2", title: "Code Agent: Test agents/base_agent.py")
        second.blockedBy = ["hh-a1b2"]
        var world = TrackerWorld.with([.refactor, second], works: false)
        world.pass(.seconds(40))
        let first = try #require(world.tasks(of: "hh-a1b2").first)
        let task = try #require(world.tasks(of: "hh-2").first)
        #expect(world.dependencies[task] == [first])
        world.works = true
        world.pass(.minutes(2))
        #expect(world.issues["hh-2"]?.issue.status == .closed && world.issues["hh-a1b2"]?.issue.status == .closed)
    }

    @Test func `for what a task is to wait is not forgotten when the coordinator dies before it is there`() throws {
        var second = TrackedIssue(id: "hh-2", title: "Code Agent: Test agents/base_agent.py")
        second.blockedBy = ["hh-a1b2"]
        var world = TrackerWorld.with([.refactor, second], works: false)
        var deaths = 0
        world.pass(.minutes(2)) { world in
            guard world.desks[0].leases["hh-2"]?.step == .claiming, deaths < 3 else { return }
            deaths += 1
            world.kill(0)
        }
        let first = try #require(world.tasks(of: "hh-a1b2").first)
        let task = try #require(world.tasks(of: "hh-2").first)
        #expect(deaths == 3 && world.dependencies[task] == [first])
        let lease = try #require(world.desks[0].leases["hh-2"])
        var reader = try ObjectReader(JSON(parsing: lease.json.bytes))
        #expect(try IssueLease(reading: &reader) == lease && lease.dependsOn == [first])
    }

    @Test func `issues that wait for others keep none from being taken`() {
        var world = TrackerWorld.with(works: false)
        for index in 0..<8 {
            var issue = TrackedIssue(id: IssueID("hh-\(index)") ?? "hh-x", title: "Code Agent: Test \(index).py")
            issue.blockedBy = ["hh-a1b2"]
            world.add(issue)
        }
        world.pass(.minutes(1))
        #expect(world.subjects.count == 9)
        world.kill(0)
        world.add(TrackedIssue(id: "hh-free", title: "Code Agent: Refactor free.py"))
        world.pass(.minutes(1))
        #expect(world.tasks(of: "hh-free").count == 1)
    }

    @Test func `one whose predecessor failed is nobody's again, and waits for it`() throws {
        var second = TrackedIssue(id: "hh-2", title: "Code Agent: Test agents/base_agent.py")
        second.blockedBy = ["hh-a1b2"]
        var world = TrackerWorld.with([.refactor, second])
        world.outcome = { _ in .failed }
        world.pass(.minutes(3))
        #expect(world.issues["hh-2"]?.issue.status == .open && world.issues["hh-2"]?.issue.assignee == nil)
        #expect(world.issues["hh-2"]?.issue.labels.isEmpty == true)
    }

    @Test func `one whose claim could not be made is claimed later, although nothing changed in the tracker`() {
        var world = TrackerWorld.with()
        var isBroken = false
        world.pass(.minutes(2)) { world in
            world.faults = 0
            guard case .claim? = world.desks[0].call?.0, !isBroken else { return }
            isBroken = true
            world.faults = 100
        }
        #expect(isBroken && world.issues["hh-a1b2"]?.issue.status == .closed && world.subjects.count == 1)
    }

    @Test(arguments: UInt64(0)..<60) func `no issue is worked on twice, and each is told its end once`(_ seed: UInt64) {
        var world = TrackerWorld(seed: seed)
        world.faults = Int(seed % 4) * 8
        world.racesClaims = true
        world.deathsAtSubmit = 30
        world.latency = [200, 400, 1200, 3000][Int(seed / 4 % 4)]
        for index in 0..<6 {
            world.add(TrackedIssue(id: IssueID("hh-\(index)") ?? "hh-x", title: "Code Agent: Refactor \(index).py"))
        }
        world.add(.surtr)
        world.addDesk("a")
        world.addDesk("b")
        world.pass(.minutes(3)) { world in
            if world.random.chance(1) { world.kill(world.random.int(0..<2)) }
        }
        world.faults = 0
        world.pass(.minutes(15))
        for (id, stored) in world.issues where id != "hh-s" {
            let tasks = world.tasks(of: id)
            #expect(tasks.count == 1, "\(id): \(tasks)")
            #expect(stored.issue.status == .closed && stored.closings == 1, "\(id): \(stored)")
            #expect(stored.comments.count { $0.contains(" end]") } == 1, "\(id): \(stored.comments)")
            #expect(stored.comments.count <= 3)
        }
        #expect(world.cancelled.isEmpty)
        #expect(world.issues["hh-s"]?.comments.isEmpty == true && world.issues["hh-s"]?.issue.status == .open)
    }
}
