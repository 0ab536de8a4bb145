/// A long text in pieces that fit a terminal. After the last it begins again.
struct DiffPager: Sendable {
    private let lines: [String]
    private let width: Int?
    private var shown = 0

    /// - Parameter width: of the terminal in columns; nil where lines are not broken.
    init(_ lines: [String], width: Int?) {
        self.lines = lines
        self.width = width
    }

    var left: Int { lines.count - shown }

    /// The next lines, as many as fit `rows`, one at least; all of them where `rows` is nil.
    mutating func next(rows: Int?) -> String {
        if left == 0 { shown = 0 }
        let first = shown
        var used = 0
        while shown < lines.count {
            used += rowsTaken(by: lines[shown])
            if let rows, used > rows, shown > first { break }
            shown += 1
        }
        return lines[first..<shown].map { $0 + "\n" }.joined()
    }

    private func rowsTaken(by line: String) -> Int {
        guard let width, width > 0 else { return 1 }
        return max(1, (DisplayText.width(DisplayText.withoutEmphasis(line)) + width - 1) / width)
    }
}
