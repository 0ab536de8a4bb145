import YggProcess

/// Why a run failed. There are ten, each with what a person can do about it; the codes are part of results.
package enum FailureCause: String, Sendable, Hashable, CaseIterable {
    case baseBroken = "base-broken"
    case missingCommand = "missing-command"
    case modelUnavailable = "model-unavailable"
    case contextTooSmall = "context-too-small"
    case unreadableModel = "unreadable-model"
    case limitReached = "limit-reached"
    case stuck
    case noChange = "no-change"
    case verificationFailed = "verification-failed"
    case workspaceFailed = "workspace-failed"

    package var code: String { rawValue }

    /// One sentence.
    package var sentence: String {
        switch self {
        case .baseBroken: "The repository cannot be checked as it is, before anything was changed in it."
        case .missingCommand: "A command that the checks need is not installed on the executor."
        case .modelUnavailable: "The model did not answer."
        case .contextTooSmall: "The task does not fit into the model's context."
        case .unreadableModel: "The model's answers could not be read."
        case .limitReached: "The work was not done within its limits."
        case .stuck: "The model went round in circles."
        case .noChange: "The model ended its work without having changed anything."
        case .verificationFailed: "Something fails that did not fail before, and it could not be repaired."
        case .workspaceFailed: "The workspace or the session's file could not be written."
        }
    }

    /// What a person can do.
    package var nextStep: String {
        switch self {
        case .baseBroken: "Repair the build of the branch, or name a ref that builds, then run the task again."
        case .missingCommand:
            (OwnImage.name == nil
                ? "Install it on the executor" : "Build the image with its package in --build-arg EXTRA_PACKAGES")
                + ", or give the task other commands with `test` and `lint`, then run it again."
        case .modelUnavailable: "Do what the message says about the model, then run the task again."
        case .contextTooSmall:
            "Raise `numCtx` of the provider to at least \(AgentLoop.smallestContext), name fewer files with `paths`, or take a model with a larger context."
        case .unreadableModel: "Take a larger model, or one whose `ollama show` lists `tools`."
        case .limitReached:
            "Look with `ygg task evidence` at how far it came, then submit it again in smaller parts or with higher limits."
        case .stuck:
            "Look with `ygg task evidence` at where it turned, then submit it again with a clearer instruction or a larger model."
        case .noChange: "If something is to be changed, submit it again and say more exactly what."
        case .verificationFailed:
            "`ygg task evidence` shows the diff and what fails. Submit it again with a clearer instruction or a larger model, or run it as it was with `ygg task retry`."
        case .workspaceFailed: "Free disk space on the executor and look at its log, then run the task again."
        }
    }
}

/// A run that failed: the cause, and what there is to say about this one.
package struct RunFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var cause: FailureCause
    /// One or two sentences.
    package var detail: String
    /// What to do next.
    package var nextStep: String
    /// Where the model is the cause, its own.
    package var model: ModelFailure?

    package init(_ cause: FailureCause, _ detail: String? = nil, nextStep: String? = nil, model: ModelFailure? = nil) {
        self.cause = cause
        self.detail = detail ?? cause.sentence
        self.nextStep = nextStep ?? cause.nextStep
        self.model = model
    }

    package init(_ failure: ModelFailure) {
        self.init(.modelUnavailable, failure.detail, nextStep: failure.nextAction, model: failure)
    }

    package init(_ failure: BaseFailure) {
        self.init(FailureCause(rawValue: failure.code) ?? .baseBroken, failure.detail)
    }

    package var description: String { "\(cause.code): \(detail) \(nextStep)" }
}
