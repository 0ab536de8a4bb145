package import YggCore

/// A piece of an answer while it is said.
package enum ModelEvent: Sendable, Hashable {
    case text(String)
    case thinking(String)
    /// A call in the server's own form, whole.
    case toolCall(ToolCall)
    case usage(ModelUsage)
    /// The answer is complete. Nothing follows.
    case end(EndReason)
    /// Nothing was said and the same question is asked again after a pause.
    case retrying(ModelFailure, after: Milliseconds)
}

/// Why an answer ended. Whether it has calls says nothing about this: Ollama says `stop` with them and without.
package enum EndReason: Sendable, Hashable {
    case stop
    /// The answer was cut off at its longest length, or at the end of the context.
    case length
    case other(String)
}

/// What an answer cost.
package struct ModelUsage: Sendable, Hashable {
    /// As the server counted; nil where it did not say.
    package var promptTokens: Int64?
    package var outputTokens: Int64?
    /// The bytes of the prompt as we sent it: what `promptTokens` is held against.
    package var promptBytes: Int
    package var loadMs: Milliseconds
    package var promptMs: Milliseconds
    package var outputMs: Milliseconds

    package init(
        promptTokens: Int64? = nil,
        outputTokens: Int64? = nil,
        promptBytes: Int = 0,
        loadMs: Milliseconds = 0,
        promptMs: Milliseconds = 0,
        outputMs: Milliseconds = 0
    ) {
        self.promptTokens = promptTokens
        self.outputTokens = outputTokens
        self.promptBytes = promptBytes
        self.loadMs = loadMs
        self.promptMs = promptMs
        self.outputMs = outputMs
    }

    package var tokensPerSecond: Double? {
        guard let outputTokens, outputMs > 0 else { return nil }
        return Double(outputTokens) * 1000 / Double(outputMs.rawValue)
    }
}
