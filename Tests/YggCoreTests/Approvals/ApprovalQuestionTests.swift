import Testing
import YggCore

/// What a digest stands for.
struct ApprovalQuestionTests {
    private static let diff = ApprovalQuestion(
        subject: .diff,
        next: .land,
        summary: "3 files",
        repository: "/srv/git/a",
        target: "main",
        base: "b0",
        commits: ["c1"],
        diff: String(repeating: "a", count: 64),
        bundle: String(repeating: "b", count: 64),
        verification: [["swift", "test"]],
        limits: ["steps": 15]
    )

    private static func form(_ change: (inout ApprovalQuestion) -> Void, result: JSONObject = [:]) -> [UInt8] {
        var question = diff
        change(&question)
        return question.canonicalBytes(result: result)
    }

    @Test func `a digest covers repository, target, diff, verification and limits`() {
        let whole = Self.form { _ in }
        let others = [
            Self.form { $0.repository = "/srv/git/b" }, Self.form { $0.target = "next" },
            Self.form { $0.diff = String(repeating: "c", count: 64) }, Self.form { $0.verification = [["swift test"]] },
            Self.form { $0.verification = [] }, Self.form { $0.limits = ["steps": 16] },
            Self.form { $0.next = .run }, Self.form { $0.shown = ["argv": ["rm"]] },
        ]
        #expect(Set(others + [whole]).count == others.count + 1)
    }

    @Test func `a newer base, another bundle and other words leave an approval as it is`() {
        let whole = Self.form { _ in }
        let same = [
            Self.form { $0.base = "b1" }, Self.form { $0.commits = ["c1", "c2"] }, Self.form { $0.summary = "more" },
            Self.form { $0.bundle = String(repeating: "d", count: 64) }, Self.form({ _ in }, result: ["n": 1]),
        ]
        #expect(same.allSatisfy { $0 == whole })
    }

    @Test func `where approving makes a result count, the digest covers the result`() {
        let question = ApprovalQuestion.review(of: "ops-disk", result: ["summary": "ok"])
        #expect(
            question.canonicalBytes(result: ["a": 1, "b": 2]) == question.canonicalBytes(result: ["b": 2, "a": 1])
        )
        #expect(question.canonicalBytes(result: ["a": 1]) != question.canonicalBytes(result: ["a": 2]))
    }

    static let broken: [(String, String)] = [
        ("repository", "/repository"), ("target", "/target"), ("diff", "/diff"), ("bundle", "/bundle"),
        ("subject", "/subject"), ("next", "/next"),
    ]

    @Test(arguments: broken)
    func `a question that lacks what a person or a lander needs is refused`(key: String, pointer: String) throws {
        var object = Self.diff.json
        object[key] = nil
        let error = #expect(throws: InvalidInput.self) {
            var reader = ObjectReader(object)
            return try ApprovalQuestion(reading: &reader)
        }
        #expect(error?.issues.map(\.pointer).contains(pointer) == true)
    }

    @Test func `a hash is a hash`() {
        var object = Self.diff.json
        object["diff"] = "../../etc/passwd"
        #expect(throws: InvalidInput.self) {
            var reader = ObjectReader(object)
            return try ApprovalQuestion(reading: &reader)
        }
    }

    @Test func `an attempt works under the last approval that fits, and hears the last comment`() {
        func approval(_ epoch: Int64, _ next: ApprovalQuestion.Next, _ verdict: ApprovalDecision.Verdict) -> Approval {
            Approval(
                task: "t",
                epoch: epoch,
                phase: .run,
                question: ApprovalQuestion(subject: .diff, next: next, summary: ""),
                digest: "d\(epoch)",
                requestedAt: .noon,
                expiresAt: nil,
                decision: ApprovalDecision(verdict, by: "freya", comment: "no \(epoch)", at: .noon)
            )
        }
        let story = [approval(1, .run, .approved), approval(2, .land, .sentBack), approval(3, .land, .sentBack)]
        #expect(story.permission(to: .run)?.epoch == 1)
        #expect(story.permission(to: .land) == nil)
        #expect(story.comment == "no 3")
        #expect((story + [approval(4, .land, .approved)]).comment == nil)
    }
}
