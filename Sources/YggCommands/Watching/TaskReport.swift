import YggClient
import YggCore

/// How a task came out, in one line.
enum TaskReport {
    static func line(_ task: TaskView, style: Style) -> String {
        var words = [style(Style.emphasis(of: task.state), word(task))]
        if let executor = task.executor { words.append("on \(executor)") }
        if let started = task.startedAt, let finished = task.finishedAt {
            words.append("in \(SpanText.exact(finished - started))")
        }
        if let code = task.exitCode, code != 0 { words.append("(exit \(code))") }
        let remark =
            task.errorDetail.map(DisplayText.oneLine)
            ?? (task.result?["summary"]?.stringValue).map(DisplayText.linesInOne)
        return "\(task.id) \(words.joined(separator: " "))\(remark.map { ": \($0)" } ?? "")"
    }

    /// The state, told more exactly by the outcome where nothing could check the work.
    private static func word(_ task: TaskView) -> String {
        task.state == .succeeded && task.outcome == .unverified ? "succeeded (unverified)" : task.stateText
    }
}
