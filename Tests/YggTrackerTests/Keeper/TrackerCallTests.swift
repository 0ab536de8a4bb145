import Testing
import YggCore

@testable import YggTracker

@Suite("What a tracker is asked, and what becomes of a refusal")
struct TrackerCallTests {
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
        var world = TrackerWorld.with([.refactor, other])
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
        var world = TrackerWorld.with(works: false)
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

    @Test func `one that cannot be closed is left blocked, with the reason`() throws {
        let child = TrackedIssue(id: "hh-9", title: "A person's")
        var world = TrackerWorld.with([.refactor, child], works: false)
        world.pass(.seconds(8))
        world.change("hh-a1b2") { $0.blockedBy = ["hh-9"] }
        var glance = try world.glance(.succeeded)
        glance.succeeded = true
        world.set(glance)
        world.pass(.minutes(1))
        #expect(world.issues["hh-a1b2"]?.issue.status == .blocked && world.issues["hh-a1b2"]?.closings == 0)
        #expect(world.issues["hh-a1b2"]?.comments.contains { $0.contains("cannot be closed") } == true)
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
        var world = TrackerWorld.with()
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
        var world = TrackerWorld.with(works: false)
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

    /// What is being read may be older than what somebody asks it for.
    @Test(arguments: [true, false])
    func `a look that is asked for while one is being made follows it`(_ isAskedFor: Bool) {
        var now = Instant(nanoseconds: 0)
        var keeper = IssueKeeper(TrackerWorld.settings("a"), seed: 1, now: now)
        func calls(_ input: IssueKeeper.Input) -> [TrackerCall] {
            let time = Timestamp(milliseconds: 1_772_366_400_000)
            return keeper.handle(input, now: now, time: time)
                .compactMap { if case .call(let call) = $0 { call } else { nil } }
        }
        #expect(calls(.time) == [.probe])
        #expect(calls(.answered(.probe, .success(.report(TrackerReport(version: "sim"))))) == [.ready])
        if isAskedFor { #expect(calls(.wake).isEmpty) }
        now += 200
        #expect(calls(.answered(.ready, .success(.ready([])))) == [.held(by: "a")])
        #expect(calls(.answered(.held(by: "a"), .success(.issues([])))).isEmpty)
        now += .seconds(1)
        #expect(calls(.time) == (isAskedFor ? [.ready] : []))
    }

    @Test func `issues are done although somebody asks for a look in every one`() {
        var world = TrackerWorld.with()
        world.latency = 4_000
        world.pass(.minutes(5)) { $0.wake(0) }
        #expect(world.issues["hh-a1b2"]?.issue.status == .closed)
    }
}
