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

    /// The branch that the work is to land on.
    var target: String {
        WorkOrder.target(params["target"]?.stringValue ?? "main", params: params, of: context.key)
    }

    func result() async throws(HandlerFailure) -> HandlerResult {
        for path in params.words("paths") ?? [] where path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            throw HandlerFailure(
                code: "invalid-params",
                detail: "paths names \(path), and they are those of files in the repository, such as src/calc.py.",
                retryable: false
            )
        }
        let folder = SessionFolder(context)
        if let obstacle = try await obstacle(folder) { return obstacle }
        let landed = try await Landed.earlier(repository, target: target, pushes: pushes, run)
        if let landed, !folder.hasSession { return landed }
        // A change that conflicts with what landed meanwhile is made anew, from there; once for each time that is asked.
        let redo = redoDigest
        if let redo, folder.redone != redo { await folder.remove(context) }
        if let redo { try folder.keep(redone: redo) }
        let ref = context.resume?.base ?? params[redo == nil ? "ref" : "target"]?.stringValue
        let worktree = try await Worktree.session(repository, ref: ref, in: folder, run)
        do throws(HandlerFailure) {
            if context.call != nil { try folder.keep(context) }
            let result = try await result(folder, worktree, landed)
            if result.interruption == .inTheWay { try folder.keepWaiting() }
            worktree.leave()
            if result.question == nil, result.outcome == .succeeded, !isShownOnly {
                let environment = context.environment
                context.afterwards.add { await folder.removeIfFree(environment) }
            }
            return result
        } catch {
            worktree.leave()
            throw error
        }
    }

    private var pushes: Bool { params["push"]?.boolValue ?? false }

    /// Whoever asked beside the executor looks at the work, and may say more.
    private var isShownOnly: Bool { context.call.map { !$0.lands } ?? false }

    /// The approval by which the work is made anew; nil where the last word was another one.
    private var redoDigest: String? {
        guard let last = context.decisions.last, last.decision?.verdict == .approved else { return nil }
        return last.question.shown["redo"] == true ? last.digest : nil
    }

    /// What a person still has in the way of work that is done and waits for them.
    private func obstacle(_ folder: SessionFolder) async throws(HandlerFailure) -> HandlerResult? {
        guard folder.hasSession, folder.isWaiting else { return nil }
        let place = try await LandingPlace(repository: repository, target: target, git: try Git(run))
        if case .inTheWay(let code, let detail)? = try await place.obstacle(to: nil) {
            try folder.keepWaiting()
            return .inTheWay(code, detail)
        }
        // From here on it may be killed with its files half there.
        folder.endWaiting()
        return nil
    }

    /// - Parameter landed: what the attempt ends with where the session here is not the one that was landed.
    private func result(
        _ folder: SessionFolder,
        _ worktree: Worktree,
        _ landed: HandlerResult?
    ) async throws(HandlerFailure) -> HandlerResult {
        let setting = try await folder.setting(root: worktree.path, gitDirectory: worktree.place.gitDirectory, context)
        let checkpoints: Checkpoints
        do {
            checkpoints = try await Checkpoints(
                setting,
                base: worktree.commit,
                owner: context.key.task.rawValue,
                isUntouched: worktree.isNew
            )
        } catch {
            throw .unusableWorkspace(worktree.path, error)
        }
        let transfer = SessionTransfer(folder: folder, worktree: worktree, checkpoints: checkpoints, run: run)
        let plan = try await plan(folder, setting)
        if let suspended = context.resume, !folder.hasSession { try await transfer.takeUp(suspended) }
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
        if let landed, session.end?.way != .done { return landed }
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
        if worktree.isNew { context.spares.want(worktree.mirror, at: worktree.commit) }
        let outcome = await agent.run()
        // Whoever called beside the executor has it until they have heard the end.
        if context.call == nil { context.agents.leave(context.key.task) }
        await log.flush()
        if outcome.ending == .cancelled || outcome.ending == .suspended, context.isSuspending(), context.call == nil {
            return await transfer.putAside()
        }
        let report = CodeReport(work: self, outcome: outcome, plan: plan)
        return try await report.result(worktree, checkpoints)
    }

    /// What the work is checked with: as it was found before anything was changed.
    private func plan(
        _ folder: SessionFolder,
        _ setting: Toolbox.Setting
    ) async throws(HandlerFailure) -> VerificationPlan {
        if folder.hasSession, let plan = folder.plan { return plan }
        let plan = await VerificationPlan.find(
            setting,
            for: kind.verification,
            test: params.words("test"),
            lint: params.words("lint")
        )
        // What is to be mended is what a linter says: without one the model would guess.
        if kind.verification == .lint, plan.lack != nil {
            let wanted = params["linter"]?.stringValue.map { "\($0) was not" } ?? "No linter was"
            throw HandlerFailure(
                code: "missing-command",
                detail:
                    "\(wanted) found on this executor for this repository. Install it there, or name a command with the "
                    + "parameter lint, as an array.",
                retryable: false
            )
        }
        try folder.keep(plan)
        return plan
    }
}

extension JSONObject {
    /// A parameter that is a list of words; nil where it is absent or empty.
    func words(_ name: String) -> [String]? {
        let words = self[name]?.arrayValue?.compactMap(\.stringValue) ?? []
        return words.isEmpty ? nil : words
    }
}
