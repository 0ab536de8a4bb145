import Glibc

/// What one of the output streams can show.
struct Terminal: Sendable {
    let isTerminal: Bool
    /// In columns; nil where lines may have any length.
    let width: Int?
    let style: Style

    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let error = Terminal(descriptor: STDERR_FILENO)

    private init(descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        let columns = ProcessContext.variable("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        width = columns ?? (isTerminal ? Terminal.columns(of: descriptor) : nil)
        style = Style(
            isColored: isTerminal && ProcessContext.variable("NO_COLOR") == nil
                && ProcessContext.variable("TERM") != "dumb"
        )
    }

    private static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }
}
