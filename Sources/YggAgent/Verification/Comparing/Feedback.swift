/// What a model is told of what it broke: the new failures and nothing else, each with the lines that help most, in so few
/// words that a small model's context has room for them.
struct Feedback: Sendable {
    var differences: [Comparison.Difference]
    var tampering: [Tampering]

    /// In bytes.
    static let limit = 2500
    /// Of failures beyond this only the number is told.
    private static let shownFailures = 8

    var text: String {
        var parts: [String] = []
        for tamper in tampering.prefix(5) {
            parts.append("\(tamper.sentence) Put it back: tests may not be removed or skipped.")
        }
        for difference in differences where !difference.gone.isEmpty {
            parts.append("\(Comparison.goneSentence(difference)) Put them back: tests may not be removed or skipped.")
        }
        let broken = differences.filter { $0.count > $0.gone.count }
        var room = Self.limit - parts.reduce(0) { $0 + $1.utf8.count + 2 } - 100
        for (index, difference) in broken.enumerated() {
            let share = room / (broken.count - index)
            let part = Self.part(difference, limit: share)
            room -= part.utf8.count + 2
            parts.append(part)
        }
        return Self.cut(parts.joined(separator: "\n\n"), to: Self.limit)
    }

    private static func part(_ difference: Comparison.Difference, limit: Int) -> String {
        let result = difference.result
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        guard difference.sentence == nil, !difference.new.isEmpty else {
            let head = "\(difference.sentence ?? result.step.line):"
            return head + "\n" + tail(lines, limit: max(0, limit - head.utf8.count - 1))
        }
        let names = difference.new.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let verb = result.step.goal == .test ? "fails, and did not before" : "complains of what was not there before"
        var text = "\(result.step.line) \(verb) (\(difference.new.count)):"
        let shown = names.prefix(shownFailures)
        for (index, name) in shown.enumerated() {
            let share = (limit - text.utf8.count) / (shown.count - index)
            let detail = result.findings.isEmpty ? lines.around(name) : findings(name, result)
            text += "\n" + cut("- \(name)" + detail.map { "\n  \($0)" }.joined(), to: max(80, share - 1))
        }
        if names.count > shown.count { text += "\n- and \(names.count - shown.count) more" }
        return text
    }

    /// The lines that say a finding, the last of them first: what came last is more likely new.
    private static func findings(_ name: String, _ result: StepResult) -> [String] {
        result.findings.filter { $0.name == name }.suffix(3).map { $0.line }
    }

    private static func tail(_ lines: [Substring], limit: Int) -> String {
        var kept: [Substring] = []
        var room = limit
        for line in lines.reversed() where !line.allSatisfy(\.isWhitespace) {
            room -= min(line.utf8.count, 200) + 1
            guard room >= 0, kept.count < 20 else { break }
            kept.append(line)
        }
        return kept.reversed().map { VisibleText.cut(String($0), to: 160) }.joined(separator: "\n")
    }

    /// At a whole character, with a mark.
    private static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: max(0, limit - 3))
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}

extension [Substring] {
    /// The lines of an output that say most about a failure of this name: of its own part of the output, those that name
    /// an error, what was expected, and where.
    fileprivate func around(_ name: String) -> [String] {
        let short = name.lastName
        guard let start = sectionStart(name, short) else { return [] }
        let end = self[(start + 1)...].firstIndex { Self.isHeader($0) } ?? endIndex
        let section = self[(start + 1)..<Swift.min(end, start + 60)].filter { !$0.allSatisfy(\.isWhitespace) }
        let useful = section.filter(Self.isUseful)
        let chosen = useful.isEmpty ? section.prefix(5).map { $0 } : useful.prefix(7).map { $0 }
        return chosen.map { VisibleText.cut(String($0.drop(while: \.isWhitespace)), to: 200) }
    }

    /// Where the part about a failure begins: a header of pytest or unittest, or the first line with its name that is no
    /// line of a summary.
    private func sectionStart(_ name: String, _ short: Substring) -> Int? {
        let isAbout = { (line: Substring) in line.contains(short) }
        return firstIndex { Self.isHeader($0) && isAbout($0) }
            ?? firstIndex { isAbout($0) && !$0.hasPrefix("FAILED ") && !$0.contains("PASSED") && !$0.hasPrefix("ok ") }
    }

    private static func isHeader(_ line: Substring) -> Bool {
        line.hasPrefix("____") || line.hasPrefix("====") || line.hasPrefix("FAIL: ") || line.hasPrefix("ERROR: ")
            || line.hasPrefix("---- ") || line.hasPrefix("--- FAIL") || line.hasPrefix("  ● ")
            || line.drop { $0 == " " }.hasPrefix("not ok ")
    }

    private static let marks = [
        "rror", "ssert", "xpected", "eceived", "actual", "panicked", "got", "want", "left:", "right:", "xception",
        "recorded an issue", "failed", "File \"", ".py:", ".swift:", ".js:", ".ts:", ".go:", ".rs:",
    ]

    private static func isUseful(_ line: Substring) -> Bool {
        line.hasPrefix("E ") || line.hasPrefix(">") || marks.contains { line.contains($0) }
    }
}

extension String {
    /// The test's own name within its whole one, without parameters.
    fileprivate var lastName: Substring {
        var name = self[...]
        if let place = name.firstRange(of: " > ") {
            var rest = name[place.upperBound...]
            while let next = rest.firstRange(of: " > ") { rest = rest[next.upperBound...] }
            return rest
        }
        if let place = name.firstRange(of: "::") {
            name = name[place.upperBound...]
            while let next = name.firstRange(of: "::") { name = name[next.upperBound...] }
            return name.prefix { $0 != "[" }
        }
        return name.contains(" ") ? name : name.split(separator: ".").last ?? name
    }
}
