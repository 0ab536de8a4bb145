/// One turn of a conversation.
///
/// Every call of an assistant's turn is answered by a tool result with its id before the next turn of the assistant;
/// some servers refuse anything else.
package enum ModelMessage: Sendable, Hashable {
    case system(String)
    case user(String)
    case assistant(AssistantTurn)
    case toolResult(ToolResultTurn)

    package static func assistant(_ text: String) -> ModelMessage { .assistant(AssistantTurn(text: text)) }

    /// What was said, whoever said it.
    package var text: String {
        switch self {
        case .system(let text), .user(let text): text
        case .assistant(let turn): turn.text
        case .toolResult(let turn): turn.content
        }
    }
}

/// What a model said in one turn.
package struct AssistantTurn: Sendable, Hashable {
    package var text: String
    /// Handed back as thinking, never as text: a model that reads its thoughts as its words repeats them.
    package var thinking: String
    package var calls: [ToolCall]

    package init(text: String, thinking: String = "", calls: [ToolCall] = []) {
        self.text = text
        self.thinking = thinking
        self.calls = calls
    }
}

/// What a tool answered to one call.
package struct ToolResultTurn: Sendable, Hashable {
    package var callID: String
    package var tool: String
    package var content: String

    package init(callID: String, tool: String, content: String) {
        self.callID = callID
        self.tool = tool
        self.content = content
    }
}
