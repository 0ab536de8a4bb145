import Testing
import YggCore
import YggProtocol
import YggTelemetry

@testable import YggExecutor

/// What a handler is asked in which phase, and what stands between it and work that nobody has seen.
@Suite(.timeLimit(.minutes(1)))
struct PhaseTests {
    /// Says what it was asked, and under which approval it landed.
    private struct Telling: Handler {
        var tier: [Tier] = []
        var spec: KindSpec { KindSpec(kind: TaskKind(trusted: "test-tell"), description: "", tier: tier) }

        func run(_ context: HandlerContext) async -> HandlerResult {
            HandlerResult(
                outcome: .succeeded,
                result: ["did": "run", "comment": .string(context.decisions.comment ?? "")]
            )
        }

        func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult {
            HandlerResult(
                outcome: .succeeded,
                result: ["landed": .string(approval.digest), "by": .string(approval.decision?.by ?? "")]
            )
        }
    }

    private static let diff = ApprovalQuestion(
        subject: .diff,
        next: .land,
        summary: "1 file",
        repository: "/r",
        target: "main",
        diff: String(repeating: "a", count: 64),
        bundle: String(repeating: "b", count: 64)
    )

    private static func decided(
        _ question: ApprovalQuestion,
        _ verdict: ApprovalDecision.Verdict = .approved,
        epoch: Int64 = 1
    ) -> Approval {
        let at = Timestamp(milliseconds: 0)
        return Approval(
            task: TaskID(trusted: "t1"),
            epoch: epoch,
            phase: .run,
            question: question,
            digest: "d\(epoch)",
            requestedAt: at,
            expiresAt: nil,
            decision: ApprovalDecision(verdict, by: "freya", comment: "no", at: at)
        )
    }

    /// Its command starts at a fixed place, so that it is the same command every time.
    private static func command(_ argv: [String]) -> DeclaredHandler {
        let spec = KindSpec(kind: TaskKind(trusted: "ops-try"), description: "", origin: .declared)
        return DeclaredHandler(DeclaredKind(spec: spec, run: argv, workingDirectory: "/"))
    }

    private func carryOut(
        _ handler: any Handler,
        _ phase: Phase,
        tier: [Tier] = [],
        skipped: [Tier] = [],
        decisions: [Approval] = [],
        secrets: Secrets = Secrets()
    ) async throws -> HandlerResult {
        var result: HandlerResult?
        try await Scene.with { scene in
            let spec = TaskSpec(
                id: TaskID(trusted: "t1"),
                kind: handler.spec.kind,
                title: "",
                createdAt: Timestamp(milliseconds: 0),
                tier: tier,
                skippedTier: skipped
            )
            let assignment = Assignment(
                spec: spec,
                phase: phase,
                attempt: 1,
                slots: .one,
                offline: .stop,
                decisions: decisions
            )
            let plain = scene.context(handler.spec.kind.rawValue, [:])
            let settings = ExecutorSettings(
                id: ExecutorID(trusted: "fenrir"),
                handlers: try HandlerRegistry(handlerSets: ["all"]),
                workspaceRoot: scene.workspace,
                repositories: [],
                dataDirectory: scene.root,
                environment: [:]
            )
            result = await settings.carryOut(
                assignment,
                with: handler,
                HandlerContext(
                    key: plain.key,
                    kind: plain.kind,
                    params: plain.params,
                    timeouts: plain.timeouts,
                    tier: assignment.tier(with: handler.spec),
                    decisions: decisions,
                    workspaceRoot: plain.workspaceRoot,
                    repositories: plain.repositories,
                    environment: plain.environment,
                    secrets: secrets,
                    killGrace: plain.killGrace,
                    heard: {},
                    emit: plain.emit
                )
            )
        }
        return try #require(result)
    }

    @Test func `a plan shows the exact command and runs nothing`() async throws {
        let handler = declared(["touch", "it's here", "b"])
        let planned = try await carryOut(handler, .plan)
        #expect(planned.question?.subject == .command && planned.question?.next == .run)
        #expect(planned.question?.shown["argv"] == ["touch", "it's here", "b"])
        #expect(planned.question?.summary == #"Would run: touch 'it'\''s here' b"#)
    }

    @Test func `what is compiled in shows its kind and parameters`() async throws {
        let question = try await carryOut(Telling(), .plan).question
        #expect(question?.shown == ["kind": "test-tell", "params": [:]])
    }

    @Test func `a landing gets its approval, and without one nothing is landed`() async throws {
        let approvals = [Self.decided(Self.diff, .sentBack, epoch: 1), Self.decided(Self.diff, epoch: 2)]
        let landed = try await carryOut(Telling(), .land, decisions: approvals)
        #expect(landed.result == ["landed": "d2", "by": "freya"])
        let refused = try await carryOut(Telling(), .land, decisions: [approvals[0]])
        #expect(refused.error?.code == "not-approved")
        let unable = try await carryOut(declared(["true"]), .land, decisions: approvals)
        #expect(unable.error?.code == "cannot-land")
    }

    @Test func `what was approved runs, and what is not the same any more is asked again`() async throws {
        let handler = Self.command(["echo", "one"])
        let question = try #require(try await carryOut(handler, .plan).question)
        let approved = [Self.decided(question)]
        let ran = try await carryOut(handler, .run, tier: [.plan], decisions: approved)
        #expect(ran.question == nil && ran.result["output"] == "one\n")
        let changed = try await carryOut(Self.command(["echo", "two"]), .run, tier: [.plan], decisions: approved)
        #expect(changed.question?.shown["argv"] == ["echo", "two"] && changed.result["output"] == nil)
        let unseen = try await carryOut(handler, .run, tier: [.plan])
        #expect(unseen.question == question)
    }

    @Test func `a command is shown without the secret in it, and what was approved so runs`() async throws {
        let secrets = Secrets()
        secrets.known.learn([Secret(name: "token", value: "hunter2-is-mine")])
        let handler = Self.command(["echo", "hunter2-is-mine"])
        let shown = try await carryOut(handler, .plan, secrets: secrets).redacted(secrets.patterns)
        let question = try #require(shown.question)
        #expect(question.shown["argv"] == ["echo", "[redacted:token]"])
        #expect(!question.summary.contains("hunter2"))
        let ran = try await carryOut(
            handler,
            .run,
            tier: [.plan],
            decisions: [Self.decided(question)],
            secrets: secrets
        )
        #expect(ran.question == nil && ran.result["exitCode"] == 0)
    }

    @Test func `a landing that cannot be yet is no failed try`() {
        let report = FinalReport(of: .notLanded("main moved"), endedBy: nil, limits: Timeouts())
        #expect(report?.ending == .interrupted(.notLanded) && report?.error?.detail == "main moved")
    }

    @Test func `a handler's own tier counts though the coordinator does not know it, unless it was skipped`()
        async throws
    {
        let careful = Telling(tier: [.plan, .review])
        #expect(try await carryOut(careful, .run).question?.next == .run)
        #expect(try await carryOut(careful, .run, skipped: [.plan]).question?.next == .succeed)
        #expect(try await carryOut(careful, .run, skipped: [.plan, .review]).question == nil)
    }

    @Test func `a comment reaches the next attempt`() async throws {
        let again = try await carryOut(Telling(), .run, decisions: [Self.decided(Self.diff, .sentBack)])
        #expect(again.result["comment"] == "no")
    }

    @Test func `the last word of an attempt is its question, with the result so far`() throws {
        let result = HandlerResult(outcome: .unverified, result: ["a": 1], question: Self.diff)
        for end in [nil, .cancelled, .drained, .runTimeout] as [AttemptEnd?] {
            let word = ReportEntry.Body(lastWordOf: result, endedBy: end, limits: Timeouts())
            guard case .question(let question, let told)? = word else {
                Issue.record("\(String(describing: word))")
                continue
            }
            #expect(question == Self.diff && told == ["outcome": "unverified", "a": 1])
        }
        #expect(ReportEntry.Body(lastWordOf: result, endedBy: .abandoned, limits: Timeouts()) == nil)
        let failed = HandlerResult(outcome: .failed, question: Self.diff)
        guard case .final? = ReportEntry.Body(lastWordOf: failed, endedBy: nil, limits: Timeouts()) else {
            Issue.record("a failure asks nobody")
            return
        }
    }
}
