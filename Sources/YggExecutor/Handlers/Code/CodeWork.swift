import YggAgent
import YggCore
import YggProcess

/// Work on a repository: a session in a work tree of its own, and what becomes of what it made.
struct CodeWork {
    let kind: CodeKind
    let choice: ModelChoice
    let repository: String
    let run: AttemptRun

    private var context: HandlerContext { run.context }
    private var params: JSONObject { run.context.params }

    func result() async throws(HandlerFailure) -> HandlerResult {
        let folder = SessionFolder(context)
        // A change that conflicts with what landed meanwhile is made anew, from there.
        let isAnew = isToBeRedone
        if isAnew { await folder.remove(context) }
        let ref = isAnew ? params["target"]?.stringValue : context.resume?.base ?? params["ref"]?.stringValue
        let worktree = try await Worktree.session(repository, ref: ref, in: folder, run)
        do throws(HandlerFailure) {
            if context.call != nil { try folder.keep(context) }
            let result = try await result(folder, worktree)
            if result.question == nil, result.outcome == .succeeded, !isShownOnly {
                _ = await worktree.close(.discard)
                await folder.remove(context)
            } else {
                worktree.leave()
            }
            return result
        } catch {
            worktree.leave()
            throw error
        }
    }

    /// Whoever asked beside the executor looks at the work, and may say more.
    private var isShownOnly: Bool { context.call.map { !$0.lands } ?? false }

    private var isToBeRedone: Bool {
        guard let last = context.decisions.last, last.decision?.verdict == .approved else { return false }
        return last.question.shown["redo"] == true
    }

    private func result(_ folder: SessionFolder, _ worktree: Worktree) async throws(HandlerFailure) -> HandlerResult {
        let setting = try await folder.setting(root: worktree.path, gitDirectory: worktree.place.gitDirectory, context)
        let checkpoints: Checkpoints
        do {
            checkpoints = try await Checkpoints(setting, base: worktree.commit, owner: context.key.task.rawValue)
        } catch {
            throw .unusableWorkspace(worktree.path, error)
        }
        let transfer = SessionTransfer(folder: folder, worktree: worktree, checkpoints: checkpoints, run: run)
        if let suspended = context.resume, !folder.hasSession { try await transfer.takeUp(suspended) }
        let plan = await VerificationPlan.find(
            setting,
            for: kind.verification,
            test: params.words("test"),
            lint: params.words("lint")
        )
        let verifier = Verifier(
            setting,
            plan: plan,
            checkpoints: checkpoints,
            cache: "\(context.workspaceRoot)/bases"
        )
        let opening = SessionOpening(work: self, folder: folder, setting: setting, plan: plan)
        let toolbox: Toolbox
        do { toolbox = try Toolbox(setting) } catch { throw .unusableWorkspace(worktree.path, error) }
        let session = try await opening.session(toolbox, verifier, worktree)
        let log = AgentLog(run)
        let parts = AgentRun.Parts(
            provider: choice.ungated { await run.progress($0, of: choice.name) },
            desk: choice.provider.gate,
            toolbox: toolbox,
            verifying: verifier,
            checkpoints: checkpoints
        )
        let agent = AgentRun(session, parts, onEvent: { await log.tell($0) })
        context.agents.enter(context.key.task, agent, session)
        let outcome = await agent.run()
        // Whoever called beside the executor has it until they have heard the end.
        if context.call == nil { context.agents.leave(context.key.task) }
        await log.flush()
        if outcome.ending == .cancelled || outcome.ending == .suspended, context.isSuspending(), context.call == nil {
            return await transfer.putAside()
        }
        let report = CodeReport(work: self, outcome: outcome, plan: plan, folder: folder)
        return try await report.result(worktree, checkpoints)
    }
}

extension JSONObject {
    /// A parameter that is a list of words; nil where it is absent or empty.
    func words(_ name: String) -> [String]? {
        let words = self[name]?.arrayValue?.compactMap(\.stringValue) ?? []
        return words.isEmpty ? nil : words
    }
}
