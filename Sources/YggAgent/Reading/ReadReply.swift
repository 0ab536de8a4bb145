/// What a model's answer means: calls, words, or nothing that can be read.
package struct ReadReply: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        /// In the order in which they were made, at least one. Every one of them is to be answered.
        case calls([ReadCall])
        /// Words and no call.
        case prose
        /// The model is told by `Unreadable.correction`, and nothing is run.
        case unreadable(Unreadable)
    }

    /// What was said beside the calls, without thinking.
    package var text: String
    package var thinking: String
    package var content: Content

    package init(text: String, thinking: String, content: Content) {
        self.text = text
        self.thinking = thinking
        self.content = content
    }

    package var calls: [ReadCall] { if case .calls(let calls) = content { calls } else { [] } }
}

/// One call of an answer.
package enum ReadCall: Sendable, Hashable {
    /// Its tool exists and what it needs is there; names and values are in the form that the tool declares.
    case ready(ToolCall)
    /// It is not run. What is said to the model is the call's result.
    case refused(ToolCall, correction: String)

    package var call: ToolCall {
        switch self {
        case .ready(let call), .refused(let call, _): call
        }
    }
}

/// Why nothing in an answer can be read.
package enum Unreadable: Sendable, Hashable {
    /// No words and no tokens.
    case empty
    /// Tokens were spent and nothing arrived: the server took the text for a call and could not read it.
    case swallowed
    /// Thoughts, and then nothing.
    case onlyThought
    /// The answer hit its longest length: whatever it holds may be half.
    case cutOff
    /// A call without its end.
    case unfinishedCall
    /// A call that is not JSON, and why.
    case brokenCall(String)
    /// Something like a call in the middle of prose: perhaps meant, perhaps quoted.
    case amongProse
    /// A call that stands word for word in what the model was given to read.
    case quoted
}
