/// Rows in columns, as wide as they need to be and no wider than the terminal.
struct Table: Sendable {
    struct Column: Sendable {
        enum Alignment: Sendable {
            case left, right
        }

        var title: String
        var alignment: Alignment
        /// Whether it gives way first where the terminal is narrow: prose does, names do not.
        var isFlexible: Bool
        /// Whether it is left out where even that does not make room.
        var isOptional: Bool

        init(
            _ title: String,
            alignment: Alignment = .left,
            isFlexible: Bool = false,
            isOptional: Bool = false
        ) {
            self.title = title
            self.alignment = alignment
            self.isFlexible = isFlexible
            self.isOptional = isOptional
        }
    }

    struct Cell: Sendable, ExpressibleByStringInterpolation {
        var text: String
        var emphasis: Style.Emphasis?

        init(_ text: String, _ emphasis: Style.Emphasis? = nil) {
            self.text = DisplayText.oneLine(text)
            self.emphasis = emphasis
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    private static let gap = 2
    /// Below these a column says nothing any more.
    private static let flexibleMinimum = 8
    private static let minimum = 4

    var columns: [Column]
    var rows: [[Cell]]

    init(_ columns: [Column], rows: [[Cell]]) {
        self.columns = columns
        self.rows = rows
    }

    /// - Parameter width: in columns; nil cuts nothing.
    func rendered(width: Int?, style: Style) -> String {
        let visible = visible(in: width)
        let widths = visible.fitted(to: width)
        var text = visible.line(visible.columns.map { Cell($0.title, .dim) }, widths, style)
        for row in visible.rows { text += visible.line(row, widths, style) }
        return text
    }

    /// Without as many of the optional columns, from the right, as it takes.
    private func visible(in width: Int?) -> Table {
        guard let width, let last = columns.lastIndex(where: \.isOptional) else { return self }
        var least = naturalWidths
        for index in least.indices where columns[index].isFlexible {
            least[index] = min(least[index], Self.flexibleMinimum)
        }
        guard least.reduce(0, +) > room(in: width) else { return self }
        var narrower = self
        narrower.columns.remove(at: last)
        for index in narrower.rows.indices { narrower.rows[index].remove(at: last) }
        return narrower.visible(in: width)
    }

    private var naturalWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(DisplayText.width(columns[index].title)) { max($0, DisplayText.width($1[index].text)) }
        }
    }

    /// What is left for text between the gaps.
    private func room(in width: Int) -> Int { max(0, width - Self.gap * (columns.count - 1)) }

    private func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = DisplayText.truncated(cell.text, to: widths[index])
            let space = String(repeating: " ", count: widths[index] - DisplayText.width(text))
            let isLast = index == cells.count - 1
            switch columns[index].alignment {
            case .left: line += style(cell.emphasis, text) + (isLast ? "" : space)
            case .right: line += space + style(cell.emphasis, text)
            }
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        return line + "\n"
    }

    private func fitted(to width: Int?) -> [Int] {
        var widths = naturalWidths
        guard let width else { return widths }
        let room = room(in: width)
        shrink(&widths, to: room, floor: Self.flexibleMinimum) { columns[$0].isFlexible }
        shrink(&widths, to: room, floor: Self.minimum) { _ in true }
        return widths
    }

    /// Takes from the widest column first, so that none suffers alone.
    private func shrink(_ widths: inout [Int], to room: Int, floor: Int, _ mayShrink: (Int) -> Bool) {
        while widths.reduce(0, +) > room {
            let candidates = widths.indices.filter { mayShrink($0) && widths[$0] > floor }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
        }
    }
}
