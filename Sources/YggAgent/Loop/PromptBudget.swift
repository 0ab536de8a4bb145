/// How long a conversation may become for one model.
///
/// Tokens are estimated by bytes, because nobody but the server counts them; what it counted last says how many bytes a
/// token has in this conversation.
struct PromptBudget: Sendable, Hashable {
    /// Until the server has counted: code has three to four.
    private static let usualBytesPerToken = 3.0

    /// What every question asks for. It stays the same, because another makes the server load the model again.
    let askedTokens: Int64
    /// What there is, as far as is known.
    private(set) var contextTokens: Int64
    private var bytesPerToken = Self.usualBytesPerToken

    init(contextTokens: Int64) { (askedTokens, self.contextTokens) = (contextTokens, contextTokens) }

    /// The longest prompt: the answer has to fit, too, and small models read worse the more they are given.
    var maxPromptBytes: Int { bytes(contextTokens * 60 / 100) }
    /// What a compaction aims at, well below: each one costs the server's cache of the whole conversation.
    var compactedBytes: Int { bytes(contextTokens * 35 / 100) }
    var maxOutputTokens: Int64 { contextTokens * 35 / 100 }

    func tokens(_ bytes: Int) -> Int64 { Int64((Double(bytes) / bytesPerToken).rounded(.up)) }

    private func bytes(_ tokens: Int64) -> Int { Int(Double(tokens) * bytesPerToken) }

    /// The server counted a prompt of ours.
    mutating func learn(bytes: Int, tokens: Int64?) {
        // Short prompts are mostly template, and some servers leave out what was in their cache.
        guard let tokens, tokens > 200 else { return }
        bytesPerToken = min(5, max(1.5, Double(bytes) / Double(tokens)))
    }

    /// The prompt did not fit, whatever we thought.
    mutating func tighten(_ failure: ModelFailure, bytes: Int) {
        if let context = failure.contextTokens, context > 0 { contextTokens = min(contextTokens, context) }
        if let tokens = failure.promptTokens, tokens > 0 {
            learn(bytes: bytes, tokens: tokens)
        } else {
            bytesPerToken = max(1.5, bytesPerToken * 0.7)
        }
    }
}
