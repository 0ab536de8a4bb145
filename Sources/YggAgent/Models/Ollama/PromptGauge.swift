/// Sees by the server's count whether it has read the whole prompt.
///
/// An older Ollama ignores `truncate: false`, drops the oldest messages or half of its context, and answers with a
/// success: the task itself is gone from the prompt, and the model does something else. The one trace is that it counts
/// fewer tokens than were sent.
package struct PromptGauge: Sendable, Hashable {
    /// No text of ours has more bytes a token: code and prose have three to five.
    private static let mostBytesPerToken: Int64 = 10

    /// The bytes of what the model is told: messages, tools, schema.
    package var bytes: Int
    package var contextTokens: Int64?
    /// The count of the last answer of the same conversation.
    package var previous: ModelUsage?

    package init(bytes: Int, contextTokens: Int64? = nil, previous: ModelUsage? = nil) {
        self.bytes = bytes
        self.contextTokens = contextTokens
        self.previous = previous
    }

    package func isTruncated(_ usage: ModelUsage) -> Bool {
        // Older servers leave the count out when all of the prompt was in their cache.
        guard let tokens = usage.promptTokens, tokens > 0 else { return false }
        // A conversation that grew cannot have become shorter.
        if let previous, let before = previous.promptTokens, bytes >= previous.promptBytes, tokens < before {
            return true
        }
        guard let contextTokens else { return false }
        // It may fill the context, and is counted as less than any text of this length could be.
        return Int64(bytes) / 3 > contextTokens && tokens * Self.mostBytesPerToken < Int64(bytes)
    }
}
