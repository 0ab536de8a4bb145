import Synchronization

/// One line on a terminal that says what is being done, written over and over.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let title = Mutex("")

    init(isShown: Bool) { self.isShown = isShown }

    func begin(_ title: String) {
        self.title.withLock { $0 = title }
        tell("")
    }

    func tell(_ text: String) {
        guard isShown else { return }
        let line = "\(title.withLock { $0 }) \(DisplayText.oneLine(text))"
        let width = Terminal.error.width ?? 80
        Console.error("\r\u{1B}[K\(DisplayText.truncated(line, to: width - 1))")
    }

    func clear() { if isShown { Console.error("\r\u{1B}[K") } }
}
