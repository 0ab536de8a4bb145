import Glibc
import YggCore
import YggProcess

extension ProcessOutcome {
    /// What the ending of a command means for its attempt; nil where it succeeded.
    ///
    /// - Parameters:
    ///   - command: the argv, for the sentence.
    ///   - timeouts: which limits applied.
    ///   - isInstalled: whether the command's file was found; asked only for a command that did not start.
    ///   - lastWords: the last line it wrote, which as a rule is the reason.
    func failure(
        of command: [String],
        timeouts: Timeouts,
        isInstalled: @autoclosure () -> Bool,
        lastWords: String? = nil
    ) -> HandlerFailure? {
        let name = command.first ?? "The command"
        switch cause {
        case .cancelled: return .cancelled("\(name) was ended because the task was cancelled.").with(resultMembers)
        case .runTimeout:
            let detail = "\(name) was ended: the attempt may run for \(timeouts.run.text) and did not finish in it."
            return HandlerFailure(code: "run-timeout", detail: detail, retryable: true, result: resultMembers)
        case .silenceTimeout:
            let detail = "\(name) was ended: it wrote nothing for \(timeouts.silence.text)."
            return HandlerFailure(code: "silence-timeout", detail: detail, retryable: true, result: resultMembers)
        case .finished: break
        }
        if case .notStarted(let sentence) = ending {
            guard isInstalled() else { return .missingCommand(name, sentence: sentence) }
            return HandlerFailure(code: "not-started", detail: sentence, retryable: true)
        }
        if outOfMemory {
            let detail = "\(name) was killed by the kernel because memory ran out."
            return HandlerFailure(code: "out-of-memory", detail: detail, retryable: true, result: resultMembers)
        }
        let words = lastWords.map { ": \($0)" } ?? "."
        switch ending {
        case .exited(0), .notStarted: return nil
        case .exited(let code):
            return HandlerFailure(
                code: "exit-code",
                detail: "\(name) exited with code \(code)\(words)",
                retryable: true,
                result: resultMembers
            )
        case .signalled(let signal):
            return HandlerFailure(
                code: "signalled",
                detail: "\(name) was ended by \(signalName(signal))\(words)",
                retryable: true,
                result: resultMembers
            )
        }
    }

    /// `exitCode` or `signal`, as they stand in a result.
    var resultMembers: JSONObject {
        switch ending {
        case .exited(let code): ["exitCode": .int(Int64(code))]
        case .signalled(let signal): ["signal": .int(Int64(signal))]
        case .notStarted: JSONObject()
        }
    }
}

extension HandlerFailure {
    fileprivate func with(_ result: JSONObject) -> HandlerFailure {
        var copy = self
        copy.result = result
        return copy
    }
}

/// `SIGSEGV (11)`; the number alone for a signal without a usual name.
func signalName(_ signal: Int32) -> String {
    let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
        SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
        SIGSYS: "SIGSYS",
    ]
    return names[signal].map { "\($0) (\(signal))" } ?? "signal \(signal)"
}
