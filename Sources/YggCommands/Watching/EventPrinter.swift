import YggCore
import YggProtocol

/// One piece of text and where it goes.
struct PrintedText: Sendable, Hashable {
    enum Target: Sendable {
        case output, error
    }

    var target: Target
    var text: String
}

/// Turns the entries of a task's log into what a person reads: the task's output as it was written, everything else
/// as dim lines on standard error.
struct EventPrinter: Sendable {
    enum Detail: Sendable {
        /// Only what the task itself wrote.
        case outputOnly
        /// Also what happened to it.
        case everything
    }

    let detail: Detail
    let style: Style
    /// Whether what was printed last ended its line, so that a remark does not stand in the middle of one.
    private var isAtLineStart = true

    init(detail: Detail, style: Style) {
        self.detail = detail
        self.style = style
    }

    mutating func print(_ name: String, _ data: JSONObject) -> [PrintedText] {
        if name == EventType.output.rawValue {
            guard let text = data["text"]?.stringValue, !text.isEmpty else { return [] }
            isAtLineStart = text.utf8.last == UInt8(ascii: "\n")
            return [PrintedText(target: data["stream"]?.stringValue == "stderr" ? .error : .output, text: text)]
        }
        let isGap = name == EventType.gap.rawValue
        guard isGap || detail == .everything, let line = EventSummary.line(name, data) else { return [] }
        return remark(line, isGap ? .yellow : .dim)
    }

    /// A line of our own.
    mutating func remark(_ line: String, _ emphasis: Style.Emphasis = .dim) -> [PrintedText] {
        let start = isAtLineStart ? "" : "\n"
        isAtLineStart = true
        return [PrintedText(target: .error, text: start + style(emphasis, DisplayText.oneLine(line)) + "\n")]
    }
}

/// An event other than output in one line.
enum EventSummary {
    /// - Returns: nil where there is nothing to say.
    static func line(_ name: String, _ data: JSONObject) -> String? {
        func text(_ key: String) -> String? {
            guard let value = data[key], value != .null else { return nil }
            return value.stringValue ?? value.text
        }
        switch EventType(rawValue: name) {
        case .state: return state(data, text)
        case .gap: return gap(data)
        case .message: return text("text") ?? text("message")
        case .progress: return text("text") ?? text("message") ?? members(data)
        case .artifact:
            let bytes = text("bytes") ?? text("size")
            return "artifact \(text("name") ?? text("sha256") ?? "")\(bytes.map { " (\($0) bytes)" } ?? "")"
        case .toolCall, .toolResult: return "\(text("name") ?? text("tool") ?? "tool"): \(members(data) ?? "")"
        case .approval: return approval(data, text)
        case nil: return "\(name): \(members(data) ?? "")"
        case .output: return text("text")
        }
    }

    private static func approval(_ data: JSONObject, _ text: (String) -> String?) -> String {
        guard let decision = text("decision") else {
            return
                "a person is asked (\(text("subject") ?? "approval")): \(DisplayText.linesInOne(text("summary") ?? ""))"
        }
        let word = decision == "sentBack" ? "sent back" : decision
        let by = text("decidedBy").map { " by \($0)" } ?? ""
        return "\(word)\(by)\(text("comment").map { ": \($0)" } ?? "")"
    }

    /// The last state is told with the result, so it is not told here.
    private static func state(_ data: JSONObject, _ text: (String) -> String?) -> String? {
        guard let state = text("state"), TaskState(rawValue: state)?.isTerminal != true else { return nil }
        var line = state
        if state == TaskState.running.rawValue, let executor = text("executor") { line += " on \(executor)" }
        if let attempt = text("attempt"), attempt != "1", attempt != "0" { line += ", attempt \(attempt)" }
        if state == TaskState.scheduled.rawValue, let time = text("notBefore") { line += " until \(time)" }
        if data["cancelRequested"]?.boolValue == true { line += ", to be cancelled" }
        if let reason = data["error"]?["detail"]?.stringValue { line += ": \(reason)" }
        return line
    }

    private static func gap(_ data: JSONObject) -> String {
        let from = data["from"]?.intValue
        let to = data["to"]?.intValue
        let which = from.flatMap { from in to.map { " (entries \(from) to \($0))" } } ?? ""
        return "some of the log is missing here\(which)"
    }

    private static func members(_ data: JSONObject) -> String? {
        if data.isEmpty { return nil }
        return data.members.map { "\($0.key)=\($0.value.stringValue ?? $0.value.text)" }.joined(separator: " ")
    }
}

extension [PrintedText] {
    func write() {
        for piece in self {
            switch piece.target {
            case .output: Console.out(piece.text)
            case .error: Console.error(piece.text)
            }
        }
    }
}
