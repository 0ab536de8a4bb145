/// The lines of a file that are most like a text which is not in it: what a model needs to see in order to do better.
struct NearestText {
    /// From 1; nil where nothing is like it.
    private(set) var first: Int?
    private var shown: [Substring.UTF8View] = []

    /// What is compared: enough to find a place, and bounded, because every line is compared with every other.
    private static let mostOldLines = 12
    private static let mostFileLines = 6_000
    /// Less than this in common (0 to 1, in the mean over the lines) is likeness by chance.
    private static let least = 0.35
    /// Lines shown beyond those that were looked for.
    private static let margin = 2

    init(to old: String, in bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.utf8.split(separator: lineFeed, omittingEmptySubsequences: false)
        let wanted = old.utf8.split(separator: lineFeed, omittingEmptySubsequences: false)
            .filter { $0.contains { $0 > 0x20 } }.prefix(Self.mostOldLines).map { Pairs($0) }
        guard !wanted.isEmpty else { return }
        let file = lines.prefix(Self.mostFileLines).map { Pairs($0) }
        var best = (start: 0, score: 0.0)
        for start in file.indices {
            var score = 0.0
            for (offset, line) in wanted.enumerated() where start + offset < file.count {
                score += line.likeness(to: file[start + offset])
            }
            if score > best.score { best = (start, score) }
        }
        guard best.score / Double(wanted.count) >= Self.least else { return }
        let from = max(best.start - Self.margin, 0)
        let end = min(best.start + wanted.count + Self.margin, lines.count)
        first = from + 1
        shown = Array(lines[from..<end])
    }

    func refusal(name: String) -> ToolRefusal {
        let name = VisibleText.quoted(name)
        guard let first else {
            return ToolRefusal(
                "old_text is not in \(name), and neither is anything like it. Nothing was changed. Look at the file with read_file and copy the lines from there."
            )
        }
        return ToolRefusal(
            "old_text is not in \(name). Nothing was changed. The nearest is:\n\(NumberedLines.text(shown, first: first, lineBytes: 300))\nCopy the lines from there into old_text, without the numbers."
        )
    }

    /// The pairs of neighbouring bytes of a line, spaces left out.
    private struct Pairs {
        private let sorted: [UInt16]
        private let line: [UInt8]

        init(_ line: Substring.UTF8View) {
            let bytes = line.prefix(300).filter { $0 > 0x20 }
            self.line = bytes
            sorted = zip(bytes, bytes.dropFirst()).map { UInt16($0) << 8 | UInt16($1) }.sorted()
        }

        /// Twice what both have, by what they have together; 1 for equal lines.
        func likeness(to other: Pairs) -> Double {
            if line == other.line { return 1 }
            guard !sorted.isEmpty, !other.sorted.isEmpty else { return 0 }
            var (i, j, common) = (0, 0, 0)
            while i < sorted.count, j < other.sorted.count {
                if sorted[i] == other.sorted[j] {
                    common += 1
                    i += 1
                    j += 1
                } else if sorted[i] < other.sorted[j] {
                    i += 1
                } else {
                    j += 1
                }
            }
            return 2 * Double(common) / Double(sorted.count + other.sorted.count)
        }
    }
}
