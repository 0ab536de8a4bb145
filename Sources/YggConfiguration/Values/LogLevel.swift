/// How much is logged. The raw values are those of swift-log's levels.
package enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    /// Takes the spellings of other programs too, because `LOG_LEVEL` is shared with them.
    package init?(parsing text: String) {
        switch text.lowercased() {
        case "warn": self = .warning
        case "fatal": self = .critical
        case let word:
            guard let level = LogLevel(rawValue: word) else { return nil }
            self = level
        }
    }
}
