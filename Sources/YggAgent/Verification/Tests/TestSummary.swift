package import YggCore
package import YggProcess

/// How the tests of one run came out.
package struct TestSummary: Sendable, Hashable {
    package var passed: Int
    package var failed: Int
    package var skipped: Int

    package init(passed: Int, failed: Int, skipped: Int) {
        self.passed = passed
        self.failed = failed
        self.skipped = skipped
    }

    package var total: Int { passed + failed + skipped }

    package var json: JSONObject {
        [
            "passed": .int(Int64(passed)), "failed": .int(Int64(failed)), "skipped": .int(Int64(skipped)),
            "total": .int(Int64(total)),
        ]
    }

    package var text: String {
        let parts = [(passed, "passed"), (failed, "failed"), (skipped, "skipped")].filter { $0.0 > 0 }
        return parts.isEmpty ? "no tests" : parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    package static func + (left: TestSummary, right: TestSummary) -> TestSummary {
        TestSummary(
            passed: left.passed + right.passed,
            failed: left.failed + right.failed,
            skipped: left.skipped + right.skipped
        )
    }

    /// Reads what a tool printed; nil where it printed no summary that is known.
    package static func parse(_ output: String, in dialect: TestDialect) -> TestSummary? {
        var log = TestLog(dialect)
        for line in output.split(whereSeparator: \.isNewline) { log.read(line) }
        return log.summary
    }
}

/// How a program that runs tests tells what came of them.
package enum TestDialect: String, Sendable, Hashable, CaseIterable {
    case pytest, unittest, swift, cargo, go
    /// Node's own runner, Jest, Vitest and Mocha.
    case node
}

/// Follows the output of a test run, line by line, and counts. It keeps a line a stream and a few numbers, however
/// long the output is.
package struct TestLog: Sendable {
    private var reader: (any TestLineReader)?
    private var pending: [OutputStream: [UInt8]] = [:]

    /// No summary of a tool is longer; what is cut is the text of some test.
    private static let longestLine = 4096

    /// - Parameter dialect: nil counts nothing.
    package init(_ dialect: TestDialect?) {
        reader =
            switch dialect {
            case .swift: SwiftTestReader()
            case .cargo: CargoTestReader()
            case .node: NodeTestReader()
            case .go: GoTestReader()
            case .pytest: PytestReader()
            case .unittest: UnittestReader()
            case nil: nil
            }
    }

    package mutating func append(_ stream: OutputStream, _ bytes: ArraySlice<UInt8>) {
        guard reader != nil else { return }
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            read(String(decoding: (pending[stream] ?? []) + rest[..<end], as: UTF8.self)[...])
            pending[stream] = nil
            rest = rest[(end + 1)...]
        }
        let kept = pending[stream, default: []]
        pending[stream] = kept + rest.prefix(max(0, Self.longestLine - kept.count))
    }

    package mutating func finish() -> TestSummary? {
        for bytes in pending.values { read(String(decoding: bytes, as: UTF8.self)[...]) }
        pending = [:]
        return summary
    }

    package mutating func read(_ line: Substring) { reader?.read(withoutEscapes(line)) }

    package var summary: TestSummary? { reader?.summary }
}

/// Reads the lines that one tool writes.
protocol TestLineReader: Sendable {
    /// - Parameter line: without its end, and without colours.
    mutating func read(_ line: Substring)
    /// nil until something was counted.
    var summary: TestSummary? { get }
}

/// The text without colours and cursor movements (`ESC [ … letter`).
private func withoutEscapes(_ line: Substring) -> Substring {
    guard line.contains("\u{1B}") else { return line }
    var plain = ""
    var rest = line
    while let escape = rest.firstIndex(of: "\u{1B}") {
        plain += rest[..<escape]
        rest = rest[rest.index(after: escape)...]
        guard rest.first == "[" else { continue }
        rest = rest.dropFirst().drop { !$0.isLetter }.dropFirst()
    }
    return (plain + rest)[...]
}
