import YggCore

extension FinalReport {
    /// What is reported of an attempt that came out as `result`; nil where nothing is.
    ///
    /// Work that was done nevertheless is reported as done: the epoch decides whether that still counts. Anything else
    /// that a handler says after it was made to end is about our ending it, not about the task.
    init?(of result: HandlerResult, endedBy end: AttemptEnd?, limits: Timeouts) {
        let isDone = result.outcome == .succeeded || result.outcome == .unverified
        switch end {
        case .abandoned: return nil
        case .cutOff where !isDone: return nil
        case .cancelled where !isDone:
            self.init(ending: .finished(.cancelled), result: result.result)
        case .drained where !isDone:
            self.init(ending: .interrupted(.drained))
        case .runTimeout where !isDone:
            self = .timeout(result, "run-timeout", "It may run for \(limits.run.text) and did not finish in it.")
        case .silenceTimeout where !isDone:
            self = .timeout(result, "silence-timeout", "It said nothing for \(limits.silence.text).")
        default:
            self.init(ending: .finished(result.outcome), result: result.result, error: result.error)
        }
    }

    private static func timeout(_ result: HandlerResult, _ code: String, _ detail: String) -> FinalReport {
        FinalReport(
            ending: .finished(.failed),
            result: result.result,
            error: result.error?.code == code ? result.error : TaskError(code: code, detail: detail, retryable: true)
        )
    }
}
