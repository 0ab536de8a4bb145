/// Which tests a run had, by names that stay the same when lines move, and what came of each.
///
/// A parametrised test, or one name in two places, counts once, with the worst of what came of it.
struct TestNames: Sendable, Hashable {
    enum End: String, Sendable, Hashable { case passed, skipped, failed }

    private(set) var ends: [String: End] = [:]

    mutating func add(_ name: some StringProtocol, _ end: End) {
        // Names are a repository's own, and are shown.
        let name = VisibleText.cut(VisibleText.clean(String(name)), to: 300)
        guard !name.isEmpty else { return }
        let before = ends[name]
        if before == nil || before == .passed || end == .failed { ends[name] = end }
    }

    func names(_ end: End) -> [String] { ends.filter { $0.value == end }.keys.sorted() }

    /// What the output of a test run says; empty where it names nothing.
    static func read(_ output: String, in dialect: TestDialect) -> TestNames {
        var names = TestNames()
        var reading = Reading()
        for line in output.split(whereSeparator: \.isNewline) where line.utf8.count < longestLine {
            switch dialect {
            case .pytest: pytest(line, &names)
            case .unittest: unittest(line, &names)
            case .swift: swift(line, &names)
            case .cargo: cargo(line, &names)
            case .go: go(line, &names)
            case .node: node(line, &names, &reading)
            }
        }
        return names
    }

    /// No line that names a test is longer, in bytes.
    private static let longestLine = 4096

    /// What lines before this one said.
    private struct Reading {
        /// The suites around a line of TAP, by their indentation.
        var suites: [(indentation: Int, name: String)] = []
        /// Jest and Vitest name the file before its tests; both list failures again at the end.
        var isOver = false
    }
}

// MARK: - Python

extension TestNames {
    /// `FAILED tests/test_a.py::test_x - assert 1 == 2`, or with `-v`: `tests/test_a.py::test_x PASSED  [ 50%]`.
    private static func pytest(_ line: Substring, _ names: inout TestNames) {
        let words = line.split(separator: " ", maxSplits: 1)
        if words.count == 2, let end = pytestEnds[String(words[0])] {
            // A line of a log has more blanks behind its level.
            guard words[1].first != " " else { return }
            let name = pytestName(words[1])
            // What failed before any test was found is named by its file.
            guard name.contains("::") || words[0] == "ERROR" && name.contains(".") else { return }
            names.add(name, end)
        } else if let marker = line.firstRange(of: "::") {
            for (word, end) in pytestEnds {
                guard let place = line.firstRange(of: " \(word)"), place.lowerBound > marker.lowerBound else {
                    continue
                }
                let rest = line[place.upperBound...].drop { $0 == " " }
                if rest.isEmpty || rest.hasPrefix("[") || rest.hasPrefix("(") {
                    return names.add(line[..<place.lowerBound], end)
                }
            }
        }
    }

    private static let pytestEnds: [String: End] = [
        "PASSED": .passed, "FAILED": .failed, "ERROR": .failed, "SKIPPED": .skipped, "XFAIL": .skipped,
        "XPASS": .passed,
    ]

    /// Without the reason behind it. Parameters in a name may hold the same dash: they end with a bracket.
    private static func pytestName(_ text: Substring) -> Substring {
        guard let dash = text.firstRange(of: " - ") else { return text }
        guard let bracket = text.firstIndex(of: "["), bracket < dash.lowerBound else { return text[..<dash.lowerBound] }
        if let end = text[bracket...].firstRange(of: "] - ") { return text[...end.lowerBound] }
        return text.last == "]" ? text : text[..<dash.lowerBound]
    }

    /// `test_x (tests.test_a.ATests.test_x) ... ok` with `-v`, `FAIL: test_x (tests.test_a.ATests.test_x)` without.
    private static func unittest(_ line: Substring, _ names: inout TestNames) {
        for head in ["FAIL: ", "ERROR: "] where line.hasPrefix(head) {
            return names.add(unittestName(line.dropFirst(head.count)), .failed)
        }
        guard let dots = line.firstRange(of: " ... "), line[..<dots.lowerBound].hasSuffix(")") else { return }
        let name = unittestName(line[..<dots.lowerBound])
        let end = line[dots.upperBound...]
        if end.hasSuffix("ok") {
            names.add(name, .passed)
        } else if end.contains("skipped ") || end.hasSuffix("expected failure") {
            names.add(name, .skipped)
        } else if end.hasSuffix("FAIL") || end.hasSuffix("ERROR") {
            names.add(name, .failed)
        }
    }

    /// `tests.test_a.ATests.test_x`; before Python 3.11 the brackets hold the class alone.
    private static func unittestName(_ text: Substring) -> String {
        guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") else {
            return String(text)
        }
        let test = text[..<open].filter { $0 != " " }
        let place = text[text.index(after: open)..<close]
        return place.hasSuffix(".\(test)") || !test.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
            ? String(place) : "\(place).\(test)"
    }
}

// MARK: - Swift, Rust, Go

extension TestNames {
    /// `Test Case 'ATests.testA' passed (0.001 seconds)`, or `✘ Test "name" failed after 0.001 seconds with 1 issue.`
    private static func swift(_ line: Substring, _ names: inout TestNames) {
        if line.hasPrefix("Test Case '"), let quote = line.lastIndex(of: "'") {
            let name = line[..<quote].dropFirst("Test Case '".count)
            switch line[quote...].dropFirst(2).prefix(while: \.isLetter) {
            case "passed": names.add(name, .passed)
            case "failed": names.add(name, .failed)
            case "skipped": names.add(name, .skipped)
            default: break
            }
            return
        }
        guard let space = line.firstIndex(of: " "), line[..<space].allSatisfy({ !$0.isASCII }) else { return }
        let rest = line[space...].drop { $0 == " " }
        guard rest.hasPrefix("Test "), !rest.hasPrefix("Test run "), !rest.hasPrefix("Test case ") else { return }
        let text = rest.dropFirst("Test ".count)
        for (words, end) in [(" passed after ", End.passed), (" failed after ", .failed), (" skipped", .skipped)] {
            guard let place = text.firstRange(of: words) else { continue }
            let name = text[..<place.lowerBound]
            // `with 3 test cases` counts arguments.
            let cases = name.firstRange(of: " with ").map { name[..<$0.lowerBound] } ?? name
            return names.add(cases.filter { $0 != "\"" }, end)
        }
    }

    /// `test tests::it_works ... ok`.
    private static func cargo(_ line: Substring, _ names: inout TestNames) {
        guard line.hasPrefix("test "), let dots = line.firstRange(of: " ... ") else { return }
        let name = line[..<dots.lowerBound].dropFirst("test ".count)
        let end = line[dots.upperBound...]
        if end.hasPrefix("ok") {
            names.add(name, .passed)
        } else if end.hasPrefix("FAILED") {
            names.add(name, .failed)
        } else if end.hasPrefix("ignored") {
            names.add(name, .skipped)
        }
    }

    /// `--- FAIL: TestX/sub (0.00s)`, and `FAIL\tpackage [build failed]`.
    private static func go(_ line: Substring, _ names: inout TestNames) {
        let text = line.drop { $0 == " " }
        for (head, end) in [("--- PASS: ", End.passed), ("--- FAIL: ", .failed), ("--- SKIP: ", .skipped)] {
            guard text.hasPrefix(head) else { continue }
            return names.add(text.dropFirst(head.count).prefix { $0 != " " }, end)
        }
        if line.hasPrefix("FAIL\t"), line.hasSuffix(" failed]") { names.add(line.dropFirst("FAIL\t".count), .failed) }
    }
}

// MARK: - JavaScript

extension TestNames {
    private static func node(_ line: Substring, _ names: inout TestNames, _ reading: inout Reading) {
        let indentation = line.prefix { $0 == " " }.count
        let text = line.dropFirst(indentation)
        if text.hasPrefix("# Subtest: ") {
            reading.suites.removeAll { $0.indentation >= indentation }
            reading.suites.append((indentation, String(text.dropFirst("# Subtest: ".count))))
        } else if text.hasPrefix("ok ") || text.hasPrefix("not ok ") {
            tap(text, indentation, &names, reading)
        } else if text.hasPrefix("✖ failing tests:") {
            reading.isOver = true
        } else if !reading.isOver {
            for (mark, end) in marks where text.hasPrefix(mark) {
                return names.add(withoutTime(text.dropFirst(mark.count)), end)
            }
            mocha(text, indentation, &names)
        }
    }

    /// Node's own list, Jest, Vitest and Mocha.
    private static let marks: [(String, End)] = [
        ("✔ ", .passed), ("✓ ", .passed), ("✖ ", .failed), ("✕ ", .failed), ("× ", .failed), ("﹣ ", .skipped),
        ("○ ", .skipped), ("↓ ", .skipped), ("● ", .failed),
    ]

    /// `not ok 2 - adds`, `ok 3 - later # SKIP`. Whoever is in a suite is named with it.
    private static func tap(
        _ text: Substring,
        _ indentation: Int,
        _ names: inout TestNames,
        _ reading: Reading
    ) {
        guard let dash = text.firstRange(of: " - ") else { return }
        var name = text[dash.upperBound...]
        var end = text.hasPrefix("ok ") ? End.passed : .failed
        if let directive = name.firstRange(of: " # ") {
            let word = name[directive.upperBound...]
            if word.hasPrefix("SKIP") || word.hasPrefix("TODO") { end = .skipped }
            name = name[..<directive.lowerBound]
        }
        let around = reading.suites.filter { $0.indentation < indentation }.map(\.name)
        names.add((around + [String(name)]).joined(separator: " > "), end)
    }

    /// Without `(3 ms)` or `3ms` at the end, and without `# SKIP`.
    private static func withoutTime(_ text: Substring) -> Substring {
        var text = text.firstRange(of: " # ").map { text[..<$0.lowerBound] } ?? text
        if text.hasSuffix(")"), let open = text.lastIndex(of: "("), text[open...].contains("s") {
            let time = text[open...].dropFirst().dropLast().filter { !$0.isNumber && $0 != "." && $0 != " " }
            if time == "ms" || time == "s" { text = text[..<open] }
        }
        while text.last == " " { text = text.dropLast() }
        return text
    }

    /// Mocha numbers what fails: `1) adds`, below its suite. At the end it says so again, at the left.
    private static func mocha(_ text: Substring, _ indentation: Int, _ names: inout TestNames) {
        guard indentation >= 4, let bracket = text.firstIndex(of: ")"), bracket != text.startIndex,
            text[..<bracket].allSatisfy(\.isNumber), text[bracket...].hasPrefix(") "), !text.hasSuffix(":")
        else { return }
        names.add(text[bracket...].dropFirst(2), .failed)
    }
}
