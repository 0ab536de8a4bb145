/// Whole lines of an old text, looked for among the lines of a file with less than their exact bytes.
struct LineMatch {
    /// What counts when two lines are compared.
    enum Measure {
        /// All but space at the end.
        case trailingSpace
        /// All but space at the end, and an indentation that differs by the same in every line.
        case indentation
    }

    private typealias Line = ArraySlice<UInt8>
    private var old: [Line]
    private var new: [Line]

    /// nil where the old text has no line with anything in it.
    init?(_ old: String, _ new: String) {
        self.old = Self.lines(Array(old.utf8))
        self.new = Self.lines(Array(new.utf8))
        guard self.old.contains(where: { !Self.isBlank($0) }) else { return nil }
    }

    /// Without the empty lines around old and new text.
    var withoutBlankEdges: LineMatch? {
        var match = self
        match.old = Self.withoutBlankEdges(old)
        match.new = Self.withoutBlankEdges(new)
        return match
    }

    func find(in bytes: [UInt8], _ measure: Measure) -> Replacement.Finding {
        let file = Self.lines(bytes)
        guard old.count <= file.count else { return .nothing }
        var found: [(start: Int, shift: Shift)] = []
        for start in 0...(file.count - old.count) {
            let window = file[start..<(start + old.count)]
            if let shift = Self.shift(from: old, to: window, measure) { found.append((start, shift)) }
        }
        guard let only = found.first else { return .nothing }
        guard found.count == 1 else { return .several(found.prefix(11).map { $0.start + 1 }) }
        guard let lines = only.shift.apply(to: new) else { return .nothing }
        // Up to and with the last line's end, where it has one: without lines to put in, nothing remains.
        let first = file[only.start].startIndex
        let last = file[only.start + old.count - 1]
        let hasEnd = last.endIndex < bytes.count
        var replacement = Array(lines.joined(separator: [lineFeed]))
        if hasEnd, !lines.isEmpty { replacement.append(lineFeed) }
        return .one(first..<(last.endIndex + (hasEnd ? 1 : 0)), replacement)
    }

    // MARK: - Indentation

    /// What the lines of a file have more, or less, in front than those of a text.
    private enum Shift: Equatable {
        case nothing
        case more(Line)
        case less(Line)

        /// nil where a line has not what it shall have less.
        func apply(to lines: [Line]) -> [[UInt8]]? {
            var shifted: [[UInt8]] = []
            for line in lines {
                switch self {
                case _ where LineMatch.isBlank(line): shifted.append(self == .nothing ? Array(line) : [])
                case .nothing: shifted.append(Array(line))
                case .more(let space): shifted.append(Array(space) + line)
                case .less(let space):
                    guard line.starts(with: space) else { return nil }
                    shifted.append(Array(line.dropFirst(space.count)))
                }
            }
            return shifted
        }
    }

    private static func shift(from old: [Line], to file: ArraySlice<Line>, _ measure: Measure) -> Shift? {
        var common: Shift?
        for (ours, theirs) in zip(old, file) {
            let (ours, theirs) = (withoutTrailingSpace(ours), withoutTrailingSpace(theirs))
            if ours.isEmpty || theirs.isEmpty {
                guard ours.isEmpty, theirs.isEmpty else { return nil }
                continue
            }
            guard let shift = shift(from: ours, to: theirs), common == nil || common == shift else { return nil }
            if measure == .trailingSpace, shift != .nothing { return nil }
            common = shift
        }
        return common
    }

    private static func shift(from ours: Line, to theirs: Line) -> Shift? {
        if ours.elementsEqual(theirs) { return .nothing }
        let (longer, shorter) = ours.count < theirs.count ? (theirs, ours) : (ours, theirs)
        let space = longer.prefix(longer.count - shorter.count)
        guard space.allSatisfy(isSpace), longer.dropFirst(space.count).elementsEqual(shorter) else { return nil }
        return ours.count < theirs.count ? .more(space) : .less(space)
    }

    // MARK: - Lines

    /// The lines, without their ends; an end of line at the end begins none.
    private static func lines(_ bytes: [UInt8]) -> [Line] {
        var lines = bytes[...].split(separator: lineFeed, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func withoutBlankEdges(_ lines: [Line]) -> [Line] {
        guard let first = lines.firstIndex(where: { !isBlank($0) }), let last = lines.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return Array(lines[first...last])
    }

    private static func withoutTrailingSpace(_ line: Line) -> Line {
        line[..<(line.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? line.startIndex)]
    }

    private static func isBlank(_ line: Line) -> Bool { line.allSatisfy(isSpace) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
