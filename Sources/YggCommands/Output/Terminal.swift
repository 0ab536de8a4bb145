import Glibc

/// What one of the output streams can show.
struct Terminal: Sendable {
    let isTerminal: Bool
    /// In columns; nil where lines may have any length.
    let width: Int?
    /// In rows; nil where nothing scrolls away.
    let height: Int?
    let style: Style

    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let error = Terminal(descriptor: STDERR_FILENO)

    private init(descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        let columns = ProcessContext.variable("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        width = columns ?? (isTerminal ? Terminal.size(of: descriptor).columns : nil)
        height = isTerminal ? Terminal.size(of: descriptor).rows : nil
        style = Style(
            isColored: isTerminal && ProcessContext.variable("NO_COLOR") == nil
                && ProcessContext.variable("TERM") != "dumb"
        )
    }

    private static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        return isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
    }
}
