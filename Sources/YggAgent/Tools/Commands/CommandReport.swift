import YggProcess

/// How a command's end is told.
enum CommandReport {
    static func record(_ outcome: ProcessOutcome, bytes: Int) -> ToolRecord {
        var record = ToolRecord()
        record.bytes = bytes
        record.duration = outcome.duration
        if case .exited(let code) = outcome.ending, outcome.cause == .finished { record.exitCode = code }
        record.ended =
            switch (outcome.cause, outcome.ending) {
            case (.runTimeout, _), (.silenceTimeout, _): "time-limit"
            case (.cancelled, _): "cancelled"
            case _ where outcome.outOfMemory: "out-of-memory"
            case (.finished, .signalled(let signal)): "signal-\(signal)"
            case (.finished, .notStarted): "not-started"
            case (.finished, .exited): nil
            }
        return record
    }

    /// One line for the model.
    static func ending(_ outcome: ProcessOutcome, limit: Duration) -> String {
        switch (outcome.cause, outcome.ending) {
        case (.runTimeout, _), (.silenceTimeout, _):
            "ended after \(seconds(limit)), its time limit. Run less of it, or give a larger timeout_seconds."
        case (.cancelled, _): "cancelled."
        case _ where outcome.outOfMemory: "ended by the kernel, because memory was short. Run less of it at a time."
        case (_, .exited(let code)): "exit code \(code), after \(seconds(outcome.duration))"
        case (_, .signalled(let signal)): "ended by signal \(signal), after \(seconds(outcome.duration))"
        case (_, .notStarted(let sentence)): sentence
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration / .milliseconds(100)).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
