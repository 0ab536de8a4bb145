import Testing
import YggCore

@testable import YggTracker

@Suite("An issue's way through the fleet")
struct IssueKeeperTests {
    private func world(_ issues: [TrackedIssue] = [.refactor], works: Bool = true) -> TrackerWorld {
        var world = TrackerWorld(seed: 1)
        world.works = works
        for issue in issues { world.add(issue) }
        world.addDesk("a")
        return world
    }

    private func glance(_ world: TrackerWorld, _ state: TaskState) throws -> TaskNews {
        let task = try #require(world.tasks(of: "hh-a1b2").first)
        var glance = TaskNews(task: task, state: state)
        glance.executor = "surtr"
        return glance
    }

    @Test func `it is claimed, done, told and closed, and what is a person's stays as it is`() throws {
        var world = world([.refactor, .surtr])
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

    @Test func `F16 an issue that is closed while its task is queued ends the task, and nothing more is said`() throws {
        var world = world(works: false)
        world.pass(.seconds(8))
        let task = try #require(world.tasks(of: "hh-a1b2").first)
        let said = world.issues["hh-a1b2"]?.comments
        world.change("hh-a1b2") {
            $0.status = .closed
            $0.closeReason = "merged by hand"
        }
        world.pass(.seconds(30))
        #expect(world.cancelled == [task] && world.tasks[task]?.state == .cancelled)
        #expect(world.issues["hh-a1b2"]?.issue.closeReason == "merged by hand")
        #expect(world.issues["hh-a1b2"]?.comments == said && world.desks[0].leases["hh-a1b2"]?.ending == .moot)
    }

    @Test(arguments: ["given to bob", "put aside", "removed"])
    func `F16 an issue that is taken away while its task runs ends the task`(_ way: String) throws {
        var world = world([.refactor, .surtr], works: false)
        world.pass(.seconds(8))
        world.set(try glance(world, .running))
        world.pass(.seconds(2))
        switch way {
        case "given to bob": world.change("hh-a1b2") { $0.assignee = "bob" }
        case "put aside": world.change("hh-a1b2") { $0.status = IssueStatus("deferred") }
        default: world.issues["hh-a1b2"] = nil
        }
        world.pass(.seconds(30))
        #expect(world.cancelled.count == 1)
        if way == "given to bob" { #expect(world.issues["hh-a1b2"]?.issue.assignee == "bob") }
    }

    @Test func `F16 an issue that was closed while its task ended is not closed again`() throws {
        var world = world(works: false)
        world.pass(.seconds(8))
        world.change("hh-a1b2") {
            $0.status = .closed
            $0.closeReason = "mine"
        }
        var glance = try glance(world, .succeeded)
        glance.succeeded = true
        world.set(glance)
        world.pass(.seconds(30))
        #expect(world.issues["hh-a1b2"]?.issue.closeReason == "mine" && world.issues["hh-a1b2"]?.closings == 0)
    }

    @Test func `one that is made nobody's while it is worked on is claimed again`() throws {
        var world = world(works: false)
        world.pass(.seconds(8))
        world.change("hh-a1b2") {
            $0.status = .open
            $0.assignee = nil
        }
        world.pass(.seconds(30))
        #expect(world.cancelled.isEmpty && world.issues["hh-a1b2"]?.issue.isHeld(by: "a") == true)
        #expect(world.subjects.count == 1)
    }

    @Test func `F16 one that is made nobody's and left in work is a person's, and ends the task`() throws {
        var world = world(works: false)
        world.pass(.seconds(8))
        let before = world.calls
        world.change("hh-a1b2") { $0.assignee = nil }
        world.pass(.seconds(60))
        #expect(world.cancelled.count == 1 && world.desks[0].leases["hh-a1b2"]?.ending == .moot)
        #expect(world.issues["hh-a1b2"]?.issue.status == .inProgress && world.calls - before <= 12, "\(world.calls)")
    }

    @Test func `one that cannot be claimed again is asked for less and less often`() throws {
        var world = world(works: false)
        world.pass(.seconds(8))
        world.change("hh-a1b2") {
            $0.status = .open
            $0.assignee = nil
        }
        let before = world.calls
        world.instead = { if case .claim = $0 { .success(.claim(.lost("not claimable"))) } else { nil } }
        world.pass(.minutes(10))
        // A look for new issues and one at what is held every eight to ten seconds.
        #expect(world.calls - before <= 2 * 75 + 3 * 10, "\(world.calls - before)")
        world.instead = { _ in nil }
        world.pass(.minutes(10))
        #expect(world.issues["hh-a1b2"]?.issue.isHeld(by: "a") == true && world.cancelled.isEmpty)
    }

    @Test func `one that is claimed and that nobody takes is given back, and taken when somebody does`() {
        var world = world()
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

    @Test(arguments: [nil, TrackerFailure.Kind.refused, .unavailable])
    func `a claim that ends by itself is renewed, and not again and again where it cannot be`(
        _ failure: TrackerFailure.Kind?
    ) {
        var world = TrackerWorld(seed: 4)
        world.works = false
        world.renewsClaims = true
        world.add(.refactor)
        world.addDesk("a")
        world.instead = { call in
            guard case .renew = call, let failure else { return nil }
            return .failure(TrackerFailure(failure, "unknown command"))
        }
        world.pass(.minutes(31))
        #expect(world.renewals == (failure == .refused ? 1 : 6) && world.cancelled.isEmpty)
    }

    /// Neither is a comment taken for written, nor does anything else wait.
    @Test func `a failure that nobody understands is tried again, and keeps no other issue waiting`() {
        let other = TrackedIssue(id: "hh-2", title: "Code Agent: Test agents/base_agent.py")
        var world = world([.refactor, other])
        world.instead = { call in
            switch call {
            case .comment(_, let id, _) where id == "hh-a1b2": .failure(TrackerFailure(.failed, "it broke"))
            default: nil
            }
        }
        world.pass(.minutes(5))
        #expect(world.issues["hh-2"]?.issue.status == .closed)
        #expect(world.issues["hh-a1b2"]?.issue.isHeld(by: "a") == true)
        #expect(world.desks[0].leases["hh-a1b2"]?.said.isEmpty == true)
        world.instead = { _ in nil }
        world.pass(.minutes(15))
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed)
        #expect(world.issues["hh-a1b2"]?.comments.count { $0.contains(" end]") } == 1)
    }

    @Test(arguments: [2, 3]) func `only a comment that is refused again and again is left out`(_ refusals: Int) {
        var world = world(works: false)
        var tries = 0
        world.instead = { call in
            guard case .comment(let text, _, _) = call, text.contains(" taken]") else { return nil }
            tries += 1
            if tries <= refusals { return .failure(TrackerFailure(.refused, "too long")) }
            return tries <= 8 ? .failure(TrackerFailure(.failed, "it broke")) : nil
        }
        world.pass(.hours(1))
        let stored = world.issues["hh-a1b2"]
        #expect(stored?.comments.contains { $0.contains(" taken]") } == (refusals == 2), "\(tries)")
        #expect(world.desks[0].leases["hh-a1b2"]?.said == ["taken"])
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

    @Test func `F16 an issue that is closed while nobody knows that it has a task ends the task`() throws {
        var world = world(works: false)
        world.deathsAtSubmit = 100
        world.pass(.seconds(20)) { world in
            guard world.desks[0].life == 1, world.cancelled.isEmpty else { return }
            world.change("hh-a1b2") { $0.status = .closed }
        }
        #expect(world.subjects.count == 1 && world.cancelled == world.tasks(of: "hh-a1b2"))
        #expect(world.desks[0].leases["hh-a1b2"]?.ending == .moot)
    }

    @Test func `one that was closed and that a person opens again is taken anew`() {
        var world = world()
        world.pass(.minutes(1))
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed)
        // As `bd reopen` leaves it: still in our name.
        world.change("hh-a1b2") { $0.status = .open }
        #expect(world.issues["hh-a1b2"]?.issue.assignee == "a")
        world.pass(.minutes(2))
        #expect(world.issues["hh-a1b2"]?.closings == 2 && world.subjects.count == 2)
    }

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
        var world = world()
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

    @Test func `of several issues one that is removed ends its task, and no other`() {
        let others = (0..<3).map { TrackedIssue(id: IssueID("hh-\($0)") ?? "hh-x", title: "Code Agent: Test \($0).py") }
        var world = world(others, works: false)
        world.pass(.seconds(30))
        world.issues["hh-1"] = nil
        world.pass(.minutes(1))
        #expect(world.cancelled == world.tasks(of: "hh-1") && world.cancelled.count == 1)
    }

    @Test func `one whose issues were all removed is asked about, and a person who cancels their tasks ends that`()
        throws
    {
        var world = world(works: false)
        world.pass(.seconds(10))
        let task = try #require(world.tasks(of: "hh-a1b2").first)
        world.issues = [:]
        world.pass(.minutes(1))
        #expect(world.cancelled.isEmpty)
        world.set(TaskNews(task: task, state: .cancelled))
        world.pass(.minutes(30))
        #expect(world.desks[0].leases["hh-a1b2"]?.ending == .moot)
    }

    @Test func `another database in its place is not touched`() {
        var world = world(works: false)
        world.pass(.seconds(10))
        world.issues = [:]
        world.add(TrackedIssue(id: "xx-1", title: "Code Agent: Refactor other.py"))
        world.home = "/elsewhere/.beads"
        world.pass(.minutes(20))
        #expect(world.cancelled.isEmpty && world.issues["xx-1"]?.comments.isEmpty == true)
    }

    @Test func `a question is told once, and the next one, too`() throws {
        var world = world(works: false)
        world.pass(.seconds(8))
        for epoch in [1, 1, 2] as [Int64] {
            var glance = try glance(world, .awaitingApproval)
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
        var world = world([.refactor, second], works: false)
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
        var world = world([.refactor, second], works: false)
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
        var world = world(works: false)
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
        var world = world([.refactor, second])
        world.outcome = { _ in .failed }
        world.pass(.minutes(3))
        #expect(world.issues["hh-2"]?.issue.status == .open && world.issues["hh-2"]?.issue.assignee == nil)
        #expect(world.issues["hh-2"]?.issue.labels.isEmpty == true)
    }

    @Test func `one that cannot be closed is left blocked, with the reason`() throws {
        let child = TrackedIssue(id: "hh-9", title: "A person's")
        var world = world([.refactor, child], works: false)
        world.pass(.seconds(8))
        world.change("hh-a1b2") { $0.blockedBy = ["hh-9"] }
        var glance = try glance(world, .succeeded)
        glance.succeeded = true
        world.set(glance)
        world.pass(.minutes(1))
        #expect(world.issues["hh-a1b2"]?.issue.status == .blocked && world.issues["hh-a1b2"]?.closings == 0)
        #expect(world.issues["hh-a1b2"]?.comments.contains { $0.contains("cannot be closed") } == true)
    }

    @Test func `one whose claim could not be made is claimed later, although nothing changed in the tracker`() {
        var world = world()
        var isBroken = false
        world.pass(.minutes(2)) { world in
            world.faults = 0
            guard case .claim? = world.desks[0].call?.0, !isBroken else { return }
            isBroken = true
            world.faults = 100
        }
        #expect(isBroken && world.issues["hh-a1b2"]?.issue.status == .closed && world.subjects.count == 1)
    }

    @Test func `a thousand ready issues cost one call, and as many claims as may wait`() {
        var world = TrackerWorld(seed: 5)
        world.works = false
        for index in 0..<1000 {
            world.add(TrackedIssue(id: IssueID("hh-\(index)") ?? "hh-x", title: "Code Agent: Refactor \(index).py"))
        }
        world.addDesk("a") {
            $0.ahead = 8
            $0.interval = .minutes(10)
        }
        world.pass(.minutes(2))
        // Probe, look, what is held, eight claims, two proofs, eight comments; a look at what others wait for.
        #expect(world.subjects.count == 8 && world.calls <= 25, "\(world.calls)")
        #expect(world.desks[0].keeper.status["waitingCount"] == 992)
    }

    @Test func `five thousand that nothing can take are asked about once for all of them at each look`() {
        var world = TrackerWorld(seed: 9)
        world.fitness.check = .notNow("no executor reaches it")
        for index in 0..<5000 {
            world.add(TrackedIssue(id: IssueID("hh-\(index)") ?? "hh-x", title: "Code Agent: Refactor \(index).py"))
        }
        var own = TrackedIssue(id: "hh-own", title: "Code Agent: Refactor own.py")
        own.metadata = ["repo": "/srv/other"]
        world.add(own)
        world.addDesk("a") { $0.interval = .seconds(30) }
        world.pass(.minutes(2))
        #expect(world.checks <= 2 * 6, "\(world.checks)")
        #expect(world.desks[0].keeper.status["waitingCount"] == 5001)
        #expect(world.desks[0].keeper.status["waiting"]?.arrayValue?.allSatisfy { $0["reason"] != nil } == true)
        world.fitness.check = .accepted
        world.pass(.minutes(1))
        #expect(world.subjects.count >= 8)
    }

    @Test func `what a version cannot do is asked again, because programs are replaced`() {
        var world = world()
        world.instead = { call in
            guard case .probe = call else { return nil }
            var report = TrackerReport(version: "bd 0.40.0")
            report.objection = "too old"
            return .success(.report(report))
        }
        world.pass(.minutes(4))
        #expect(world.desks[0].keeper.trouble == "too old" && world.subjects.isEmpty)
        world.instead = { _ in nil }
        world.pass(.minutes(4))
        #expect(world.desks[0].keeper.trouble == nil && world.issues["hh-a1b2"]?.issue.status == .closed)
    }

    @Test func `what is refused for one issue is said in the status`() {
        var world = world(works: false)
        world.instead = { call in
            if case .comment = call { .failure(TrackerFailure(.failed, "it broke")) } else { nil }
        }
        world.pass(.seconds(30))
        #expect(world.desks[0].keeper.status["problem"] == "hh-a1b2: it broke")
        #expect(world.desks[0].keeper.trouble == nil)
        world.instead = { _ in nil }
        world.pass(.minutes(5))
        #expect(world.desks[0].keeper.status["problem"] == nil)
    }

    @Test func `where nothing is to be done one call is made for each interval`() {
        var world = TrackerWorld(seed: 6)
        for index in 0..<50 {
            var issue = TrackedIssue.surtr
            issue.id = IssueID("hh-\(index)") ?? issue.id
            world.add(issue)
        }
        world.addDesk("a")
        world.pass(.minutes(10))
        // And what is held, at the start and when what was under way before it is over.
        #expect(world.calls <= 1 + 10 * 60 / 8 + 2, "\(world.calls)")
        #expect(world.desks[0].leases.isEmpty)
    }

    /// Two coordinators, claims that both win, calls that are done and not told, deaths at any moment.
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
