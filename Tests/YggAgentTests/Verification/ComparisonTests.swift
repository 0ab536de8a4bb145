import Testing

@testable import YggAgent

/// What a change is worth, by what the same steps said before and after.
struct ComparisonTests {
    static let test = VerificationStep(.test, ["pytest"])
    static let lint = VerificationStep(.lint, ["flake8"])

    static func ran(_ code: Int32, _ ends: [String: TestNames.End], flaky: Set<String> = []) -> StepResult {
        var result = StepResult(report: StepReport(step: test, exitCode: code))
        for (name, end) in ends { result.names.add(name, end) }
        result.report.failures = result.names.names(.failed).filter { !flaky.contains($0) }
        result.flaky = flaky
        return result
    }

    static func linted(_ code: Int32, _ names: [String]) -> StepResult {
        var result = StepResult(report: StepReport(step: lint, exitCode: code))
        result.findings = names.map { .init(name: $0, line: $0) }
        result.report.failures = code == 0 ? [] : names
        return result
    }

    static func counted(_ code: Int32, _ passed: Int, _ failed: Int, _ skipped: Int = 0) -> StepResult {
        var result = StepResult(report: StepReport(step: test, exitCode: code))
        result.report.tests = TestSummary(passed: passed, failed: failed, skipped: skipped)
        return result
    }

    static func ended(_ how: String) -> StepResult {
        StepResult(report: StepReport(step: test, exitCode: nil, ended: how))
    }

    static func plain(_ code: Int32, isGiven: Bool = true) -> StepResult {
        var step = test
        step.isGiven = isGiven
        return StepResult(report: StepReport(step: step, exitCode: code))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var base: StepResult
        var now: StepResult
        var tampering: [Tampering] = []
        /// nil stands for unverified.
        var new: Int?
        var fixed: [String] = []
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "all passes", base: ran(0, ["a": .passed]), now: ran(0, ["a": .passed]), new: 0),
        Case(name: "a new failure", base: ran(0, ["a": .passed]), now: ran(1, ["a": .failed]), new: 1),
        Case(
            name: "an old failure",
            base: ran(1, ["a": .failed, "b": .passed]),
            now: ran(1, ["a": .failed, "b": .passed]),
            new: 0
        ),
        Case(
            name: "one repaired, one broken",
            base: ran(1, ["a": .failed, "b": .passed]),
            now: ran(1, ["a": .passed, "b": .failed]),
            new: 1,
            fixed: ["a"]
        ),
        Case(
            name: "all repaired",
            base: ran(1, ["a": .failed]),
            now: ran(0, ["a": .passed]),
            new: 0,
            fixed: ["a"]
        ),
        Case(name: "a test is gone", base: ran(0, ["a": .passed, "b": .passed]), now: ran(0, ["a": .passed]), new: 1),
        Case(
            name: "a failing test is gone",
            base: ran(1, ["a": .failed, "b": .passed]),
            now: ran(0, ["b": .passed]),
            new: 1
        ),
        Case(name: "a test is skipped", base: ran(0, ["a": .passed]), now: ran(0, ["a": .skipped]), new: 1),
        Case(
            name: "a test went to another file",
            base: ran(0, ["t/a.py::x": .passed]),
            now: ran(0, ["t/b.py::x": .passed]),
            new: 0
        ),
        Case(
            name: "a flaky test fails",
            base: ran(1, ["a": .passed, "b": .failed], flaky: ["b"]),
            now: ran(1, ["a": .passed, "b": .failed]),
            new: 0
        ),
        Case(
            name: "a new test fails",
            base: ran(0, ["a": .passed]),
            now: ran(1, ["a": .passed, "b": .failed]),
            new: 1
        ),
        Case(name: "no tests at all", base: plain(5, isGiven: false), now: plain(5, isGiven: false), new: nil),
        Case(name: "numbers only, fewer", base: counted(0, 5, 0), now: counted(0, 4, 0, 1), new: 1),
        Case(name: "numbers only, more", base: counted(0, 5, 0), now: counted(0, 6, 0), new: 0),
        Case(name: "an exit code and nothing else, as before", base: plain(0), now: plain(0), new: 0),
        Case(name: "an exit code and nothing else, worse", base: plain(0), now: plain(1), new: 1),
        Case(name: "an exit code and nothing else, bad both times", base: plain(1), now: plain(1), new: nil),
        Case(name: "does not end any more", base: ran(0, ["a": .passed]), now: ended("time-limit"), new: 1),
        Case(name: "never ended", base: ended("time-limit"), now: ended("time-limit"), new: nil),
        Case(
            name: "the diff takes a test away that nobody named",
            base: plain(0),
            now: plain(0),
            tampering: [Tampering(sentence: "The test x was removed.", test: "x")],
            new: 1
        ),
        Case(
            name: "the diff and the run say the same once",
            base: ran(0, ["f.py::x": .passed, "f.py::y": .passed]),
            now: ran(0, ["f.py::y": .passed]),
            tampering: [Tampering(sentence: "The test x was removed.", test: "x")],
            new: 1
        ),
    ])
    func `a change is worth what its tests say`(item: Case) {
        let plan = VerificationPlan(steps: [item.now.step])
        let verdict = Comparison(plan: plan, base: [item.base], now: [item.now], tampering: item.tampering).verdict
        switch verdict.worth {
        case .verified: #expect(item.new == 0)
        case .unverified(let sentence): #expect(item.new == nil && sentence.hasSuffix("."))
        case .broken: #expect(item.new ?? 0 > 0)
        }
        #expect(verdict.newFailures == item.new ?? 0)
        #expect(verdict.fixed == item.fixed)
        #expect(verdict.feedback.isEmpty == (verdict.newFailures == 0))
    }

    @Test(arguments: [
        (linted(0, []), linted(1, ["a.py: F401"]), 1), (linted(1, ["a.py: F401"]), linted(1, ["a.py: F401"]), 0),
        (linted(1, ["a.py: F401"]), linted(1, ["a.py: F401", "a.py: F401"]), 1),
        // Warnings that were there are nothing new where something else makes the linter fail.
        (linted(0, ["a.js: no-console"]), linted(1, ["a.js: no-console", "a.js: no-undef"]), 1),
        (linted(1, ["a.py: F401", "b.py: E501"]), linted(1, ["b.py: E501"]), 0),
    ])
    func `findings are counted by file and rule`(base: StepResult, now: StepResult, new: Int) {
        let plan = VerificationPlan(steps: [Self.lint], proof: .lint)
        let verdict = Comparison(plan: plan, base: [base], now: [now], tampering: []).verdict
        #expect(verdict.newFailures == new)
        #expect((verdict.worth == .verified) == (new == 0))
    }

    @Test func `without a step for it nothing is proved`() {
        let plan = VerificationPlan(steps: [Self.lint])
        let verdict = Comparison(plan: plan, base: [Self.linted(0, [])], now: [Self.linted(0, [])], tampering: [])
            .verdict
        guard case .unverified(let sentence) = verdict.worth else {
            Issue.record("\(verdict.worth)")
            return
        }
        #expect(sentence.hasPrefix("No tests were found"))
        let all = VerificationPlan(steps: [Self.lint], proof: nil)
        let other = Comparison(plan: all, base: [Self.linted(0, [])], now: [Self.linted(0, [])], tampering: []).verdict
        #expect(other.worth == .verified)
    }

    @Test func `feedback is short, and holds what helps`() {
        var now = Self.ran(
            1,
            Dictionary(uniqueKeysWithValues: (0..<200).map { ("tests/test_a.py::test_\($0)", .failed) })
        )
        now.output =
            (0..<200).map {
                """
                ______ test_\($0) ______

                    def test_\($0)():
                >       assert f(\($0)) == 1
                E       assert 2 == 1 \(String(repeating: "é", count: 400))

                tests/test_a.py:\($0): AssertionError
                """
            }.joined(separator: "\n")
        let plan = VerificationPlan(steps: [Self.test])
        let verdict = Comparison(plan: plan, base: [Self.ran(0, [:])], now: [now], tampering: []).verdict
        #expect(verdict.newFailures == 200)
        #expect(verdict.feedback.utf8.count <= 2500)
        #expect(verdict.feedback.contains("test_0") && verdict.feedback.contains("E       assert 2 == 1"))
        #expect(verdict.feedback.contains("and 192 more"))
    }
}
