import YggCore

/// The work with a model that calls no tools: locate, edit whole files, verify, repair. The harness makes the calls.
extension AgentLoop {
    /// The next step before a question: files that are shown are always read anew.
    mutating func lookAround() -> [Effect] {
        if let failure = exceeded { return fail(failure) }
        pipeline.remarks += comments
        comments = []
        if pipeline.paths == nil, !task.paths.isEmpty { pipeline.paths = Array(task.paths.prefix(Pipeline.mostFiles)) }
        guard let paths = pipeline.paths else {
            guard pipeline.listing.isEmpty else { return askWhere() }
            pipeline.stage = .listing
            return call("list_directory", ["path": ".", "depth": 4])
        }
        pipeline.stage = .reading
        pipeline.contents = [:]
        pipeline.unread = paths
        return readOn()
    }

    private mutating func call(_ tool: String, _ arguments: JSONObject) -> [Effect] {
        pipeline.calls += 1
        return become(.run(ToolCall(id: "harness_\(pipeline.calls)", name: tool, arguments: arguments)))
    }

    mutating func pipelineCalled(_ call: ToolCall, _ result: ToolResult) -> [Effect] {
        switch pipeline.stage {
        case .listing:
            pipeline.listing = result.text.shortened(to: max(1_000, budget.maxPromptBytes / 4))
            for line in result.text.split(separator: "\n") where !line.hasSuffix("/") {
                if let end = line.firstRange(of: "  ") { pipeline.seen.insert(String(line[..<end.lowerBound])) }
            }
            guard let name = Pipeline.names(in: task.instruction).first else { return askWhere() }
            pipeline.stage = .searching
            return self.call("search_files", ["pattern": .string(name), "literal": true])
        case .searching:
            if !result.isError {
                pipeline.matches = "Where the task's names occur:\n" + result.text.shortened(to: 2_000) + "\n"
            }
            return askWhere()
        case .reading: return read(call, result)
        case .writing:
            if result.isError { pipeline.problems.append(result.text) }
            return write()
        case .locating, .editing: return []
        }
    }

    private mutating func read(_ call: ToolCall, _ result: ToolResult) -> [Effect] {
        guard let path = pipeline.unread.first else { return askForFiles() }
        if !result.isError {
            let shown = NumberedText(result.text)
            pipeline.contents[path, default: ""] += shown.text
            if shown.isCut || shown.next != nil && pipeline.pages >= Pipeline.mostPages {
                return fail(
                    RunFailure(
                        .contextTooSmall,
                        "\(path) is too long, or has lines too long, to be written anew as a whole, and \(task.model) calls no tools."
                    )
                )
            }
            if let next = shown.next { return readOn(from: next) }
        }
        pipeline.unread.removeFirst()
        return readOn()
    }

    private mutating func readOn(from line: Int = 1) -> [Effect] {
        guard let path = pipeline.unread.first else { return askForFiles() }
        pipeline.pages = line == 1 ? 1 : pipeline.pages + 1
        return call("read_file", ["path": .string(path), "start_line": .int(Int64(line))])
    }

    // MARK: - Questions

    private mutating func askWhere() -> [Effect] {
        pipeline.stage = .locating
        return put(
            PromptText.locate.filled([
                "task": wish, "guidance": guidance, "listing": pipeline.listing, "matches": pipeline.matches,
                "count": "\(Pipeline.mostFiles)", "feedback": pipeline.feedback,
            ])
        )
    }

    private mutating func askForFiles() -> [Effect] {
        pipeline.stage = .editing
        let files = (pipeline.paths ?? []).map { path in
            guard let content = pipeline.contents[path] else { return "\(path)\n[does not exist yet]\n" }
            let fence = content.contains("```") ? "~~~~" : "```"
            return "\(path)\n\(fence)\n\(content)\(fence)\n"
        }
        let feedback = pipeline.feedback.isEmpty ? "" : "\nAbout your last answer:\n\(pipeline.feedback)\n"
        return put(
            PromptText.wholeFiles.filled([
                "task": wish, "guidance": guidance, "files": files.joined(separator: "\n"), "feedback": feedback,
                "short": task.instruction.shortened(to: 600),
            ])
        )
    }

    /// What is asked, and what was said to it since.
    private var wish: String {
        ([task.instruction] + pipeline.remarks.map { PromptText.comment.filled(["text": $0]) }).joined(separator: "\n")
    }

    private mutating func put(_ text: String) -> [Effect] {
        pipeline.askedBytes = text.utf8.count + system.utf8.count
        guard pipeline.askedBytes <= budget.maxPromptBytes else {
            return fail(
                RunFailure(
                    .contextTooSmall,
                    "The task and its files are about \(budget.tokens(pipeline.askedBytes)) tokens long, of the \(budget.contextTokens) that \(task.model) has here for prompt and answer."
                )
            )
        }
        return become(.ask(request(system: system, [.user(text)], tools: [])))
    }

    // MARK: - Answers

    mutating func pipelineAnswered(_ reply: ReadReply) -> [Effect] {
        guard pipeline.stage == .editing else { return located(reply.text) }
        switch FencedFiles.read(reply.text, known: pipeline.contents) {
        case .unreadable(let correction): return missed(correction)
        case .files(let files):
            pipeline.feedback = ""
            pipeline.problems = []
            pipeline.toWrite = Array(files.prefix(Pipeline.mostFiles))
            pipeline.stage = .writing
            for file in files where pipeline.paths?.contains(file.path) == false { pipeline.paths?.append(file.path) }
            turn.finish = Turn.Finish(id: nil, summary: "Changed \(files.map(\.path).joined(separator: ", ")).")
            return write()
        }
    }

    private mutating func located(_ answer: String) -> [Effect] {
        let paths = pipeline.located(answer)
        guard !paths.isEmpty else { return missed("Your answer names no file. Answer with paths alone, one a line.") }
        pipeline.paths = paths
        pipeline.feedback = ""
        return goOn()
    }

    /// An answer that holds nothing of what was asked for.
    private mutating func missed(_ correction: String) -> [Effect] {
        pipeline.feedback = correction
        if case .stuck = note(watch.recordTalk()) {
            return fail(
                RunFailure(
                    .unreadableModel,
                    "\(LoopWatch.monologue) answers in a row did not hold what was asked for. What \(task.model) was told last: \(correction)"
                )
            )
        }
        return goOn()
    }

    private mutating func write() -> [Effect] {
        guard let file = pipeline.toWrite.first else { return written() }
        pipeline.toWrite.removeFirst()
        return call("write_file", ["path": .string(file.path), "content": .string(file.content)])
    }

    private mutating func written() -> [Effect] {
        guard !turn.edited else { return endTurn() }
        pipeline.feedback = pipeline.problems.joined(separator: "\n")
        if case .stuck(let sentence) = note(watch.recordEmptyEdit()) { return fail(RunFailure(.stuck, sentence)) }
        return goOn()
    }
}
