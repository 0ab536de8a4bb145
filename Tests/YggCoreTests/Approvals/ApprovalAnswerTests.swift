import Testing
import YggCore

/// Approve and reject against everything that was ever asked.
struct ApprovalAnswerTests {
    private static func approval(
        _ epoch: Int64,
        _ digest: String,
        _ verdict: ApprovalDecision.Verdict? = nil
    ) -> Approval {
        Approval(
            task: "t",
            epoch: epoch,
            phase: .run,
            question: ApprovalQuestion(subject: .diff, next: .land, summary: ""),
            digest: digest,
            requestedAt: .noon,
            expiresAt: nil,
            decision: verdict.map { ApprovalDecision($0, by: "freya", at: .noon) }
        )
    }

    enum Word: Sendable, Hashable {
        case decides(Int64)
        case stands(Int64)
        case digestRequired(Int64?)
        case stale(Int64)
        case otherwise(Int64)
        case nothing
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var known: [Approval]
        var digest: String?
        var approve: Word
        var reject: Word
    }

    static let cases: [Case] = [
        Case(testDescription: "nothing was ever asked", known: [], digest: "a", approve: .nothing, reject: .nothing),
        Case(testDescription: "nothing, and no digest", known: [], digest: nil, approve: .nothing, reject: .nothing),
        Case(
            testDescription: "what waits",
            known: [approval(1, "a")],
            digest: "a",
            approve: .decides(1),
            reject: .decides(1)
        ),
        Case(
            testDescription: "without a digest",
            known: [approval(1, "a")],
            digest: nil,
            approve: .digestRequired(1),
            reject: .digestRequired(1)
        ),
        Case(
            testDescription: "without a digest, all decided",
            known: [approval(1, "a", .approved)],
            digest: nil,
            approve: .digestRequired(nil),
            reject: .digestRequired(nil)
        ),
        Case(
            testDescription: "something else waits",
            known: [approval(1, "a")],
            digest: "b",
            approve: .stale(1),
            reject: .stale(1)
        ),
        Case(
            testDescription: "approved before",
            known: [approval(1, "a", .approved)],
            digest: "a",
            approve: .stands(1),
            reject: .otherwise(1)
        ),
        Case(
            testDescription: "sent back before, and something new waits",
            known: [approval(1, "a", .sentBack), approval(2, "b")],
            digest: "a",
            approve: .stale(2),
            reject: .stands(1)
        ),
        Case(
            testDescription: "sent back, and the same waits again",
            known: [approval(1, "a", .sentBack), approval(2, "a")],
            digest: "a",
            approve: .decides(2),
            reject: .decides(2)
        ),
        Case(
            testDescription: "expired",
            known: [approval(1, "a", .expired)],
            digest: "a",
            approve: .otherwise(1),
            reject: .otherwise(1)
        ),
        Case(
            testDescription: "cancelled",
            known: [approval(1, "a", .cancelled)],
            digest: "a",
            approve: .otherwise(1),
            reject: .otherwise(1)
        ),
        Case(
            testDescription: "rejected, and approved when it came again",
            known: [approval(2, "a", .approved), approval(1, "a", .sentBack)],
            digest: "a",
            approve: .stands(2),
            reject: .otherwise(2)
        ),
        Case(
            testDescription: "never heard of, and nothing waits",
            known: [approval(1, "a", .approved)],
            digest: "b",
            approve: .nothing,
            reject: .nothing
        ),
    ]

    @Test(arguments: cases)
    func `an answer decides what waits, or is told what stands`(item: Case) {
        for (answer, expected) in [(ApprovalAnswer.approve, item.approve), (.reject, item.reject)] {
            for known in [item.known, item.known.reversed()] {
                #expect(Self.word(answer, item.digest, known) == expected, "\(answer)")
            }
        }
    }

    private static func word(_ answer: ApprovalAnswer, _ digest: String?, _ known: [Approval]) -> Word {
        do throws(ApprovalAnswer.Refusal) {
            switch try answer.meet(digest, among: known) {
            case .decides(let approval): return .decides(approval.epoch)
            case .stands(let approval): return .stands(approval.epoch)
            }
        } catch {
            switch error {
            case .digestRequired(let pending): return .digestRequired(pending?.epoch)
            case .stale(let pending): return .stale(pending.epoch)
            case .decidedOtherwise(let approval): return .otherwise(approval.epoch)
            case .nothingAsked: return .nothing
            }
        }
    }

    @Test func `a comment goes to whoever can do better, and ends what nobody can change`() {
        let diff = ApprovalQuestion(subject: .diff, next: .land, summary: "", repository: "/r", target: "main")
        let command = ApprovalQuestion(subject: .command, next: .run, summary: "")
        #expect(ApprovalAnswer.reject.change(for: diff, comment: "Shorter.") == (.sentBack, .sentBack))
        #expect(ApprovalAnswer.reject.change(for: diff, comment: nil) == (.rejected(comment: nil), .rejected))
        #expect(
            ApprovalAnswer.reject.change(for: command, comment: "Not today.")
                == (.rejected(comment: "Not today."), .rejected)
        )
        #expect(ApprovalAnswer.approve.change(for: diff, comment: nil) == (.approved(.land(at: "/r main")), .approved))
        #expect(ApprovalAnswer.approve.change(for: command, comment: nil) == (.approved(.run), .approved))
    }
}

private func == (
    left: (TaskChange, ApprovalDecision.Verdict),
    right: (TaskChange, ApprovalDecision.Verdict)
) -> Bool { left.0 == right.0 && left.1 == right.1 }
