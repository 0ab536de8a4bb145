/// `swift test`: XCTest, Swift Testing, or one after the other.
struct SwiftTestReader: TestLineReader {
    private var cases: TestSummary?
    /// XCTest's own count, for output that names no cases. It is printed for each suite, the whole last.
    private var executed: TestSummary?
    private var testing: TestSummary?
    private var testingFailed = 0
    private var testingSkipped = 0

    mutating func read(_ line: Substring) {
        if line.hasPrefix("Test Case '") {
            readCase(line)
        } else if line.contains("Executed "), let counts = Self.executed(line) {
            executed = counts
        } else if let line = Self.afterSymbol(line) {
            readTesting(line)
        }
    }

    var summary: TestSummary? {
        let xctest = cases ?? executed
        guard let xctest, xctest.total > 0 else { return testing ?? xctest }
        return testing.map { xctest + $0 } ?? xctest
    }

    private mutating func readCase(_ line: Substring) {
        guard let quote = line.lastIndex(of: "'") else { return }
        var counts = cases ?? TestSummary(passed: 0, failed: 0, skipped: 0)
        switch line[quote...].dropFirst(2).prefix(while: \.isLetter) {
        case "passed": counts.passed += 1
        case "failed": counts.failed += 1
        case "skipped": counts.skipped += 1
        default: return
        }
        cases = counts
    }

    /// `Executed 5 tests, with 1 test skipped and 2 failures (0 unexpected) in 0.1 (0.1) seconds`
    private static func executed(_ line: Substring) -> TestSummary? {
        guard let total = number(in: line, before: "test"), line.contains(" failure") else { return nil }
        let failed = number(in: line, before: "failure") ?? 0
        let beforeSkipped = line.firstRange(of: " skipped").map { line[..<$0.lowerBound].split(separator: " ") }
        let skipped = beforeSkipped?.dropLast().last.flatMap { testCount($0) } ?? 0
        return TestSummary(passed: max(0, total - failed - skipped), failed: failed, skipped: skipped)
    }

    /// Swift Testing begins its lines with a symbol: what follows it, where it is about tests.
    private static func afterSymbol(_ line: Substring) -> Substring? {
        guard let space = line.firstIndex(of: " "), line[..<space].allSatisfy({ !$0.isASCII }) else { return nil }
        let rest = line[space...].drop { $0 == " " }
        return rest.hasPrefix("Test ") ? rest : nil
    }

    private mutating func readTesting(_ line: Substring) {
        if line.hasPrefix("Test run with "), let total = number(in: line, before: "test") {
            guard line.contains(" passed after ") || line.contains(" failed after ") else { return }
            // The total counts skipped and cancelled tests, too.
            testing = TestSummary(
                passed: max(0, total - testingFailed - testingSkipped),
                failed: testingFailed,
                skipped: testingSkipped
            )
        } else if line.hasPrefix("Test case ") || line.contains(" recorded a") {
            // One of a test's arguments, or an issue: the test itself is counted when it ends.
        } else if line.contains(" failed after ") {
            testingFailed += 1
        } else if line.hasSuffix(" skipped.") || line.contains(" skipped: ") || line.contains(" was cancelled after ") {
            testingSkipped += 1
        }
    }
}

/// `cargo test`: a result for each binary and for the examples in the documentation.
struct CargoTestReader: TestLineReader {
    private(set) var summary: TestSummary?

    /// `test result: FAILED. 5 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s`
    mutating func read(_ line: Substring) {
        guard line.hasPrefix("test result: "), let passed = number(in: line, before: "passed"),
            let failed = number(in: line, before: "failed")
        else { return }
        let ignored = number(in: line, before: "ignored") ?? 0
        let counts = TestSummary(passed: passed, failed: failed, skipped: ignored)
        summary = summary.map { $0 + counts } ?? counts
    }
}

/// `pytest`: the last line says it all.
struct PytestReader: TestLineReader {
    private(set) var summary: TestSummary?

    /// `==== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s ====`, with `-q` without the frame.
    mutating func read(_ line: Substring) {
        let frame: (Character) -> Bool = { $0 == "=" || $0 == " " }
        let text = line.drop(while: frame)
        if text.hasPrefix("no tests ran in ") { summary = TestSummary(passed: 0, failed: 0, skipped: 0) }
        guard text.first?.isNumber == true, text.contains(" in "), line.hasPrefix("=") || line.first?.isNumber == true,
            let time = text.split(separator: " in ").last, time.first?.isNumber == true
        else { return }
        func count(_ words: String...) -> Int { words.reduce(0) { $0 + (number(in: text, before: $1) ?? 0) } }
        let counts = TestSummary(
            passed: count("passed", "xpassed"),
            failed: count("failed", "error"),
            skipped: count("skipped", "xfailed")
        )
        if counts.total > 0 { summary = counts }
    }
}

/// `python -m unittest`: the last lines.
struct UnittestReader: TestLineReader {
    private(set) var summary: TestSummary?

    /// `Ran 5 tests in 0.001s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=2, skipped=1)`.
    mutating func read(_ line: Substring) {
        if line.hasPrefix("Ran "), let total = number(in: line, before: "test") {
            summary = TestSummary(passed: total, failed: 0, skipped: 0)
        } else if line == "NO TESTS RAN" || line.hasPrefix("NO TESTS RAN ") {
            summary = TestSummary(passed: 0, failed: 0, skipped: 0)
        } else if line.hasPrefix("FAILED (") || line.hasPrefix("OK ("), let total = summary?.total {
            let failed = Self.count("failures", line) + Self.count("errors", line)
            let skipped = Self.count("skipped", line) + Self.count("expected failures", line)
            summary = TestSummary(passed: max(0, total - failed - skipped), failed: failed, skipped: skipped)
        }
    }

    private static func count(_ word: String, _ line: Substring) -> Int {
        for part in line.split(whereSeparator: { "(,)".contains($0) }) {
            let pair = part.split(separator: "=")
            if pair.count == 2, pair[0].drop(while: { $0 == " " }) == word { return testCount(pair[1]) ?? 0 }
        }
        return 0
    }
}

/// `go test -v`: top-level tests. A test with subtests is one, and fails where one of them does.
struct GoTestReader: TestLineReader {
    private(set) var summary: TestSummary?

    mutating func read(_ line: Substring) {
        var counts = summary ?? TestSummary(passed: 0, failed: 0, skipped: 0)
        if line.hasPrefix("--- PASS: ") {
            counts.passed += 1
        } else if line.hasPrefix("--- FAIL: ") {
            counts.failed += 1
        } else if line.hasPrefix("--- SKIP: ") {
            counts.skipped += 1
        } else {
            return
        }
        summary = counts
    }
}

/// `npm test`: whatever the package runs. Known are node's own runner (TAP and its list), Jest, Vitest and Mocha.
struct NodeTestReader: TestLineReader {
    private(set) var summary: TestSummary?

    mutating func read(_ line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard let first = words.first else { return }
        switch first {
        case "Tests:", "Tests":
            readJest(line)
        case "#", "ℹ":
            if words.count == 3, let count = testCount(words[2]) { set(String(words[1]), count) }
        default:
            if let count = testCount(first), words.count >= 2, line.hasPrefix("  ") { set(String(words[1]), count) }
        }
    }

    /// `Tests:       1 failed, 2 skipped, 3 passed, 6 total`; Vitest has bars between: `Tests  1 failed | 3 passed (4)`.
    private mutating func readJest(_ line: Substring) {
        let passed = number(in: line, before: "passed")
        let failed = number(in: line, before: "failed")
        let skipped = (number(in: line, before: "skipped") ?? 0) + (number(in: line, before: "todo") ?? 0)
        guard passed != nil || failed != nil || skipped > 0 else { return }
        summary = TestSummary(passed: passed ?? 0, failed: failed ?? 0, skipped: skipped)
    }

    /// A count on a line of its own: node says `pass`, `fail`, `cancelled`, `skipped`, `todo`; Mocha `passing`,
    /// `failing`, `pending`.
    private mutating func set(_ word: String, _ count: Int) {
        var counts = summary ?? TestSummary(passed: 0, failed: 0, skipped: 0)
        switch word {
        case "pass", "passing": counts.passed = count
        case "fail", "failing": counts.failed = count
        case "cancelled": counts.failed += count
        case "skipped", "pending": counts.skipped = count
        case "todo": counts.skipped += count
        default: return
        }
        summary = counts
    }
}

/// The number that stands before the first word that begins with `word`: 5 in `5 tests`.
private func number(in line: Substring, before word: String) -> Int? {
    let words = line.split(whereSeparator: { " ,;|()".contains($0) })
    guard let index = words.firstIndex(where: { $0.hasPrefix(word) }), index > 0 else { return nil }
    return testCount(words[index - 1])
}

/// How many tests a tool has counted. Whatever a program may print, the sums of it are to be numbers, too, and no suite has
/// more than a million.
private func testCount(_ word: Substring) -> Int? { Int(word).flatMap { (0...1_000_000).contains($0) ? $0 : nil } }
