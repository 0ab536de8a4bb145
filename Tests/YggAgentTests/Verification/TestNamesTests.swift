import Testing

@testable import YggAgent

struct TestNamesTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var dialect: TestDialect
        var name: String
        var output: String
        var ends: [String: TestNames.End]
        var testDescription: String { "\(dialect): \(name)" }
    }

    @Test(arguments: [
        Sample(
            dialect: .pytest,
            name: "summary",
            output: """
                =========================== short test summary info ============================
                PASSED tests/test_a.py::test_ok
                PASSED tests/test_a.py::test_p[1 - 2]
                SKIPPED [1] tests/test_a.py:9: why
                XFAIL tests/test_a.py::test_x - known
                FAILED tests/test_a.py::ATests::test_bad - assert 1 == 2
                FAILED tests/test_a.py::test_p[a - b] - assert 1 - 1 == 2
                ERROR tests/test_b.py - ModuleNotFoundError: No module named 'x'
                1 failed
                """,
            ends: [
                "tests/test_a.py::test_ok": .passed, "tests/test_a.py::test_p[1 - 2]": .passed,
                "tests/test_a.py::test_x": .skipped, "tests/test_a.py::ATests::test_bad": .failed,
                "tests/test_a.py::test_p[a - b]": .failed, "tests/test_b.py": .failed,
            ]
        ),
        Sample(
            dialect: .pytest,
            name: "verbose",
            output: """
                tests/test_a.py::test_ok PASSED                                          [ 33%]
                tests/test_a.py::test_bad FAILED                                         [ 66%]
                tests/test_a.py::test_later SKIPPED (not now)                            [100%]
                ERROR    root:a.py:3 something was logged
                """,
            ends: [
                "tests/test_a.py::test_ok": .passed, "tests/test_a.py::test_bad": .failed,
                "tests/test_a.py::test_later": .skipped,
            ]
        ),
        Sample(
            dialect: .unittest,
            name: "verbose, of two versions",
            output: """
                test_a (test_m.T.test_a) ... ok
                test_b (test_m.T) ... FAIL
                test_c (test_m.T.test_c) ... skipped 'no'
                test_d (test_m.T.test_d) ... ERROR
                ERROR: test_broken (unittest.loader._FailedTest.test_broken)
                """,
            ends: [
                "test_m.T.test_a": .passed, "test_m.T.test_b": .failed, "test_m.T.test_c": .skipped,
                "test_m.T.test_d": .failed, "unittest.loader._FailedTest.test_broken": .failed,
            ]
        ),
        Sample(
            dialect: .swift,
            name: "both libraries",
            output: """
                Test Case 'ATests.testA' passed (0.001 seconds)
                Test Case 'ATests.testB' failed (0.001 seconds)
                ◇ Test adds() started.
                ✔ Test adds() passed after 0.001 seconds.
                ✘ Test "takes away" failed after 0.001 seconds with 1 issue.
                ✘ Test many(x:) with 3 test cases failed after 0.002 seconds with 1 issue.
                ➜ Test later() skipped.
                ✘ Test run with 4 tests in 0 suites failed after 0.003 seconds with 2 issues.
                """,
            ends: [
                "ATests.testA": .passed, "ATests.testB": .failed, "adds()": .passed, "takes away": .failed,
                "many(x:)": .failed, "later()": .skipped,
            ]
        ),
        Sample(
            dialect: .cargo,
            name: "one binary",
            output: "test tests::a ... ok\ntest tests::b ... FAILED\ntest tests::c ... ignored, slow\n",
            ends: ["tests::a": .passed, "tests::b": .failed, "tests::c": .skipped]
        ),
        Sample(
            dialect: .go,
            name: "subtests and a package that does not build",
            output:
                "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/one (0.00s)\n--- PASS: TestB (0.00s)\n--- SKIP: TestC (0.00s)\nFAIL\tx/y [build failed]\n",
            ends: [
                "TestA": .failed, "TestA/one": .failed, "TestB": .passed, "TestC": .skipped,
                "x/y [build failed]": .failed,
            ]
        ),
        Sample(
            dialect: .node,
            name: "TAP",
            output: """
                TAP version 13
                # Subtest: math
                    # Subtest: adds
                    ok 1 - adds
                    # Subtest: divides
                    not ok 2 - divides
                    1..2
                not ok 1 - math
                # Subtest: later
                ok 2 - later # SKIP
                """,
            ends: ["math > adds": .passed, "math > divides": .failed, "math": .failed, "later": .skipped]
        ),
        Sample(
            dialect: .node,
            name: "node's own list",
            output:
                "✔ adds (0.5ms)\n✖ divides (1.2ms)\n﹣ later (0.1ms) # SKIP\nℹ tests 3\n\n✖ failing tests:\n\n✖ other (1ms)\n",
            ends: ["adds": .passed, "divides": .failed, "later": .skipped]
        ),
        Sample(
            dialect: .node,
            name: "Jest",
            output: "FAIL ./a.test.js\n  ✓ adds (2 ms)\n  ✕ divides (1 ms)\n  ○ skipped later\n  ● math › divides\n",
            ends: ["adds": .passed, "divides": .failed, "skipped later": .skipped, "math › divides": .failed]
        ),
        Sample(
            dialect: .node,
            name: "Mocha",
            output:
                "  math\n    ✔ adds\n    1) divides\n\n  1 passing (5ms)\n  1 failing\n\n  1) math\n       divides:\n",
            ends: ["adds": .passed, "divides": .failed]
        ),
    ])
    func `tests are known by name`(sample: Sample) {
        #expect(TestNames.read(sample.output, in: sample.dialect).ends == sample.ends)
    }

    @Test(arguments: [
        (["pytest", "-q"], TestDialect.pytest), (["python3", "-m", "pytest"], .pytest), (["/v/bin/pytest"], .pytest),
        (["python3", "-m", "unittest"], .unittest), (["swift", "test"], .swift), (["npm", "test"], .node),
        (["make", "test"], nil), (["./run-tests"], nil),
    ])
    func `a command tells how it will tell`(argv: [String], dialect: TestDialect?) {
        #expect(TestDialect.of(argv) == dialect)
    }

    @Test(arguments: [
        ("a.py:1:1: F401 'os' imported but unused", "a.py: F401"),
        ("./pkg/a.py:10:80: E501 line too long (88 > 79 characters)", "pkg/a.py: E501"),
        ("a.py:3: error: Name \"x\" is not defined  [name-defined]", "a.py: name-defined"),
        ("src/a.ts(3,5): error TS2322: Type 'string' is not assignable", "src/a.ts: TS2322"),
        ("/work/Sources/A.swift:3:5: error: cannot find 'x' in scope", "Sources/A.swift: cannot find 'x' in scope"),
        ("/work/A.swift:3:5: warning: [Indentation] replace leading whitespace", "A.swift: Indentation"),
        ("error[E0425]: cannot find value `x`\n --> src/main.rs:2:5", "src/main.rs: E0425"),
        ("F401 [*] `os` imported but unused\n --> a.py:1:8", nil),
        ("/work/a.js\n  1:5  error  'x' is not defined  no-undef\n", "a.js: no-undef"),
        ("a.sh:3:6: warning: Double quote [SC2086]", "a.sh: SC2086"), ("would reformat a.py", "a.py: format"),
        ("[warn] src/a.js", "src/a.js: format"),
        ("./a.go:3:2: x declared and not used", "a.go: x declared and not used"),
        ("Diff in /work/src/main.rs:3:", "src/main.rs: format"), ("http://localhost:8080/x", nil),
        ("12:30:01 started", nil), ("All checks passed!", nil),
    ])
    func `findings are known by file and rule`(output: String, name: String?) {
        #expect(Findings.read(output, root: "/work").first?.name == name)
    }
}
