import YggAgent
import YggCore

/// What becomes of a session's outcome: work that is handed over, or a failure with its cause; and the evidence of both.
struct CodeReport {
    let work: CodeWork
    let outcome: AgentOutcome
    let plan: VerificationPlan

    private var run: AttemptRun { work.run }
    private var context: HandlerContext { work.run.context }

    func result(_ worktree: Worktree, _ checkpoints: Checkpoints) async throws(HandlerFailure) -> HandlerResult {
        switch outcome.ending {
        case .cancelled, .suspended: throw .cancelled()
        case .failed(let failure):
            var failed = HandlerFailure(failure, steps: outcome.verdict?.steps ?? [])
            for member in members.members where failed.result[member.key] == nil {
                failed.result.append(member.key, member.value)
            }
            // What there is of the work is worth a look.
            if let diff = try? await checkpoints.diff(), !diff.isEmpty {
                let shown = context.secrets.patterns.redacted(diff)
                if context.call != nil {
                    failed.result["diff"] = .string(shown)
                } else {
                    failed.result["diff"] = .string(try await context.upload(Array(shown.utf8), name: "diff").sha256)
                }
            }
            failed.result["evidence"] = .string(try await evidence(failed.error).sha256)
            throw failed
        case .done:
            return try await handOver(worktree, checkpoints)
        }
    }

    private func handOver(_ worktree: Worktree, _ checkpoints: Checkpoints) async throws(HandlerFailure)
        -> HandlerResult
    {
        let tree: String
        do { tree = try await checkpoints.save("result") } catch { throw .unusableWorkspace(worktree.path, error) }
        if let call = context.call, !call.lands { return try await show(tree, worktree, checkpoints) }
        var order = WorkOrder(
            repository: work.repository,
            target: work.target,
            message: message,
            summary: summary
        )
        order.model = work.choice.name
        // What failed before the work and fails after it still has to fail with nothing else where it lands.
        order.verification = steps.filter { $0.exitCode != nil }.map(\.step.command)
        order.verified = steps.map { Verified($0.step.command, exitCode: $0.exitCode.map(Int64.init) ?? 137) }
        order.outcome = outcome.unverified == nil ? .succeeded : .unverified
        // What nothing has checked does not land without anybody having seen it.
        order.asks = outcome.unverified != nil
        order.pushes = context.params["push"]?.boolValue ?? false
        order.result = members
        order.result["evidence"] = .string(try await evidence(nil).sha256)
        var result = try await WorkProduct.handOver(
            tree,
            on: worktree.commit,
            branch: worktree.branch,
            worktree.mirror,
            order,
            run
        )
        if context.call != nil { result.result["diff"] = .string(try await diff(to: tree, worktree, checkpoints)) }
        return result
    }

    private func diff(
        to tree: String,
        _ worktree: Worktree,
        _ checkpoints: Checkpoints
    ) async throws(HandlerFailure) -> String {
        do {
            return context.secrets.patterns.redacted(try await checkpoints.diff(to: tree))
        } catch {
            throw .unusableWorkspace(worktree.path, error)
        }
    }

    /// The work for whoever asked for it beside the executor: nobody else is told, and it goes nowhere.
    private func show(
        _ tree: String,
        _ worktree: Worktree,
        _ checkpoints: Checkpoints
    ) async throws(HandlerFailure) -> HandlerResult {
        let diff = try await diff(to: tree, worktree, checkpoints)
        var result = members
        let own: JSONObject = [
            "changed": .bool(!diff.isEmpty), "summary": .string(summary), "base": .string(worktree.commit),
            "diff": .string(diff), "checks": .array(steps.map(\.json)),
        ]
        for member in own.members { result.append(member.key, member.value) }
        return HandlerResult(outcome: outcome.unverified == nil ? .succeeded : .unverified, result: result)
    }

    private var steps: [StepReport] { outcome.verdict?.steps ?? [] }

    // MARK: - For people

    /// What a person reads first. Of work that nothing has checked, that comes first.
    private var summary: String {
        var lines: [String] = []
        switch outcome.verdict?.worth {
        case .unverified(let sentence): lines.append("Unverified: \(sentence)")
        case .verified where !steps.isEmpty:
            let passed = steps.filter(\.passed)
            // What failed before may fail on, and then there may be nothing that passes.
            let words = (passed.isEmpty ? steps : passed).map { $0.step.argv.joined(separator: " ") }
            lines.append(
                passed.isEmpty
                    ? "Nothing fails that did not fail before, by \(words.joined(separator: ", "))"
                    : "Verified by \(words.joined(separator: ", "))"
            )
        default: break
        }
        if let fixed = outcome.verdict?.fixed, !fixed.isEmpty {
            lines.append(
                "Repairs \(fixed.prefix(3).joined(separator: ", "))\(fixed.count > 3 ? " and \(fixed.count - 3) more" : "")"
            )
        }
        if outcome.provider.isScripted { lines.append("A scenario was played in the place of a model.") }
        let words = outcome.summary.split(whereSeparator: \.isNewline).prefix(3).joined(separator: " ")
        if !words.isEmpty { lines.append(String(words.prefix(600))) }
        return lines.joined(separator: "\n")
    }

    /// The commit's: a subject of one line, and what was asked.
    private var message: String {
        let asked = ["instruction", "spec"].compactMap { context.params[$0]?.stringValue }.first { !$0.isEmpty }
        let words = outcome.summary.isEmpty ? asked ?? "\(work.kind.kind) by \(work.choice.name)" : outcome.summary
        let first = words.split(whereSeparator: \.isNewline).first.map(String.init) ?? "\(work.kind.kind)"
        let subject = first.count > 72 ? "\(first.prefix(69))..." : first
        return asked.map { "\(subject)\n\n\(context.kind): \($0)" } ?? subject
    }

    /// The members of the result that say how the work was done.
    private var members: JSONObject {
        var members: JSONObject = [
            "model": .string(work.choice.name), "steps": .int(Int64(outcome.steps)), "tokens": .int(outcome.tokens),
            "mode": .string(outcome.mode.rawValue),
        ]
        for member in work.choice.whoAnswered.members { members.append(member.key, member.value) }
        if let sentence = outcome.unverified { members.append("unverified", .string(sentence)) }
        return members
    }

    // MARK: - Evidence

    /// Everything that somebody would want to know who doubts the result: one bundle of JSON.
    private func evidence(_ error: TaskError?) async throws(HandlerFailure) -> Artifact {
        var evidence = members
        evidence.append("task", .string(context.key.task.rawValue))
        evidence.append("epoch", .int(context.key.epoch))
        evidence.append("kind", .string(context.kind.rawValue))
        evidence.append("params", .object(context.params))
        evidence.append("summary", .string(outcome.summary))
        evidence.append(
            "prompts",
            .object(JSONObject(outcome.prompts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        )
        evidence.append("kindPrompt", .string(CodePrompt(work.kind, params: context.params).templateHash))
        let session = await SessionEvidence(file: outcome.sessionFile)
        evidence.append("commands", .array(session.commands))
        evidence.append("base", .array(session.base.map(SessionEvidence.shown)))
        evidence.append("verifications", .array(session.verifications))
        evidence.append("checks", .array(steps.map(\.json)))
        evidence.append("failures", session.failures(after: steps))
        evidence.append("fixed", .array((outcome.verdict?.fixed ?? []).map(JSON.string)))
        evidence.append("newFailures", .int(Int64(outcome.verdict?.newFailures ?? 0)))
        evidence.append("checkNotes", .array(plan.notes.map(JSON.string)))
        if let error { evidence.append("error", ["code": .string(error.code), "detail": .string(error.detail)]) }
        let text = JSON.object(context.secrets.patterns.redacted(evidence)).text
        return try await context.upload(Array(text.utf8), name: "evidence")
    }
}

extension VerificationStep {
    /// The argv that runs it from the top of a work tree.
    var command: [String] { directory.map { ["env", "-C", $0] + argv } ?? argv }
}

extension StepReport {
    var json: JSON {
        var object: JSONObject = [
            "goal": .string(step.goal.rawValue), "argv": .array(step.argv.map(JSON.string)),
            "milliseconds": .int(Int64(duration / .milliseconds(1))), "failures": .array(failures.map(JSON.string)),
            "output": .string(output),
        ]
        object.append("directory", .optional(step.directory))
        object.append("exitCode", .optional(exitCode.map(Int64.init)))
        object.append("ended", .optional(ended))
        return .object(object)
    }
}

extension HandlerFailure {
    /// One of the ten causes.
    init(_ failure: RunFailure, steps: [StepReport]) {
        self.init(
            code: failure.cause.code,
            detail: "\(failure.detail) \(failure.nextStep)",
            retryable: failure.model?.isRetryable ?? false
        )
        if let model = failure.model { result.append("modelError", .string(model.code.rawValue)) }
        if !steps.isEmpty { result.append("checks", .array(steps.map(\.json))) }
    }
}
