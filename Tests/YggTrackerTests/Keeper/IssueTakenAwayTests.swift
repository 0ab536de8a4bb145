import Testing
import YggCore

@testable import YggTracker

@Suite("An issue that somebody else takes in hand")
struct IssueTakenAwayTests {
    @Test func `F16 an issue that is closed while its task is queued ends the task, and nothing more is said`() throws {
        var world = TrackerWorld.with(works: false)
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
        var world = TrackerWorld.with([.refactor, .surtr], works: false)
        world.pass(.seconds(8))
        world.set(try world.glance(.running))
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
        var world = TrackerWorld.with(works: false)
        world.pass(.seconds(8))
        world.change("hh-a1b2") {
            $0.status = .closed
            $0.closeReason = "mine"
        }
        var glance = try world.glance(.succeeded)
        glance.succeeded = true
        world.set(glance)
        world.pass(.seconds(30))
        #expect(world.issues["hh-a1b2"]?.issue.closeReason == "mine" && world.issues["hh-a1b2"]?.closings == 0)
    }

    @Test func `one that is made nobody's while it is worked on is claimed again`() throws {
        var world = TrackerWorld.with(works: false)
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
        var world = TrackerWorld.with(works: false)
        world.pass(.seconds(8))
        let before = world.calls
        world.change("hh-a1b2") { $0.assignee = nil }
        world.pass(.seconds(60))
        #expect(world.cancelled.count == 1 && world.desks[0].leases["hh-a1b2"]?.ending == .moot)
        #expect(world.issues["hh-a1b2"]?.issue.status == .inProgress && world.calls - before <= 12, "\(world.calls)")
    }

    @Test func `one that cannot be claimed again is asked for less and less often`() throws {
        var world = TrackerWorld.with(works: false)
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

    @Test func `F16 an issue that is closed while nobody knows that it has a task ends the task`() throws {
        var world = TrackerWorld.with(works: false)
        world.deathsAtSubmit = 100
        world.pass(.seconds(20)) { world in
            guard world.desks[0].life == 1, world.cancelled.isEmpty else { return }
            world.change("hh-a1b2") { $0.status = .closed }
        }
        #expect(world.subjects.count == 1 && world.cancelled == world.tasks(of: "hh-a1b2"))
        #expect(world.desks[0].leases["hh-a1b2"]?.ending == .moot)
    }

    @Test func `one that was closed and that a person opens again is taken anew`() {
        var world = TrackerWorld.with()
        world.pass(.minutes(1))
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed)
        // As `bd reopen` leaves it: still in our name.
        world.change("hh-a1b2") { $0.status = .open }
        #expect(world.issues["hh-a1b2"]?.issue.assignee == "a")
        world.pass(.minutes(2))
        #expect(world.issues["hh-a1b2"]?.closings == 2 && world.subjects.count == 2)
    }

    @Test func `of several issues one that is removed ends its task, and no other`() {
        let others = (0..<3).map { TrackedIssue(id: IssueID("hh-\($0)") ?? "hh-x", title: "Code Agent: Test \($0).py") }
        var world = TrackerWorld.with(others, works: false)
        world.pass(.seconds(30))
        world.issues["hh-1"] = nil
        world.pass(.minutes(1))
        #expect(world.cancelled == world.tasks(of: "hh-1") && world.cancelled.count == 1)
    }

    @Test func `one whose issues were all removed is asked about, and a person who cancels their tasks ends that`()
        throws
    {
        var world = TrackerWorld.with(works: false)
        world.pass(.seconds(10))
        let task = try #require(world.tasks(of: "hh-a1b2").first)
        world.issues = [:]
        world.pass(.minutes(1))
        #expect(world.cancelled.isEmpty)
        world.set(TaskNews(task: task, state: .cancelled))
        world.pass(.minutes(30))
        #expect(world.desks[0].leases["hh-a1b2"]?.ending == .moot)
    }
}
