import YggCore
import YggProcess

/// Why an attempt cannot go on: thrown inside a handler, told as its result.
struct HandlerFailure: Error, Sendable, Equatable {
    var outcome: Outcome
    var error: TaskError
    /// What is known nevertheless: `exitCode`, `signal`, and the kind's own.
    var result: JSONObject

    init(
        code: String,
        detail: String,
        retryable: Bool,
        outcome: Outcome = .failed,
        result: JSONObject = JSONObject()
    ) {
        self.outcome = outcome
        error = TaskError(code: code, detail: detail, retryable: retryable)
        self.result = result
    }

    static func cancelled(_ detail: String = "The attempt was cancelled.") -> HandlerFailure {
        HandlerFailure(code: "cancelled", detail: detail, retryable: false, outcome: .cancelled)
    }

    /// The repository is not one that this executor can or may reach.
    static func unreachableRepository(_ detail: String, retryable: Bool = false) -> HandlerFailure {
        HandlerFailure(code: "unreachable-repo", detail: detail, retryable: retryable)
    }

    /// A program is not on this machine; `command` is its name.
    static func missingCommand(_ command: String, sentence: String? = nil) -> HandlerFailure {
        let sentence = sentence ?? "\(command) was not found on the PATH."
        return HandlerFailure(
            code: "missing-command",
            detail: "\(sentence) \(howToGet(command))",
            retryable: false
        )
    }

    var handlerResult: HandlerResult { HandlerResult(outcome: outcome, result: result, error: error) }
}

/// One sentence that tells the owner of a machine where a program comes from.
func howToGet(_ command: String) -> String {
    let name = command.split(separator: "/").last.map(String.init) ?? command
    let ways: [String: String] = [
        "swift": "Swift comes from https://www.swift.org/install.",
        "cargo": "Rust comes from https://rustup.rs.",
        "go": "Go comes from https://go.dev/dl, or with: apt-get install golang-go.",
        "npm": "npm comes with Node.js: https://nodejs.org, or with: apt-get install npm.",
        "node": "Node.js comes from https://nodejs.org, or with: apt-get install nodejs.",
        "pytest": "Install it with: apt-get install python3-pytest, or pip install pytest.",
        "python3": "Install it with: apt-get install python3.",
        "make": "Install it with: apt-get install make.",
        "git": "Install it with: apt-get install git.",
        "git-lfs": "Install it with: apt-get install git-lfs.",
        "df": "Install it with: apt-get install coreutils.",
        "service": "Install it with: apt-get install init-system-helpers.",
    ]
    return ways[name] ?? "Install it on this executor, or add its directory to the executor's PATH."
}
