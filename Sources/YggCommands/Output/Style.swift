import YggCore

/// Emphasis for people: escape sequences on a terminal, nothing anywhere else.
struct Style: Sendable, Hashable {
    enum Emphasis: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case cyan = 36
    }

    var isColored: Bool

    static let plain = Style(isColored: false)

    func callAsFunction(_ emphasis: Emphasis?, _ text: String) -> String {
        guard isColored, let emphasis, !text.isEmpty else { return text }
        return "\u{1B}[\(emphasis.rawValue)m\(text)\u{1B}[0m"
    }

    static func emphasis(of state: TaskState?) -> Emphasis? {
        switch state {
        case .succeeded: .green
        case .failed: .red
        case .running: .blue
        case .awaitingApproval: .yellow
        case .cancelled, .blocked, .scheduled: .dim
        case .queued, nil: nil
        }
    }

    static func emphasis(ofExecutor state: ExecutorState?) -> Emphasis? {
        switch state {
        case .running: .green
        case .paused, .stopping: .yellow
        case .lost: .red
        case .stopped, .unregistered: .dim
        case nil: nil
        }
    }
}
