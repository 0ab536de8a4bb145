import Testing
import YggCore

/// DESIGN §3: every change from every state, and nothing else.
struct TransitionTableTests {
    /// One change, as it would reach a task that is at epoch 1 while it runs.
    struct Change: Sendable, CustomTestStringConvertible {
        let name: String
        let change: TaskChange
        /// Where it leads from each state that allows it.
        let targets: [TaskState: TaskState]

        var testDescription: String { name }

        init(_ name: String, _ change: TaskChange, _ targets: [TaskState: TaskState]) {
            self.name = name
            self.change = change
            self.targets = targets
        }
    }

    static let changes: [Change] = [
        Change("dependency succeeded", .dependencyEnded("d", succeeded: true), [.blocked: .queued]),
        Change("dependency failed", .dependencyEnded("d", succeeded: false), [.blocked: .failed]),
        Change("due", .due, [.scheduled: .queued]),
        Change("waited too long", .waitedTooLong, [.blocked: .failed, .scheduled: .failed, .queued: .failed]),
        Change(
            "cancel",
            .cancel,
            [
                .blocked: .cancelled, .scheduled: .cancelled, .queued: .cancelled, .running: .running,
                .awaitingApproval: .cancelled,
            ]
        ),
        Change("cancel deadline without a cancel", .cancelDeadlinePassed, [:]),
        Change("granted", .granted(to: "fenrir"), [.queued: .running]),
        Change("succeeded", .reported(.success, epoch: 1), [.running: .succeeded]),
        Change("unverified", .reported(.unverified, epoch: 1), [.running: .succeeded]),
        Change("failed, retryable", .reported(.failure, epoch: 1), [.running: .queued]),
        Change("failed for good", .reported(.finalFailure, epoch: 1), [.running: .failed]),
        Change("ended as cancelled", .reported(.cancelled, epoch: 1), [.running: .cancelled]),
        Change("needs approval", .asks(1), [.running: .awaitingApproval]),
        Change("gave back: declined", .reported(.interrupted(.declined), epoch: 1), [.running: .queued]),
        Change("gave back: drained", .reported(.interrupted(.drained), epoch: 1), [.running: .queued]),
        Change("gave back: suspended", .reported(.interrupted(.suspended), epoch: 1), [.running: .queued]),
        Change("gave back: not landed", .reported(.interrupted(.notLanded), epoch: 1), [.running: .queued]),
        Change("lost", .lost(.lost), [.running: .queued]),
        Change("declined", .lost(.declined), [.running: .queued]),
        Change("requeued", .requeued, [.running: .queued]),
        Change("approved: run", .approved(.run), [.awaitingApproval: .queued]),
        Change("approved: land", .approved(.land(at: "/r main")), [.awaitingApproval: .queued]),
        Change("approved: two children", .approved(.children(2)), [.awaitingApproval: .blocked]),
        Change("approved: a plan without steps", .approved(.children(0)), [.awaitingApproval: .succeeded]),
        Change("approved: nothing left", .approved(.nothing), [.awaitingApproval: .succeeded]),
        Change("sent back", .sentBack, [.awaitingApproval: .queued]),
        Change("rejected", .rejected(comment: "no"), [.awaitingApproval: .cancelled]),
        Change("approval expired", .approvalExpired, [.awaitingApproval: .cancelled]),
        // A task without children has none that could end; what a parent does is below.
        Change("children succeeded", .childrenEnded(failed: nil), [:]),
        Change("a child failed", .childrenEnded(failed: "c"), [:]),
    ]

    @Test(arguments: TaskState.allCases, changes)
    func `the table decides every change from every state`(_ state: TaskState, _ row: Change) throws {
        let task = try FleetTask.sample(in: state)
        #expect(task.state == state)
        guard let target = row.targets[state] else {
            #expect(throws: TransitionError.self) { try task.after(row.change) }
            return
        }
        let changed = try task.after(row.change)
        #expect(changed.state == target)
        #expect(changed.version == task.version + 1)
        #expect(changed.epoch >= task.epoch)
        #expect((changed.finishedAt != nil) == target.isTerminal)
    }

    @Test func `a refusal says what was asked and where the task is`() throws {
        let task = try FleetTask.sample(in: .succeeded)
        let error = #expect(throws: TransitionError.self) { try task.after(.granted(to: "fenrir")) }
        #expect(error?.description == "a task that is succeeded cannot be granted")
    }

    @Test(arguments: [
        (0, Int64?.none, TaskState.queued), (0, 60, .scheduled), (0, -60, .queued), (0, 0, .queued), (2, nil, .blocked),
        (1, 60, .blocked),
    ])
    func `a submission waits for tasks first, then for its time`(
        dependencies: Int,
        notBefore: Int64?,
        state: TaskState
    ) {
        let spec = TaskSpec.sample(notBefore: notBefore.map { .noon(plus: $0) })
        let task = FleetTask(submitted: spec, openDependencies: dependencies)
        #expect(task.state == state)
        #expect(task.version == 1 && task.epoch == 0 && task.attempt == 0)
    }

    // MARK: Dependencies

    @Test func `the last dependency releases a task, not the first`() throws {
        let task = FleetTask(submitted: .sample(), openDependencies: 2)
        let one = try task.after(.dependencyEnded("a", succeeded: true))
        #expect(one.state == .blocked && one.openDependencies == 1)
        #expect(try one.after(.dependencyEnded("b", succeeded: true)).state == .queued)
    }

    @Test func `a released task still waits for its time`() throws {
        let task = FleetTask(submitted: .sample(notBefore: .noon(plus: 60)), openDependencies: 1)
        #expect(try task.after(.dependencyEnded("a", succeeded: true)).state == .scheduled)
        let late = try task.after(.dependencyEnded("a", succeeded: true), at: .noon(plus: 61))
        #expect(late.state == .queued)
    }

    @Test func `one dependency that did not succeed fails the task at once and is named`() throws {
        let task = FleetTask(submitted: .sample(), openDependencies: 2)
        let failed = try task.after(.dependencyEnded("mimir", succeeded: false))
        #expect(failed.state == .failed)
        #expect(failed.error?.code == "dependency-failed")
        #expect(failed.error?.detail.contains("mimir") == true)
    }

    @Test func `by policy a task runs whatever became of its dependencies`() throws {
        let task = FleetTask(submitted: .sample(onDependencyFailure: .run), openDependencies: 2)
        let one = try task.after(.dependencyEnded("a", succeeded: false))
        #expect(one.state == .blocked)
        #expect(try one.after(.dependencyEnded("b", succeeded: true)).state == .queued)
    }

    // MARK: Approvals and parents

    @Test func `a wait for a person ends the attempt and keeps what is to be seen`() throws {
        let task = try FleetTask.sample(in: .running).after(.asks(1), at: .noon(plus: 5))
        #expect(task.pendingDigest == "d1")
        #expect(task.approvalSince == .noon(plus: 5))
        #expect(task.result == ["summary": "3 files"])
        #expect(task.wakeAt == .noon(plus: 5) + .days(7))
    }

    @Test(arguments: [(ApprovedNext.run, Phase.run), (.land(at: "/r main"), .land)])
    func `an approval begins its phase with fresh counts`(next: ApprovedNext, phase: Phase) throws {
        let waiting = try FleetTask.sample(in: .running, spec: .sample(needsPlan: true))
            .after(
                .reported(.failure, epoch: 1),
                .granted(to: "fenrir"),
                .reported(.interrupted(.drained), epoch: 2),
                .granted(to: "fenrir"),
                .asks(3)
            )
        #expect(waiting.phase == .plan && waiting.attempt == 2 && waiting.interruptions == 1)
        let approved = try waiting.after(.approved(next))
        #expect(approved.phase == phase && approved.attempt == 0 && approved.interruptions == 0)
        #expect(approved.pendingDigest == nil && approved.approvalSince == nil)
        let running = try approved.after(.granted(to: "fenrir"))
        #expect(running.attempt == 1 && running.epoch == 4)
    }

    @Test func `what is sent back is tried again in the same phase`() throws {
        let task = try FleetTask.sample(in: .awaitingApproval, spec: .sample(needsPlan: true)).after(.sentBack)
        #expect(task.phase == .plan && task.state == .queued && task.attempt == 0 && task.pendingDigest == nil)
    }

    private static func landing() throws -> FleetTask {
        try FleetTask.sample(in: .awaitingApproval).after(.approved(.land(at: "/r main")), .granted(to: "fenrir"))
    }

    @Test func `what lands says where until it has landed`() throws {
        let landing = try Self.landing()
        #expect(landing.landing == "/r main" && landing.phase == .land)
        // A landing that failed, or was interrupted, is still one.
        #expect(try landing.after(.reported(.failure, epoch: 2)).landing == "/r main")
        #expect(try landing.after(.reported(.interrupted(.notLanded), epoch: 2)).landing == "/r main")
        #expect(try landing.after(.reported(.success, epoch: 2)).landing == nil)
        #expect(try landing.after(.cancel, .cancelDeadlinePassed).landing == nil)
    }

    @Test func `a landing that is void asks again, and sent back it is made anew`() throws {
        let asked = try Self.landing().after(.asked(digest: "d2", result: [:], epoch: 2))
        #expect(asked.state == .awaitingApproval && asked.pendingDigest == "d2")
        #expect(try asked.after(.approved(.land(at: "/r main"))).phase == .land)
        let anew = try asked.after(.sentBack)
        #expect(anew.phase == .run && anew.landing == nil && anew.state == .queued)
    }

    @Test(arguments: OnLost.allCases)
    func `an executor that vanishes over a plan or a landing loses nothing`(policy: OnLost) throws {
        let planning = try FleetTask.sample(in: .running, spec: .sample(onLost: policy, needsPlan: true))
        let landing = try FleetTask.sample(in: .awaitingApproval, spec: .sample(onLost: policy))
            .after(.approved(.land(at: "/r main")), .granted(to: "fenrir"))
        for task in [planning, landing] {
            let lost = try task.after(.lost(.lost))
            #expect(lost.state == .queued && lost.phase == task.phase && lost.epoch == task.epoch + 1)
        }
    }

    @Test(arguments: [FinalReport.success, .unverified])
    func `nothing succeeds that a person was to see and has not`(report: FinalReport) throws {
        let planned = try FleetTask.sample(in: .running, spec: .sample(needsPlan: true))
            .after(.reported(report, epoch: 1))
        #expect(planned.state == .failed && planned.error?.code == "not-shown")
        let reviewed = FleetTask(
            submitted: TaskSpec(id: "t", kind: "dev-test", title: "", createdAt: .noon, tier: [.review])
        )
        let ended = try reviewed.after(.granted(to: "fenrir"), .reported(report, epoch: 1))
        #expect(ended.state == .failed && ended.error?.code == "not-shown")
        // Failing needs nobody's eyes.
        let failed = try reviewed.after(.granted(to: "fenrir"), .reported(.finalFailure, epoch: 1))
        #expect(failed.error?.code == "bad-ref")
    }

    @Test func `what nobody approved says why it ended, and its result does not count`() throws {
        let result: JSONObject = ["outcome": "succeeded", "output": "x"]
        let waiting = try FleetTask.sample(in: .running).after(.asked(digest: "d", result: result, epoch: 1))
        let ends: [(TaskChange, String)] = [
            (.rejected(comment: "too long"), "rejected"), (.approvalExpired, "approval-expired"),
            (.cancel, "cancelled"),
        ]
        for (change, code) in ends {
            let ended = try waiting.after(change)
            #expect(ended.state == .cancelled && ended.error?.code == code)
            #expect(ended.result == ["outcome": "cancelled", "output": "x"])
        }
        #expect(try waiting.after(ends[0].0).error?.detail.contains("too long") == true)
        #expect(try waiting.after(.approved(.nothing)).result == result)
    }

    @Test func `an unverified result that a person approves is accepted`() throws {
        let waiting = try FleetTask.sample(in: .running)
            .after(.asked(digest: "d", result: ["outcome": "unverified"], epoch: 1))
        #expect(try waiting.after(.approved(.nothing)).result == ["outcome": "unverified", "accepted": true])
    }

    @Test func `a parent succeeds when its children did`() throws {
        let parent = try FleetTask.sampleParent()
        #expect(parent.state == .blocked && parent.openDependencies == 2)
        let ended = try parent.after(.childrenEnded(failed: nil))
        #expect(ended.state == .succeeded && ended.openDependencies == 0)
    }

    @Test func `a parent fails and names the first child that did not succeed`() throws {
        let parent = try FleetTask.sampleParent().after(.childrenEnded(failed: "kid"))
        #expect(parent.state == .failed)
        #expect(parent.error?.code == "child-failed")
        #expect(parent.error?.detail.contains("kid") == true)
    }

    @Test func `a parent has no attempts while its children run`() throws {
        let parent = try FleetTask.sampleParent()
        #expect(parent.wakeAt == nil)
        for change in [
            TaskChange.granted(to: "fenrir"), .dependencyEnded("c", succeeded: true),
            .dependencyEnded("c", succeeded: false), .due, .reported(.success, epoch: 1),
        ] {
            #expect(throws: TransitionError.self) { try parent.after(change) }
        }
        #expect(try parent.after(.cancel).state == .cancelled)
    }
}
