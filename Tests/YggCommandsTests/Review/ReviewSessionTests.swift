import Testing
import YggClient
import YggCore

@testable import YggCommands

/// The course of a review: keys in, what is shown and told out.
struct ReviewSessionTests {
    private static func item(_ task: String, next: String = "land", subject: String = "diff") -> ReviewItem {
        ReviewItem(
            [
                "task": .string(task), "digest": .string("digest of \(task)"), "next": .string(next),
                "subject": .string(subject),
            ],
            task: nil
        )
    }

    private static func session(_ items: ReviewItem..., confirms: Bool = true) -> ReviewSession {
        var session = ReviewSession(items, confirmsRejection: confirms)
        _ = session.begin()
        return session
    }

    private static func landed(newer: Bool = false, notPushed: String? = nil) -> LandingOutcome {
        .landed(onNewerBase: newer, place: "main as 4014a72b", notPushed: notPushed)
    }

    @Test func `what is approved lands while the next is shown, and the end waits for it`() {
        let (one, two) = (Self.item("one"), Self.item("two"))
        var session = Self.session(one, two)
        _ = session.handle(.typed("a"))
        #expect(session.wants == .answer(.approve, one, comment: nil))
        let effects = session.handle(.decided(.approved))
        #expect(effects.contains(.watch(one)) && effects.last == .show(two, left: 0))
        #expect(session.wants == .key)
        // It comes while the person reads: nothing changes for them.
        _ = session.handle(.landing(task: "one", Self.landed()))
        #expect(session.wants == .key)
        _ = session.handle(.typed("a"))
        _ = session.handle(.decided(.approved))
        #expect(session.wants == .landing && session.underWay == 1)
        _ = session.handle(.landing(task: "two", Self.landed(newer: true)))
        #expect(session.wants == .nothing)
        #expect(session.tally.line == "1 landed, 1 landed on a newer base" && session.tally.status == .succeeded)
    }

    @Test func `what cannot be shown stays open, is said, and holds nobody else up`() {
        let (one, two) = (Self.item("one"), Self.item("two"))
        var session = Self.session(one, two)
        let effects = session.handle(.unshown("The coordinator has lost its diff."))
        #expect(effects.last == .show(two, left: 0) && session.wants == .key)
        #expect(effects.first == .say("one cannot be shown, and stays open: The coordinator has lost its diff."))
        _ = session.handle(.typed("a"))
        _ = session.handle(.decided(.approved))
        _ = session.handle(.landing(task: "two", Self.landed()))
        #expect(session.tally.line == "1 landed, 1 needs you" && session.tally.status == .awaitingApproval)
    }

    @Test(arguments: ["A", "yes", "approve", "\u{1B}", "[A", "x", "", " a"])
    func `nothing but the key itself approves`(typed: String) {
        var session = Self.session(Self.item("one"))
        _ = session.handle(.typed(typed))
        #expect(session.wants == .key)
    }

    @Test func `a note goes with what is sent back, and without one nothing is`() {
        let one = Self.item("one")
        var session = Self.session(one)
        _ = session.handle(.typed("s"))
        #expect(session.wants == .note)
        _ = session.handle(.typed("  "))
        #expect(session.wants == .key)
        _ = session.handle(.typed("s"))
        _ = session.handle(.typed("Keep the old name."))
        #expect(session.wants == .answer(.reject, one, comment: "Keep the old name."))
        _ = session.handle(.decided(.sentBack))
        #expect(session.wants == .nothing && session.tally.line == "1 sent back" && session.tally.status == .succeeded)
        // In a script the note stands on the same line.
        session = Self.session(one)
        _ = session.handle(.typed("s Keep it."))
        #expect(session.wants == .answer(.reject, one, comment: "Keep it."))
    }

    @Test func `a command is not sent back, as nobody can make a better one`() {
        for text in ["s", "s Another one."] {
            var session = Self.session(Self.item("one", next: "run", subject: "command"))
            _ = session.handle(.typed(text))
            #expect(session.wants == .key)
        }
    }

    @Test func `a rejection at a terminal takes the key twice`() {
        let one = Self.item("one")
        var session = Self.session(one)
        _ = session.handle(.typed("r"))
        #expect(session.wants == .confirmation)
        _ = session.handle(.typed("a"))
        #expect(session.wants == .key)
        _ = session.handle(.typed("r"))
        _ = session.handle(.typed("r"))
        #expect(session.wants == .answer(.reject, one, comment: nil))
        session = Self.session(one, confirms: false)
        _ = session.handle(.typed("r"))
        #expect(session.wants == .answer(.reject, one, comment: nil))
    }

    @Test func `what changed meanwhile is shown anew and decided anew`() {
        let (old, new) = (Self.item("one"), Self.item("one", next: "run", subject: "plan"))
        var session = Self.session(old)
        _ = session.handle(.typed("a"))
        #expect(session.handle(.stale(new)).last == .show(new, left: 0))
        #expect(session.wants == .key)
        _ = session.handle(.typed("a"))
        #expect(session.wants == .answer(.approve, new, comment: nil))
        _ = session.handle(.decided(.approved))
        #expect(session.tally.line == "1 approved and queued to run" && session.wants == .nothing)
    }

    @Test func `what needs the person again is shown while they are there, and counted when they have left`() {
        let (one, again) = (Self.item("one"), Self.item("one", next: "run", subject: "plan"))
        for isThere in [true, false] {
            var session = Self.session(one, Self.item("two"))
            _ = session.handle(.typed("a"))
            _ = session.handle(.decided(.approved))
            _ = session.handle(.landing(task: "one", .asksAgain(again)))
            if isThere {
                #expect(session.handle(.typed("l")).contains(.show(again, left: 0)))
                _ = session.handle(.typed("l"))
            } else {
                _ = session.handle(.typed("q"))
            }
            #expect(session.wants == .nothing)
            #expect(session.tally.line == "2 need you" && session.tally.status == .awaitingApproval)
        }
    }

    @Test func `whoever leaves leaves the rest open and waits for what is landing`() {
        var session = Self.session(Self.item("one"), Self.item("two"), Self.item("three"))
        _ = session.handle(.typed("a"))
        _ = session.handle(.decided(.approved))
        _ = session.handle(.endOfInput)
        #expect(session.wants == .landing)
        _ = session.handle(.landing(task: "one", .failed("The disk is full.")))
        #expect(session.wants == .nothing)
        #expect(session.tally.line == "1 did not land, 2 need you" && session.tally.status == .failed)
    }

    @Test func `what somebody else decided is said and passed by`() {
        var session = Self.session(Self.item("one"), Self.item("two"))
        _ = session.handle(.typed("a"))
        let effects = session.handle(.gone("It was rejected by freya, and that stands."))
        #expect(effects.first == .say("It was rejected by freya, and that stands."))
        #expect(effects.last == .show(Self.item("two"), left: 0))
    }

    @Test(
        arguments: [
            (
                ReviewTally(landed: 4, landedOnNewerBase: 1, needsPerson: 1),
                "4 landed, 1 landed on a newer base, 1 needs you", 5
            ),
            (ReviewTally(landed: 1, notPushed: 1), "1 landed, 1 not pushed", 1),
            (ReviewTally(accepted: 1, rejected: 2), "1 accepted, 2 rejected", 0),
            (ReviewTally(failed: 1, needsPerson: 1), "1 did not land, 1 needs you", 1),
            (ReviewTally(), "Nothing was decided", 0),
        ] as [(ReviewTally, String, Int32)]
    )
    func `the last line counts what became of everything`(tally: ReviewTally, line: String, status: Int32) {
        #expect(tally.line == line && tally.status.rawValue == status)
    }

    @Test func `how a landing came out is read from its task`() {
        func task(_ json: JSONObject) -> LandingOutcome { LandingOutcome(TaskView(json), asking: Self.item("t")) }
        let done: JSONObject = [
            "id": "t", "state": "succeeded",
            "result": ["branch": "main", "commit": "4014a72b8f108e7bbbb7388b", "newerBase": true],
        ]
        #expect(task(done) == .landed(onNewerBase: true, place: "main as 4014a72b8f10", notPushed: nil))
        #expect(task(["id": "t", "state": "awaitingApproval"]) == .asksAgain(Self.item("t")))
        #expect(task(["id": "t", "state": "failed", "error": ["detail": "No room."]]) == .failed("No room."))
    }
}
