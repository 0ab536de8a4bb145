package import YggCore

/// What a session is about: everything that its loop decides by, written down when it begins.
package struct AgentTask: Sendable, Hashable {
    /// For the record: the task of the fleet that this is work for.
    package var id: String
    /// What is asked, in the words of whoever asks.
    package var instruction: String
    /// How tasks of this kind are worked on. Ours, and part of what the model is told first.
    package var kindPrompt: PromptText?
    /// What the repository says about itself: bounded, and somebody else's words. See ``RepositoryGuidance``.
    package var guidance: String?
    /// The files that the task is about, as far as it names them.
    package var paths: [String]
    /// For the record: where the work is done.
    package var workspace: String
    /// As the provider knows it.
    package var model: String
    /// nil: by what the model can.
    package var mode: AgentMode?
    /// The context that every question asks for, in tokens. It stays the same for the whole session.
    package var contextTokens: Int64
    package var limits: AgentLimits

    package init(
        id: String,
        instruction: String,
        kindPrompt: PromptText? = nil,
        guidance: String? = nil,
        paths: [String] = [],
        workspace: String,
        model: String,
        mode: AgentMode? = nil,
        contextTokens: Int64,
        limits: AgentLimits = AgentLimits()
    ) {
        self.id = id
        self.instruction = instruction
        self.kindPrompt = kindPrompt
        self.guidance = guidance
        self.paths = paths
        self.workspace = workspace
        self.model = model
        self.mode = mode
        self.contextTokens = contextTokens
        self.limits = limits
    }

    /// The texts that the model may be told, for the evidence.
    package var prompts: [PromptText] { PromptText.all + (kindPrompt.map { [$0] } ?? []) }
}

/// How a model is worked with.
package enum AgentMode: String, Sendable, Hashable, CaseIterable {
    /// It calls tools, and decides what to do next.
    case tools
    /// It calls none: the harness looks for the files, shows them, and writes what the model answers.
    case pipeline
}

/// How much a session may use up before somebody has to look at it. A person's comment grants all of it anew.
package struct AgentLimits: Sendable, Hashable {
    /// Answers of the model.
    package var maxSteps: Int
    /// Verdicts that something is broken.
    package var maxRepairs: Int
    /// Time at work. Waiting in line for the model and being suspended do not count.
    package var wallTime: Milliseconds
    /// Tokens read and written, as the server counts them: what it finds in its cache is counted, too.
    package var maxTokens: Int64

    package init(
        maxSteps: Int = 15,
        maxRepairs: Int = 5,
        wallTime: Milliseconds = .hours(2),
        maxTokens: Int64 = 500_000
    ) {
        self.maxSteps = maxSteps
        self.maxRepairs = maxRepairs
        self.wallTime = wallTime
        self.maxTokens = maxTokens
    }
}
