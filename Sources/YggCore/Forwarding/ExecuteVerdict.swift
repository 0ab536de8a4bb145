/// What an answer to `POST /execute` means for the attempt.
enum ExecuteVerdict: Equatable {
    /// It is over.
    case finished(FinalReport)
    /// It was not begun: the task goes back uncounted, and its agent is left alone for a while.
    case refused(String, retryAfter: Milliseconds?)
    /// It was begun, and how it ended is not in this answer.
    case unknown(String)

    /// - Parameter isOurs: whether an executor of ours answered, which says `cancelled` of what a drain ended.
    init(_ reply: AgentReply, isOurs: Bool) {
        switch reply.status {
        case 202: self = .unknown("it answered 202 and works on by itself")
        case 200..<300: self = Self.result(reply, isOurs: isOurs)
        case 300..<400: self = .refused("\(reply.summary): a redirect, which is never followed", retryAfter: nil)
        case 401, 403:
            self = .refused(
                "\(reply.summary): it does not accept the coordinator's token",
                retryAfter: reply.retryAfter
            )
        case 404, 405:
            self = .refused("\(reply.summary): it has no POST /execute", retryAfter: reply.retryAfter)
        case 409, 429, 503: self = .refused(reply.summary, retryAfter: reply.retryAfter)
        case 400..<500: self = .finished(Self.failure(reply, retryable: false))
        case 502, 504: self = .unknown("a gateway before it answered \(reply.summary)")
        default: self = .finished(Self.failure(reply, retryable: true))
        }
    }

    private static func result(_ reply: AgentReply, isOurs: Bool) -> ExecuteVerdict {
        guard let json = reply.json else {
            let output = String(decoding: reply.body, as: UTF8.self)
            return .finished(
                FinalReport(ending: .finished(.succeeded), result: output.isEmpty ? [:] : ["output": .string(output)])
            )
        }
        guard var result = json.objectValue else {
            return .finished(FinalReport(ending: .finished(.succeeded), result: ["output": .string(json.text)]))
        }
        let word = result["outcome"]?.stringValue
        let error = result["error"].flatMap { $0 == .null ? nil : $0 }
        let outcome = word.flatMap(Outcome.init(rawValue:)) ?? (error == nil && word == nil ? .succeeded : .failed)
        for key in ["outcome", "error", "kind"] { result[key] = nil }
        if isOurs, outcome == .cancelled { return .refused("it ended the attempt before it was done", retryAfter: nil) }
        var report = FinalReport(ending: .finished(outcome), result: result)
        if outcome == .failed {
            report.error = failure(
                error,
                fallback: result["summary"]?.stringValue ?? "The service says that it failed."
            )
        }
        return .finished(report)
    }

    private static func failure(_ reply: AgentReply, retryable: Bool) -> FinalReport {
        let json = reply.json
        return FinalReport(
            ending: .finished(.failed),
            error: TaskError(
                code: json?["code"]?.stringValue ?? "http-\(reply.status)",
                detail: "The service answered \(reply.summary).",
                retryable: retryable
            )
        )
    }

    /// The `error` of a result: an object as ours are, a sentence, or nothing.
    private static func failure(_ error: JSON?, fallback: String) -> TaskError {
        TaskError(
            code: error?["code"]?.stringValue ?? "failed",
            detail: error?["detail"]?.stringValue ?? error?["message"]?.stringValue ?? error?.stringValue ?? fallback,
            retryable: error?["retryable"]?.boolValue ?? true
        )
    }
}
