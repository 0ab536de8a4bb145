import YggCore

/// A turn: the calls of one answer, the state of the work tree after them, and what that is worth.
extension AgentLoop {
    /// The next call of the answer, or the end of the turn.
    mutating func next() -> [Effect] {
        while let item = turn.queue.popFirst() {
            let call = item.call
            if turn.finish != nil {
                answer(call, "[not run: finish was called before it]")
            } else if case .refused(_, let correction) = item {
                if let failure = record(call, ToolResult(correction, isError: true)) { return fail(failure) }
            } else if call.name == Finish.name {
                turn.finish = Turn.Finish(id: call.id, summary: call.arguments["summary"]?.stringValue ?? "")
            } else if !turn.seen.insert(Fingerprint(call)).inserted {
                answer(call, "[not run again: the same call stands before it in your answer]")
            } else if turn.seen.count > Self.mostCalls {
                answer(call, "[not run: at most \(Self.mostCalls) calls in one answer]")
            } else {
                turn.open = call
                turn.began = false
                if timeLeft == .zero, let failure = exceeded { return fail(failure) }
                return become(.run(call))
            }
        }
        return endTurn()
    }

    mutating func called(_ call: ToolCall, _ result: ToolResult) -> [Effect] {
        pending = nil
        turn.open = nil
        if !result.record.files.isEmpty {
            turn.edited = true
            tree.isTouched = true
            for file in result.record.files {
                touched.removeAll { $0 == file }
                touched.append(file)
            }
        }
        if call.name == "run_command", !result.isError { tree.isTouched = true }
        guard mode == .tools else { return pipelineCalled(call, result) }
        if let failure = record(call, result) { return fail(failure) }
        return next()
    }

    /// Tells the model what came of a call, and sees whether it goes round in circles.
    private mutating func record(_ call: ToolCall, _ result: ToolResult) -> RunFailure? {
        let sign = note(watch.record(call, result: result.text, isError: result.isError))
        answer(call, sign == .fine ? result.text : "\(result.text)\n\(PromptText.repeated.text)")
        if result.isError { lastFeedback = result.text }
        guard case .stuck(let sentence) = sign else { return nil }
        return RunFailure(.stuck, sentence)
    }

    private mutating func answer(_ call: ToolCall, _ text: String) {
        conversation.append(.toolResult(ToolResultTurn(callID: call.id, tool: call.name, content: text)))
    }

    /// Says something after the answer's calls: as the result of `finish`, if that is still owed.
    mutating func say(_ text: String) {
        guard mode == .tools else {
            pipeline.feedback = text
            return
        }
        if let id = turn.finish?.id {
            conversation.append(.toolResult(ToolResultTurn(callID: id, tool: Finish.name, content: text)))
            turn.finish?.id = nil
        } else {
            conversation.append(.user(text))
        }
    }

    // MARK: - The work tree

    /// All calls are answered. What was edited is kept and checked; so is what a command may have changed, when the model
    /// says that it is done.
    mutating func endTurn() -> [Effect] {
        if turn.edited || turn.finish != nil && tree.isTouched { return become(.save(label: "step \(steps)")) }
        return turn.finish == nil ? goOn() : conclude()
    }

    mutating func saved(_ name: String) -> [Effect] {
        if let held {
            // The turn is not over: what it is worth is seen when it is.
            (pending, self.held) = (held, nil)
            return [.finish(pause(at: name))]
        }
        pending = nil
        tree.isTouched = false
        guard tree.base != nil else {
            (tree.base, tree.last) = (name, name)
            return start()
        }
        if let ended = ending {
            if name != tree.last { (tree.last, tree.verdict) = (name, nil) }
            return close(ended.way, summary: ended.summary)
        }
        if name == tree.last {
            guard turn.edited else { return turn.finish == nil ? goOn() : conclude() }
            if case .stuck(let sentence) = note(watch.recordEmptyEdit()) { return fail(RunFailure(.stuck, sentence)) }
            if turn.finish != nil { return conclude() }
            say("[After these edits every file is what it was before them.]")
            return goOn()
        }
        watch.recordChange()
        (tree.last, tree.verdict) = (name, nil)
        guard name == tree.base else { return become(.verify) }
        if turn.finish != nil { return conclude() }
        say("[After these edits every file is what it was at the beginning.]")
        return goOn()
    }

    mutating func verified(_ verdict: Verdict) -> [Effect] {
        pending = nil
        tree.verdict = verdict
        if let checkpoint = tree.last, tree.best.map({ verdict.badness <= $0.verdict.badness }) ?? true {
            tree.best = Tree.Best(checkpoint: checkpoint, verdict: verdict)
        }
        if turn.finish != nil { return conclude() }
        if verdict.worth == .broken { return repair(verdict) }
        lastFeedback = "nothing new fails"
        say(PromptText.checksPass.text)
        return goOn()
    }

    /// The model says that it is done: whether it is, is not its to say.
    private mutating func conclude() -> [Effect] {
        guard tree.last != tree.base else { return nothingChanged() }
        // After a comment, or where a limit came between an edit and its check.
        guard let verdict = tree.verdict else { return become(.verify) }
        if verdict.worth == .broken { return repair(verdict) }
        guard comments.isEmpty else {
            say("[Done, but there is something to add.]")
            return goOn()
        }
        let summary = turn.finish?.summary ?? ""
        say("[done]")
        return close(.done, summary: summary)
    }

    private mutating func nothingChanged() -> [Effect] {
        if turn.finish?.isTalk == true {
            say(PromptText.noCall.text)
            return goOn()
        }
        emptyFinishes += 1
        guard emptyFinishes > 1 else {
            say(PromptText.nothingChanged.text)
            return goOn()
        }
        let words = turn.finish?.summary ?? ""
        let detail = words.isEmpty ? nil : "The model changed nothing and says: \(words.shortened(to: 600))"
        return fail(RunFailure(.noChange, detail))
    }

    private mutating func repair(_ verdict: Verdict) -> [Effect] {
        repairs += 1
        lastFeedback = verdict.feedback
        let left = task.limits.maxRepairs - repairs
        guard left >= 0 else {
            return fail(
                RunFailure(
                    .verificationFailed,
                    "After \(task.limits.maxRepairs) repairs there \(verdict.newFailures == 1 ? "is 1 new failure" : "are \(verdict.newFailures) new failures"): \(verdict.feedback.shortened(to: 600))"
                )
            )
        }
        say(
            PromptText.checksFail.filled([
                "feedback": verdict.feedback,
                "left": left == 0 ? "This is the last try." : "\(left + 1) tries are left.",
            ])
        )
        return goOn()
    }

    // MARK: - The end

    mutating func fail(_ failure: RunFailure) -> [Effect] {
        closeTurn()
        let summary = turn.finish?.summary ?? ""
        ending = AgentEnd(way: .failed(failure), summary: summary)
        if let best = tree.best {
            let badness = tree.last == tree.base ? 0 : tree.verdict?.badness ?? .max
            if tree.isTouched || badness > best.verdict.badness { return become(.restore(best.checkpoint)) }
        } else if tree.isTouched {
            // Nothing is known to be better than what is there.
            return become(.save(label: "end"))
        }
        return close(.failed(failure), summary: summary)
    }

    mutating func restored() -> [Effect] {
        guard let ended = ending, let best = tree.best else { return [] }
        (tree.last, tree.verdict, tree.isTouched) = (best.checkpoint, best.verdict, false)
        if mode == .tools { conversation.append(.user(PromptText.setBack.text)) }
        return close(ended.way, summary: ended.summary)
    }

    mutating func workspaceFailed(_ sentence: String) -> [Effect] {
        closeTurn()
        held = nil
        // Nothing more is asked of a workspace that does not do what it is asked; why it ended before stays true.
        if let ended = ending { return close(ended.way, summary: ended.summary) }
        return close(.failed(RunFailure(.workspaceFailed, sentence)), summary: turn.finish?.summary ?? "")
    }

    private mutating func close(_ way: AgentEnd.Way, summary: String) -> [Effect] {
        pending = nil
        let end = AgentEnd(
            way: way,
            summary: summary,
            verdict: tree.verdict,
            checkpoint: tree.last,
            base: tree.base
        )
        ending = end
        // Somebody has said something that no question has carried yet.
        guard comments.isEmpty || conversation.head == nil else { return wake() }
        return [.finish(end)]
    }

    /// Every call is owed an answer, also by a turn that is broken off: a person's comment may go on from here.
    private mutating func closeTurn() {
        guard mode == .tools else { return }
        let owed = (turn.open.map { [$0] } ?? []) + turn.queue.map(\.call)
        for call in owed { answer(call, "[not run: the work was ended here]") }
        if turn.finish?.id != nil { say("[the work was ended here]") }
        (turn.open, turn.queue) = (nil, [])
    }
}

extension Verdict {
    /// For finding the best of several: what is broken is never as good as what is not.
    var badness: Int { worth == .broken ? max(1, newFailures) : 0 }
}
