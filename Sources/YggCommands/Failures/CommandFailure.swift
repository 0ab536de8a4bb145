import YggClient
import YggConfiguration
import YggCoordinator
import YggCore
import YggProtocol

/// What ends a command: one sentence on what is wrong, one on what to do next, and the exit status.
struct CommandFailure: Error, Hashable {
    var message: String
    var next: String?
    var status: ExitStatus

    init(_ message: String, next: String? = nil, status: ExitStatus = .failed) {
        self.message = message
        self.next = next
        self.status = status
    }

    static func usage(_ message: String, next: String? = nil) -> CommandFailure {
        CommandFailure(message, next: next, status: .usage)
    }

    /// Puts any error into words.
    init(describing error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let problem as Problem: self.init(problem)
        case let error as ClientError: self.init(error)
        case let error as InvalidInput:
            self.init(sentence(error.description), next: "Correct it and try again.", status: .usage)
        case let error as ConfigurationError:
            self.init(
                sentence(error.description),
                next: "Correct it; `ygg config check` says whether it is right.",
                status: .usage
            )
        // As it stands: it may begin with a path.
        case let error as UpkeepError: self.init(error.detail, next: error.next)
        case is CancellationError: self.init("Interrupted.", status: .interrupted)
        default: self.init(sentence("\(error)"))
        }
    }

    private init(_ problem: Problem) {
        var message = sentence(problem.detail)
        if problem.issues.count > 1 {
            // The detail of an invalid request is its issues in one line, which nobody wants to read twice.
            let isRepeated = problem.detail == InvalidInput(issues: problem.issues).description
            message = isRepeated ? "\(problem.title):" : message
            message += problem.issues.map { "\n  \($0.pointer.isEmpty ? "/" : $0.pointer): \($0.detail)" }.joined()
        }
        let next: String? =
            switch problem.status {
            case 401 where problem.code == "unauthorized":
                "Get a token from its operator, then: ygg login URL. Or set YGG_TOKEN."
            default: problem.nextAction.isEmpty ? nil : problem.nextAction
            }
        let status: ExitStatus =
            switch problem.status {
            case 400, 422: .usage
            case 401: .unreachable
            case 502, 503, 504: .unreachable
            default: .failed
            }
        self.init(message, next: next, status: status)
    }

    private init(_ error: ClientError) {
        switch error {
        case .unreachable:
            self.init(
                sentence(error.description),
                next: "Start one with `ygg up`, or name another: ygg login URL, --coordinator URL or YGG_COORDINATOR.",
                status: .unreachable
            )
        case .notACoordinator:
            self.init(
                sentence(error.description),
                next: "Check --coordinator or YGG_COORDINATOR.",
                status: .unreachable
            )
        case .invalidURL:
            self.init(sentence(error.description), next: "Correct --coordinator or YGG_COORDINATOR.", status: .usage)
        }
    }

    /// As it is printed to standard error.
    var text: String {
        var lines = "ygg: \(message)\n"
        if let next { lines += "next: \(next)\n" }
        return lines
    }
}

/// With a capital at its beginning, where that is a plain word, and a full stop at its end.
private func sentence(_ text: String) -> String {
    guard let first = text.first, let last = text.last else { return "Something went wrong." }
    let capital = first.isLetter ? first.uppercased() + text.dropFirst() : text
    return ".!?`".contains(last) ? capital : capital + "."
}
