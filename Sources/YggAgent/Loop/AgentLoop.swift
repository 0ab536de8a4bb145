package import YggCore

/// The coding agent's loop: what happened goes in, what is to be done next comes out.
///
/// It decides everything and does nothing. It asks the model, has its calls run, has the work tree checked, and ends; the
/// model's word that the work is done is a request, which the verdict grants or refuses. The same inputs always lead to
/// the same effects, so a session is the list of its inputs: see ``SessionFile``.
///
/// At any time one effect is open, and the next input that counts is its answer. Comments and suspensions may come in
/// between.
package struct AgentLoop: Sendable {
    package enum Input: Sendable, Hashable {
        case began
        case described(ModelInfo)
        case baseChecked([StepReport])
        case baseFailed(BaseFailure)
        /// The work tree is kept under this name.
        case saved(String)
        case answered(ReadReply, ModelUsage)
        case modelFailed(ModelFailure)
        /// The call is about to be run: from now on nobody knows whether it was, until its result is there.
        case callBegan(id: String)
        case called(id: String, ToolResult)
        case verified(Verdict)
        case restored
        /// What was asked of the workspace could not be done. One sentence.
        case workspaceFailed(String)
        /// A person says something: the next message, whatever the session was doing.
        case comment(String)
        case suspended
        /// The session goes on after its process ended, or after it was suspended.
        case resumed
    }

    package enum Effect: Sendable, Hashable {
        case describeModel
        case checkBase
        case save(label: String)
        case ask(ModelRequest)
        case run(ToolCall)
        case verify
        case restore(String)
        case finish(AgentEnd)
    }

    /// Below this, tools and what they answer leave no room for work.
    package static let smallestContext: Int64 = 16_384

    /// Calls of one answer that are run; small models that make more repeat themselves.
    static let mostCalls = 8
    static let coolTemperature = 0.1
    static let warmTemperature = 0.7

    package let task: AgentTask
    let tools: [ToolSpec]
    package internal(set) var mode: AgentMode = .tools
    /// Answers of the model so far.
    package internal(set) var steps = 0
    package internal(set) var usedTokens: Int64 = 0

    var now = Instant(nanoseconds: 0)
    var pending: Effect?
    /// What was open when the session was suspended, while the work tree is kept for whoever goes on.
    var held: Effect?
    /// Where the current allowance began: at the beginning, or at a person's last comment.
    var granted = Grant()
    var conversation = Conversation()
    var budget: PromptBudget
    var turn = Turn()
    var watch = LoopWatch()
    var heat = Heat.cool
    var corrections = CorrectionCount()
    var tree = Tree()
    var repairs = 0
    var emptyFinishes = 0
    /// What the model read last of its work, shortened: it survives every compaction.
    var lastFeedback = ""
    var touched: [String] = []
    /// What a person said that the model has not heard yet.
    var comments: [String] = []
    var lastUsage: ModelUsage?
    var overflowed = false
    var ending: AgentEnd?
    var pipeline = Pipeline()

    struct Grant: Sendable, Hashable {
        var steps = 0
        var tokens: Int64 = 0
        var at = Instant(nanoseconds: 0)
    }

    /// One answer of the model, while its calls are run.
    struct Turn: Sendable {
        struct Finish: Sendable {
            /// The call that is owed an answer.
            var id: String?
            var summary: String
            /// It called nothing, and only talked.
            var isTalk = false
        }

        var queue: ArraySlice<ReadCall> = []
        /// The one that is run.
        var open: ToolCall?
        var began = false
        var seen: Set<Fingerprint> = []
        var edited = false
        var finish: Finish?
    }

    enum Heat: Sendable { case cool, warm, spent }

    /// What is known of the work tree.
    struct Tree: Sendable {
        struct Best: Sendable {
            var checkpoint: String
            var verdict: Verdict
        }

        var base: String?
        var last: String?
        /// Of `last`; nil where it was not checked.
        var verdict: Verdict?
        /// It may differ from `last`.
        var isTouched = false
        /// With the fewest new failures; of equals the latest, which has more of the work.
        var best: Best?
    }

    /// - Parameter tools: what the model is offered, where it calls tools.
    package init(task: AgentTask, tools: [ToolSpec]) {
        self.task = task
        self.tools = tools
        budget = PromptBudget(contextTokens: task.contextTokens)
    }

    /// What the next answer of the model is to be read with.
    package var reader: ReplyReader {
        ReplyReader(tools: mode == .tools ? tools : [], heard: conversation.heard)
    }

    package var stepsLeft: Int { max(0, granted.steps + task.limits.maxSteps - steps) }

    /// Time at work that is left, at the last input.
    package var timeLeft: Milliseconds {
        max(.zero, Milliseconds(task.limits.wallTime.rawValue - (now - granted.at).rawValue))
    }

    package var end: AgentEnd? { ending }

    // MARK: - Inputs

    /// An input that does not answer the open effect changes nothing.
    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        self.now = now
        switch (input, pending) {
        case (.began, nil) where ending == nil: return become(.describeModel)
        case (.described(let info), .describeModel): return described(info)
        case (.modelFailed(let failure), .describeModel): return fail(RunFailure(failure))
        case (.baseChecked, .checkBase): return become(.save(label: "base"))
        case (.baseFailed(let failure), .checkBase): return fail(RunFailure(failure))
        case (.saved(let name), .save): return saved(name)
        case (.answered(let reply, let usage), .ask): return answered(reply, usage)
        case (.modelFailed(let failure), .ask): return failed(failure)
        case (.callBegan(let id), .run(let call)) where call.id == id:
            turn.began = true
            return []
        case (.called(let id, let result), .run(let call)) where call.id == id: return called(call, result)
        case (.verified(let verdict), .verify): return verified(verdict)
        case (.restored, .restore): return restored()
        case (.workspaceFailed(let sentence), _) where ending == nil || pending != nil:
            return workspaceFailed(sentence)
        case (.comment(let text), _): return comment(text)
        case (.suspended, _): return suspended()
        case (.resumed, _): return resumed()
        default: return []
        }
    }

    mutating func become(_ effect: Effect) -> [Effect] {
        pending = effect
        return [effect]
    }

    private mutating func described(_ info: ModelInfo) -> [Effect] {
        mode = task.mode ?? (info.capabilities.isEmpty || info.canCallTools ? .tools : .pipeline)
        let context = min(task.contextTokens, info.trainedContext ?? .max)
        budget = PromptBudget(contextTokens: context)
        if mode == .tools, context < Self.smallestContext {
            return fail(
                RunFailure(
                    .contextTooSmall,
                    "\(task.model) has a context of \(context) tokens here, and working with tools needs \(Self.smallestContext)."
                )
            )
        }
        return become(.checkBase)
    }

    /// The base is kept: the work begins.
    mutating func start() -> [Effect] {
        let paths = task.paths.isEmpty ? "" : "\nIt is about: \(task.paths.joined(separator: ", "))\n"
        conversation.begin(
            PromptText.task.filled(["task": task.instruction, "paths": paths, "guidance": guidance])
        )
        granted.at = now
        return goOn()
    }

    var guidance: String {
        task.guidance.map { PromptText.guidance.filled(["text": $0]) } ?? ""
    }

    /// The next question to the model, or what has to be known before it.
    mutating func goOn() -> [Effect] {
        turn = Turn()
        return mode == .tools ? ask() : lookAround()
    }

    // MARK: - A person, and the end of the process

    private mutating func comment(_ text: String) -> [Effect] {
        comments.append(text)
        // One that is at work, or suspended, hears it with its next question.
        guard ending != nil, pending == nil else { return [] }
        return wake()
    }

    /// Goes on from an end, with all limits anew.
    mutating func wake() -> [Effect] {
        ending = nil
        granted = Grant(steps: steps, tokens: usedTokens, at: now)
        watch = LoopWatch()
        corrections = CorrectionCount()
        heat = .cool
        (repairs, emptyFinishes, overflowed) = (0, 0, false)
        // What it failed by may be mended.
        guard conversation.head != nil else { return become(.describeModel) }
        return goOn()
    }

    private mutating func suspended() -> [Effect] {
        // What has ended stays ended.
        if let ending, pending == nil { return [.finish(ending)] }
        if held != nil, let pending { return [pending] }
        guard tree.isTouched, tree.base != nil else { return [.finish(pause(at: tree.last))] }
        // Whoever goes on elsewhere has only what was kept.
        held = pending
        return become(.save(label: "suspended"))
    }

    func pause(at checkpoint: String?) -> AgentEnd {
        AgentEnd(way: .suspended, summary: "", verdict: tree.verdict, checkpoint: checkpoint, base: tree.base)
    }

    /// What was open is open again. A call that was running is not run a second time, unless that makes no difference.
    private mutating func resumed() -> [Effect] {
        if let ending, pending == nil { return [.finish(ending)] }
        if let held { (pending, self.held) = (held, nil) }
        switch pending {
        case nil: return become(.describeModel)
        case .ask where !comments.isEmpty: return goOn()
        case .run(let call) where turn.began && !call.isRepeatable:
            tree.isTouched = true
            turn.edited = turn.edited || call.name != "run_command"
            return called(call, ToolResult(PromptText.interrupted.text))
        case .run(let call) where turn.began && call.name == "write_file":
            // Written again it changes nothing, and says so; that is no reason not to check it.
            (tree.isTouched, turn.edited) = (true, true)
            return [.run(call)]
        case .some(let effect): return [effect]
        }
    }
}

extension ToolCall {
    /// Whether running it twice is the same as running it once: it only looks, or it writes all there is.
    var isRepeatable: Bool {
        switch name {
        case "read_file", "write_file", "list_directory", "search_files", "git_status", "git_diff", "git_log": true
        default: false
        }
    }
}
