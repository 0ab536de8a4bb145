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
/// - Parameter image: the image of ours that the executor runs in.
func howToGet(_ command: String, image: String? = OwnImage.name) -> String {
    let name = command.split(separator: "/").last.map(String.init) ?? command
    if image != nil { return OwnImage.build(adding: packages[name] ?? name) }
    let ways: [String: String] = [
        "swift": "Swift comes from https://www.swift.org/install.",
        "cargo": "Rust comes from https://rustup.rs.",
        "go": "Go comes from https://go.dev/dl, or with: apt-get install golang-go.",
        "npm": "npm comes with Node.js: https://nodejs.org, or with: apt-get install npm.",
        "node": "Node.js comes from https://nodejs.org, or with: apt-get install nodejs.",
        "pytest": "Install it with: apt-get install python3-pytest, or pip install pytest.",
        "ansible-playbook":
            "Install it with: apt-get install ansible. Where the executor runs in a container: \(OwnImage.build(adding: "ansible"))",
    ]
    if let way = ways[name] { return way }
    return packages[name].map { "Install it with: apt-get install \($0)." }
        ?? "Install it on this executor, or add its directory to the executor's PATH."
}

/// The packages of Debian that programs come in, where they are called otherwise, or often missed.
private let packages = [
    "ansible-playbook": "ansible", "cargo": "cargo", "df": "coreutils", "git": "git", "git-lfs": "git-lfs",
    "go": "golang-go", "make": "make", "node": "nodejs", "npm": "npm", "pytest": "python3-pytest",
    "python3": "python3", "service": "init-system-helpers",
]
