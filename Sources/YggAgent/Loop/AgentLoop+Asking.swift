import YggCore

extension AgentLoop {
    /// Asks the model to go on, if it may.
    mutating func ask() -> [Effect] {
        if let failure = exceeded { return fail(failure) }
        for comment in comments { conversation.append(.user(PromptText.comment.filled(["text": comment]))) }
        comments = []
        guard fit(budget.maxPromptBytes) else { return fail(tooLong) }
        return become(.ask(request(system: system, conversation.messages, tools: tools)))
    }

    func request(system: String, _ messages: [ModelMessage], tools: [ToolSpec]) -> ModelRequest {
        ModelRequest(
            model: task.model,
            system: system,
            messages: messages,
            tools: tools,
            options: ModelOptions(
                temperature: heat == .warm ? Self.warmTemperature : Self.coolTemperature,
                contextTokens: budget.askedTokens,
                maxOutputTokens: budget.maxOutputTokens
            ),
            previous: lastUsage
        )
    }

    var system: String {
        let own = mode == .tools ? PromptText.work : PromptText.pipeline
        return own.text + (task.kindPrompt.map { "\n\n" + $0.text } ?? "")
    }

    /// What is sent with every question beside the conversation.
    private var fixedBytes: Int {
        let described = tools.reduce(0) { size, tool in
            tool.parameters.reduce(size + tool.name.utf8.count + tool.description.utf8.count + 120) {
                $0 + $1.name.utf8.count + $1.description.utf8.count + 60
            }
        }
        return system.utf8.count + described
    }

    /// Compacts the conversation if it has become too long.
    /// - Returns: whether it fits now.
    private mutating func fit(_ limit: Int) -> Bool {
        guard fixedBytes + conversation.bytes > limit else { return true }
        compact()
        return fixedBytes + conversation.bytes <= limit
    }

    private mutating func compact() {
        let files = touched.isEmpty ? "none" : touched.suffix(20).joined(separator: ", ")
        let feedback = lastFeedback.isEmpty ? "nothing yet" : lastFeedback.shortened(to: 1_500)
        conversation.compact(
            to: max(1_000, budget.compactedBytes - fixedBytes),
            task: "The task again: \(task.instruction.shortened(to: 1_000))"
        ) { count in
            PromptText.compacted.filled(["count": "\(count)", "files": files, "feedback": feedback])
        }
        // The beginning is another now: what the server counted before says nothing about the next prompt.
        lastUsage = nil
    }

    private var tooLong: RunFailure {
        let tokens = budget.tokens(fixedBytes + conversation.bytes)
        return RunFailure(
            .contextTooSmall,
            "The task and what belongs to it are about \(tokens) tokens long, of the \(budget.contextTokens) that \(task.model) has here for prompt and answer."
        )
    }

    /// The limit that is used up, if one is.
    var exceeded: RunFailure? {
        if stepsLeft == 0 {
            return RunFailure(.limitReached, "All \(task.limits.maxSteps) steps are used up, and the work is not done.")
        }
        if timeLeft == .zero {
            return RunFailure(
                .limitReached,
                "The time of \(task.limits.wallTime.text) is over, and the work is not done."
            )
        }
        if usedTokens - granted.tokens >= task.limits.maxTokens {
            return RunFailure(
                .limitReached,
                "All \(task.limits.maxTokens) tokens are used up, and the work is not done."
            )
        }
        return nil
    }

    // MARK: - Answers

    mutating func answered(_ reply: ReadReply, _ usage: ModelUsage) -> [Effect] {
        pending = nil
        steps += 1
        overflowed = false
        if heat == .warm { heat = .spent }
        let asked = mode == .tools ? fixedBytes + conversation.bytes : pipeline.askedBytes
        budget.learn(bytes: asked, tokens: usage.promptTokens)
        let said = reply.text.utf8.count + reply.thinking.utf8.count
        usedTokens += (usage.promptTokens ?? budget.tokens(asked)) + (usage.outputTokens ?? budget.tokens(said))
        lastUsage = mode == .tools ? usage : nil

        turn = Turn()
        let mayGoOn = corrections.record(reply)
        if case .unreadable(let problem) = reply.content {
            return unreadable(reply, problem.correction(for: reader.tools), mayGoOn)
        }
        guard mode == .tools else { return pipelineAnswered(reply) }
        guard case .calls(let calls) = reply.content else { return talked(reply.text) }
        conversation.append(
            .assistant(AssistantTurn(text: reply.text, thinking: reply.thinking, calls: calls.map(\.call)))
        )
        turn.queue = calls[...]
        guard mayGoOn else {
            let last = calls.compactMap { if case .refused(_, let correction) = $0 { correction } else { nil } }.last
            return fail(unreadableFailure(last ?? ""))
        }
        return next()
    }

    private mutating func unreadable(_ reply: ReadReply, _ correction: String, _ mayGoOn: Bool) -> [Effect] {
        if mode == .tools {
            // Enough of it to see what was wrong, and not so much that it fills the context.
            conversation.append(.assistant(reply.text.shortened(to: 1_500)))
            conversation.append(.user(correction))
        } else {
            pipeline.feedback = correction
        }
        guard mayGoOn else { return fail(unreadableFailure(correction)) }
        return goOn()
    }

    private func unreadableFailure(_ correction: String) -> RunFailure {
        RunFailure(
            .unreadableModel,
            "\(task.model) was corrected \(CorrectionCount.limit) times in a row, and its answer still cannot be read. What it was told last: \(correction.shortened(to: 300))"
        )
    }

    /// Words without a call: the end of the work, if there is any.
    private mutating func talked(_ text: String) -> [Effect] {
        conversation.append(.assistant(text))
        // Also where there is work: talk in a row is a circle.
        if case .stuck(let sentence) = note(watch.recordTalk()) { return fail(RunFailure(.stuck, sentence)) }
        guard isAnythingDone else {
            conversation.append(.user(PromptText.noCall.text))
            return goOn()
        }
        turn.finish = Turn.Finish(id: nil, summary: text, isTalk: true)
        return endTurn()
    }

    private var isAnythingDone: Bool { tree.isTouched || tree.last != tree.base }

    /// The first time that something comes again, the next answer is drawn with more chance.
    mutating func note(_ sign: LoopWatch.Sign) -> LoopWatch.Sign {
        if sign != .fine, heat == .cool { heat = .warm }
        return sign
    }

    // MARK: - No answer

    mutating func failed(_ failure: ModelFailure) -> [Effect] {
        switch failure.code {
        case .contextExceeded, .promptTruncated:
            guard !overflowed, mode == .tools else {
                return fail(RunFailure(.contextTooSmall, failure.detail, nextStep: failure.nextAction, model: failure))
            }
            overflowed = true
            budget.tighten(failure, bytes: fixedBytes + conversation.bytes)
            compact()
            return goOn()
        case .toolsUnsupported where mode == .tools:
            mode = .pipeline
            return goOn()
        case .brokenCall where mode == .tools:
            // The server could not read the call, so nobody can: it is corrected like any other.
            let reply = ReadReply(text: "", thinking: "", content: .unreadable(.swallowed))
            return answered(reply, ModelUsage())
        case .tookTooLong:
            return fail(exceeded ?? RunFailure(failure))
        default: return fail(RunFailure(failure))
        }
    }
}
