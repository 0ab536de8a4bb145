package import YggCore

/// What there is to see of a session while it goes on. For people: nothing is decided by it.
package enum AgentEvent: Sendable, Hashable {
    /// Pieces of an answer, provisional until the next `progress`.
    case text(String)
    case thinking(String)
    case toolCall(ToolCall)
    case toolResult(ToolCall, ToolResult)
    case progress(AgentProgress)
    /// In line for the model.
    case place(ModelGate.Place)
    /// The model was silent and is asked again.
    case retrying(ModelFailure, after: Milliseconds)
    case verdict(Verdict)
    case checkpoint(String)
}

/// How far a session is.
package struct AgentProgress: Sendable, Hashable {
    package enum Activity: String, Sendable, Hashable {
        case preparing
        case checkingBase = "checking-base"
        case thinking
        case working
        case verifying
        case restoring
    }

    /// The answer of the model that is asked for, or that is worked on; 0 before the first.
    package var step: Int
    /// With what a person's comments have granted.
    package var maxSteps: Int
    package var model: String
    package var activity: Activity

    package init(step: Int, maxSteps: Int, model: String, activity: Activity) {
        self.step = step
        self.maxSteps = maxSteps
        self.model = model
        self.activity = activity
    }
}
