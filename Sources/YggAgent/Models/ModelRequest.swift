package import YggCore

/// One question to a model: the conversation so far and how to go on with it.
package struct ModelRequest: Sendable, Hashable {
    package var model: String
    /// What the model is told before the conversation; empty for nothing.
    package var system: String
    package var messages: [ModelMessage]
    package var tools: [ToolSpec]
    /// A JSON Schema that the answer must follow, enforced by the server's grammar.
    package var format: JSON?
    package var options: ModelOptions
    /// What the server counted for the last answer of this conversation, if its messages only grew since. The provider
    /// sees by it when a server drops the beginning in silence.
    package var previous: ModelUsage?

    package init(
        model: String,
        system: String = "",
        messages: [ModelMessage],
        tools: [ToolSpec] = [],
        format: JSON? = nil,
        options: ModelOptions = ModelOptions(),
        previous: ModelUsage? = nil
    ) {
        self.model = model
        self.system = system
        self.messages = messages
        self.tools = tools
        self.format = format
        self.options = options
        self.previous = previous
    }
}

/// How a model is to answer. What is nil is left to the server's default.
package struct ModelOptions: Sendable, Hashable {
    package enum Thinking: Sendable, Hashable {
        case off
        case on
        /// `low`, `medium`, `high` or `max`, for the models that know degrees.
        case effort(String)
    }

    package var temperature: Double?
    package var topP: Double?
    package var seed: Int64?
    /// The context in tokens. A change makes Ollama load the model again, so it should stay the same for a whole
    /// conversation; nil is the provider's own, which does.
    package var contextTokens: Int64?
    /// The longest answer in tokens.
    package var maxOutputTokens: Int64?
    /// Words that end an answer.
    package var stop: [String]
    /// nil is the model's own habit; a model that cannot think refuses `on`.
    package var thinking: Thinking?

    package init(
        temperature: Double? = nil,
        topP: Double? = nil,
        seed: Int64? = nil,
        contextTokens: Int64? = nil,
        maxOutputTokens: Int64? = nil,
        stop: [String] = [],
        thinking: Thinking? = nil
    ) {
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
        self.contextTokens = contextTokens
        self.maxOutputTokens = maxOutputTokens
        self.stop = stop
        self.thinking = thinking
    }
}
