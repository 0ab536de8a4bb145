package import YggCore

/// Why a model did not answer: what happened, what to do about it, and whether asking again can help.
package struct ModelFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var code: Code
    /// One sentence, with the server's own words where it had any.
    package var detail: String
    /// One sentence on what to do next, for a person or a model.
    package var nextAction: String
    /// The answer's status, where there was one.
    package var status: Int?
    /// How long the server asks to be left alone.
    package var retryAfter: Milliseconds?
    /// For a prompt that does not fit: its length and the room there is, in tokens, as far as the server said.
    package var promptTokens: Int64?
    package var contextTokens: Int64?

    package init(
        _ code: Code,
        _ detail: String,
        at place: ModelPlace,
        status: Int? = nil,
        retryAfter: Milliseconds? = nil,
        promptTokens: Int64? = nil,
        contextTokens: Int64? = nil
    ) {
        self.code = code
        self.detail = detail
        nextAction = code.nextAction(at: place)
        self.status = status
        self.retryAfter = retryAfter
        self.promptTokens = promptTokens
        self.contextTokens = contextTokens
    }

    package var description: String { "\(code.rawValue): \(detail) \(nextAction)" }

    package var retry: Retry { code.retry }
    /// Whether the same question can be answered later without anything being changed.
    package var isRetryable: Bool { code.retry != .never || code == .resting }
}

/// The model and the server that a failure is about.
package struct ModelPlace: Sendable, Hashable {
    package var model: String
    package var endpoint: String

    package init(model: String, endpoint: String) {
        self.model = model
        self.endpoint = endpoint
    }
}

extension ModelFailure {
    /// Whether the provider asks again by itself, as long as nothing was said yet.
    package enum Retry: Sendable, Hashable {
        case never
        /// What a second try mends or nothing does.
        case once
        case backOff
    }

    /// The names are part of results and evidence.
    package enum Code: String, Sendable, CaseIterable {
        /// No connection: nothing was sent.
        case unreachable = "model-unreachable"
        /// The connection broke on the way.
        case connectionBroken = "model-connection-broken"
        /// The stream ended in order, without its last line.
        case incompleteStream = "model-incomplete-stream"
        /// Something that is no answer: not JSON, not UTF-8, or longer than any answer.
        case malformedStream = "model-malformed-stream"
        case firstTokenTimeout = "model-first-token-timeout"
        case stalled = "model-stalled"
        case tookTooLong = "model-took-too-long"

        case modelMissing = "model-missing"
        case toolsUnsupported = "model-tools-unsupported"
        case thinkingUnsupported = "model-thinking-unsupported"
        case chatUnsupported = "model-chat-unsupported"
        case contextExceeded = "model-context-exceeded"
        /// The server answered, but had dropped the beginning of the prompt in silence.
        case promptTruncated = "model-prompt-truncated"
        case invalidRequest = "model-invalid-request"
        case signInNeeded = "model-sign-in-needed"
        /// An empty 403: the server does not serve the name it was called by.
        case hostRefused = "model-host-refused"
        case forbidden = "model-forbidden"
        /// Whoever answers there is not the server that was expected.
        case wrongEndpoint = "model-wrong-endpoint"

        case busy = "model-busy"
        case loading = "model-loading"
        case runnerFailed = "model-runner-failed"
        case outOfMemory = "model-out-of-memory"
        case templateFailed = "model-template-failed"
        /// The model wrote a call that its server could not read.
        case brokenCall = "model-broken-call"
        case cloudUnreachable = "model-cloud-unreachable"
        case serverError = "model-server-error"
        case requestCancelled = "model-request-cancelled"

        case pullFailed = "model-pull-failed"
        case diskFull = "model-disk-full"

        /// It failed too often in a row and is left alone for a while. Nothing was sent.
        case resting = "model-resting"
        /// A scenario has nothing for this turn.
        case scenarioEnded = "scenario-ended"
    }
}

extension ModelFailure.Code {
    package var retry: ModelFailure.Retry {
        switch self {
        case .unreachable, .connectionBroken, .incompleteStream, .busy, .loading, .cloudUnreachable, .serverError:
            .backOff
        case .malformedStream, .firstTokenTimeout, .stalled, .runnerFailed, .brokenCall: .once
        case .tookTooLong, .modelMissing, .toolsUnsupported, .thinkingUnsupported, .chatUnsupported, .contextExceeded,
            .promptTruncated, .invalidRequest, .signInNeeded, .hostRefused, .forbidden, .wrongEndpoint, .outOfMemory,
            .templateFailed, .requestCancelled, .pullFailed, .diskFull, .resting, .scenarioEnded:
            .never
        }
    }

    /// Whether it is a sign that the endpoint cannot just now. What is wrong with the question is not, nor is a model
    /// that is still being loaded.
    package var countsAgainstEndpoint: Bool {
        switch self {
        case .unreachable, .connectionBroken, .incompleteStream, .firstTokenTimeout, .stalled, .busy, .runnerFailed,
            .cloudUnreachable, .serverError:
            true
        case .malformedStream, .tookTooLong, .modelMissing, .toolsUnsupported, .thinkingUnsupported, .chatUnsupported,
            .contextExceeded, .promptTruncated, .invalidRequest, .signInNeeded, .hostRefused, .forbidden,
            .wrongEndpoint, .loading, .outOfMemory, .templateFailed, .brokenCall, .requestCancelled, .pullFailed,
            .diskFull, .resting, .scenarioEnded:
            false
        }
    }
}
