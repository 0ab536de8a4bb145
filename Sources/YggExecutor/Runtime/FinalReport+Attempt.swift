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
        case .drained where !isDone && result.interruption == .suspended:
            self.init(ending: .interrupted(.suspended), result: result.result)
        case .drained where !isDone:
            self.init(ending: .interrupted(.drained))
        case .runTimeout where !isDone:
            self = .timeout(result, "run-timeout", "It may run for \(limits.run.text) and did not finish in it.")
        case .silenceTimeout where !isDone:
            self = .timeout(result, "silence-timeout", "It said nothing for \(limits.silence.text).")
        default:
            if let interruption = result.interruption, !isDone {
                self.init(ending: .interrupted(interruption), error: result.error)
                return
            }
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

extension FinalReport {
    /// The report with the longest members of its result left out and named in `omitted`, so that it has about `limit`
    /// bytes: enough for what a person reads, and an entry that is too long would never arrive.
    func shortened(to limit: Int) -> FinalReport {
        var report = self
        report.error?.detail = String(error?.detail.prefix(4096) ?? "")
        let sizes = result.members.map { ($0.key, ([$0.key: $0.value] as JSONObject).bytes.count) }
        var total = sizes.reduce(0) { $0 + $1.1 }
        var omitted: [String] = []
        for (key, size) in sizes.sorted(by: { $0.1 > $1.1 }) where total > limit {
            report.result[key] = nil
            omitted.append(key)
            total -= size
        }
        report.result["omitted"] = .array(omitted.map { .string($0) })
        return report
    }
}
