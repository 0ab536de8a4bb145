import Testing
import YggProcess

@testable import YggAgent

struct TestSummaryTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var dialect: TestDialect
        var name: String
        var output: String
        var summary: TestSummary?
        var testDescription: String { "\(dialect): \(name)" }
    }

    private static func counts(_ passed: Int, _ failed: Int, _ skipped: Int) -> TestSummary {
        TestSummary(passed: passed, failed: failed, skipped: skipped)
    }

    @Test(arguments: [
        Sample(
            dialect: .swift,
            name: "XCTest",
            output: """
                Test Suite 'All tests' started at 2026-01-01 00:00:00.000
                Test Case 'ATests.testA' started at 2026-01-01 00:00:00.000
                Test Case 'ATests.testA' passed (0.001 seconds)
                Test Case 'ATests.testB' skipped (0.001 seconds)
                Test Case 'ATests.testC' failed (0.001 seconds)
                \t Executed 3 tests, with 1 test skipped and 2 failures (0 unexpected) in 0.003 (0.003) seconds
                """,
            summary: counts(1, 1, 1)
        ),
        Sample(
            dialect: .swift,
            name: "XCTest, only its count",
            output: "\t Executed 12 tests, with 2 tests skipped and 1 failure (0 unexpected) in 0.1 (0.1) seconds",
            summary: counts(9, 1, 2)
        ),
        Sample(
            dialect: .swift,
            name: "Swift Testing beside an empty XCTest",
            output: """
                \t Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds
                ◇ Test run started.
                ◇ Test "many of them" started.
                ➜ Test off2() skipped.
                ➜ Test off() skipped: "why"
                ◇ Test case passing 1 argument x → 2 to "many of them" started.
                ┄ Test known() recorded a known issue at T.swift:10:40: Expectation failed: 1 == 2
                ✘ Test "many of them" recorded an issue with 1 argument x → 2 at T.swift:8:58: it failed after all
                ➜ Test "raw name" was cancelled after 0.005 seconds: "stop"
                ✔ Test ok() passed after 0.005 seconds.
                ┄ Test known() passed after 0.005 seconds with 1 known issue.
                ✘ Test "many of them" with 3 test cases failed after 0.005 seconds with 1 issue.
                ✘ Test "a name, with failed after words" failed after 0.005 seconds with 1 issue.
                ✘ Suite S failed after 0.006 seconds with 3 issues (including 1 known issue).
                ✘ Test run with 7 tests in 1 suite failed after 0.008 seconds with 3 issues (including 1 known issue).
                """,
            summary: counts(2, 2, 3)
        ),
        Sample(
            dialect: .swift,
            name: "both",
            output: """
                Test Case 'ATests.testA' passed (0.001 seconds)
                \t Executed 1 test, with 0 failures (0 unexpected) in 0.0 (0.0) seconds
                ✔ Test run with 5 tests in 2 suites passed after 0.1 seconds.
                """,
            summary: counts(6, 0, 0)
        ),
        Sample(dialect: .swift, name: "a build that failed", output: "error: cannot find 'x' in scope", summary: nil),
        Sample(
            dialect: .cargo,
            name: "several binaries, in colour",
            output: """
                running 2 tests
                test a ... ok
                test result: \u{1B}[32mok\u{1B}[0m. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
                test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
                """,
            summary: counts(5, 1, 1)
        ),
        Sample(
            dialect: .pytest,
            name: "framed",
            output: """
                collected 8 items
                test_a.py ..F                                     [100%]
                FAILED test_a.py::test_b - assert 1 == 2
                === 1 failed, 3 passed, 2 skipped, 1 xfailed, 1 error, 4 warnings in 0.12s ===
                """,
            summary: counts(3, 2, 3)
        ),
        Sample(dialect: .pytest, name: "quiet", output: "...\n3 passed in 0.01s\n", summary: counts(3, 0, 0)),
        Sample(dialect: .pytest, name: "none", output: "==== no tests ran in 0.01s ====", summary: counts(0, 0, 0)),
        Sample(
            dialect: .pytest,
            name: "a line that only looks like it",
            output: "1 failed attempt in the log\n",
            summary: nil
        ),
        Sample(
            dialect: .go,
            name: "verbose",
            output: """
                === RUN   TestA
                --- PASS: TestA (0.00s)
                === RUN   TestB
                    --- FAIL: TestB/sub (0.00s)
                --- FAIL: TestB (0.00s)
                --- SKIP: TestC (0.00s)
                FAIL
                FAIL\texample.org/x\t0.002s
                """,
            summary: counts(1, 1, 1)
        ),
        Sample(
            dialect: .node,
            name: "node, TAP",
            output:
                "# tests 5\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n# duration_ms 40.5",
            summary: counts(3, 1, 1)
        ),
        Sample(
            dialect: .node,
            name: "node, list",
            output: "ℹ tests 2\nℹ pass 2\nℹ fail 0\nℹ skipped 0\nℹ duration_ms 40",
            summary: counts(2, 0, 0)
        ),
        Sample(
            dialect: .node,
            name: "Jest",
            output: "Test Suites: 1 failed, 1 passed, 2 total\nTests:       1 failed, 2 skipped, 3 passed, 6 total\n",
            summary: counts(3, 1, 2)
        ),
        Sample(
            dialect: .node,
            name: "Vitest",
            output: " Test Files  1 passed (1)\n      Tests  1 failed | 3 passed (4)\n",
            summary: counts(3, 1, 0)
        ),
        Sample(
            dialect: .node,
            name: "Mocha",
            output: "  5 passing (10ms)\n  1 pending\n  2 failing\n",
            summary: counts(5, 2, 1)
        ),
    ])
    func `a summary is read`(sample: Sample) {
        #expect(TestSummary.parse(sample.output, in: sample.dialect) == sample.summary)
    }

    /// A program of a repository prints what it likes, and an executor adds it up.
    @Test(arguments: TestDialect.allCases, ["9223372036854775807", "-9223372036854775808", "1000001"])
    func `a number that counts no tests is none`(dialect: TestDialect, number: String) {
        let output = """
            \t Executed \(number) tests, with \(number) tests skipped and \(number) failures (0 unexpected) in 0.1 seconds
            test result: FAILED. \(number) passed; \(number) failed; \(number) ignored; finished in 0.01s
            ==== 1 failed, \(number) passed, \(number) xfailed in 0.1s ====
            \(number) passed, 1 failed in 0.1s
            Ran \(number) tests in 0.001s
            FAILED (failures=\(number), errors=\(number))
            # pass \(number)
            # cancelled \(number)
              \(number) passing
            Tests: \(number) failed, \(number) passed
            """
        let summary = TestSummary.parse(output, in: dialect)
        #expect((summary?.total ?? 0) <= 2, "\(summary?.text ?? "")")
    }

    @Test
    func `bytes that come in pieces read the same`() {
        var log = TestLog(.pytest)
        for byte in Array("== 2 passed, 1 skipped in 0.1s ==".utf8) { log.append(.stdout, [byte]) }
        log.append(.stderr, Array("9 failed".utf8)[...])
        #expect(log.finish() == Self.counts(2, 0, 1))
    }
}
