import YggAgent
import YggCore
import YggProcess

/// Finds the session of a task as an earlier attempt left it, or begins one.
struct SessionOpening {
    let work: CodeWork
    let folder: SessionFolder
    let setting: Toolbox.Setting
    let plan: VerificationPlan

    private var run: AttemptRun { work.run }
    private var context: HandlerContext { work.run.context }

    /// The files that a model is told of, at most.
    private static let listedFiles = 200

    func session(
        _ toolbox: Toolbox,
        _ verifier: Verifier,
        _ worktree: Worktree
    ) async throws(HandlerFailure) -> AgentSession {
        do throws(any Error) {
            if folder.hasSession {
                var session = try await AgentSession.resume(at: folder.file, tools: toolbox.specs)
                if let comment = unheard(by: session) {
                    session.say(comment)
                } else if case .failed = session.end?.way {
                    // One that ended for want of a model has something to do again; it only has to be told. What is done is
                    // done, and is handed over as it is.
                    session.say("Go on.")
                }
                await run.message(
                    "Goes on with the session of an earlier attempt, after \(counted(session.steps, "step", "steps"))."
                )
                return session
            }
            return try await begin(toolbox, verifier, worktree)
        } catch let failure as BaseFailure {
            throw HandlerFailure(RunFailure(failure), steps: failure.steps)
        } catch let error as SessionError {
            throw HandlerFailure(code: "workspace-failed", detail: error.description, retryable: false)
        } catch let failure as HandlerFailure {
            throw failure
        } catch {
            throw .cancelled()
        }
    }

    /// What a person said when they sent the work back.
    private var comment: String? { context.decisions.comment }

    /// What is to be said to a session that goes on: what came with the call, or what an attempt that has died since may
    /// have told it already.
    private func unheard(by session: AgentSession) -> String? {
        if let message = context.call?.message { return message }
        guard let comment else { return nil }
        let said = context.decisions.filter { $0.decision?.verdict == .sentBack && $0.decision?.comment == comment }
            .count
        let began = session.header.task.instruction.hasSuffix(Self.earlier(comment)) ? 1 : 0
        return session.comments.filter { $0 == comment }.count + began < said ? comment : nil
    }

    /// Whoever did the work before is out of reach, but what was said to them counts.
    private static func earlier(_ comment: String) -> String {
        "\n\nA person has looked at an earlier try, and said:\n\(comment)"
    }

    private func begin(_ toolbox: Toolbox, _ verifier: Verifier, _ worktree: Worktree) async throws -> AgentSession {
        var facts = RepositoryFacts(files: await files(worktree), checks: plan.steps.map(\.argv))
        if work.kind.verification == .lint {
            let base = try await verifier.base()
            facts.findings = base.filter { $0.step.goal == .lint }.flatMap {
                $0.output.split(separator: "\n").map(String.init)
            }
        }
        let prompt = CodePrompt(work.kind, params: context.params, facts: facts)
        let instruction = prompt.text + (comment.map(Self.earlier) ?? "")
        let task = AgentTask(
            id: context.key.task.rawValue,
            instruction: instruction,
            guidance: RepositoryGuidance.read(in: setting),
            paths: context.params.words("paths") ?? [],
            workspace: worktree.path,
            model: work.choice.model,
            mode: work.kind.agentMode,
            contextTokens: work.choice.contextTokens,
            limits: limits
        )
        return try await AgentSession.begin(
            task,
            at: folder.file,
            tools: toolbox.specs,
            provider: work.choice.identity,
            now: context.acceptedAt
        )
    }

    private var limits: AgentLimits {
        var limits = AgentLimits()
        if let steps = context.params["maxSteps"]?.intValue { limits.maxSteps = Int(steps) }
        if context.timeouts.run > .zero { limits.wallTime = context.timeouts.run }
        return limits
    }

    private func files(_ worktree: Worktree) async -> [String] {
        if let paths = context.params.words("paths") { return paths }
        let listing = await worktree.mirror.git.collect(["ls-files", "-z"], at: worktree.place, limit: 4 << 20)
        // No further than what is wanted: characters of a long text are dear.
        return listing.stdout.split(separator: "\0", maxSplits: Self.listedFiles).prefix(Self.listedFiles)
            .map(String.init)
    }
}

extension CodeKind {
    fileprivate var agentMode: AgentMode? {
        switch mode {
        case .auto: nil
        case .agent: .tools
        case .pipeline: .pipeline
        }
    }
}
