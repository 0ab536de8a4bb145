import YggCore
import YggProtocol

extension ExecutorSettings {
    /// What an attempt is for decides what its handler is asked. What a person must see first is shown, and only what
    /// they have seen is done.
    func carryOut(
        _ assignment: Assignment,
        with handler: any Handler,
        _ context: HandlerContext
    ) async -> HandlerResult {
        switch assignment.phase {
        case .plan: return await handler.plan(context)
        case .run:
            if context.tier.contains(.plan), let instead = await unseen(handler, context) { return instead }
            return await handler.run(context).reviewed(context)
        case .land:
            guard let approval = context.decisions.permission(to: .land) else {
                return .failed(
                    code: "not-approved",
                    detail: "It was sent here to be landed without an approval.",
                    retryable: false
                )
            }
            return await handler.land(approval, context)
        }
    }

    /// What to end with instead of running: a question about what nobody has seen. A command is made anew and compared,
    /// because its declaration, or what a path stands for, may have changed since it was approved.
    private func unseen(_ handler: any Handler, _ context: HandlerContext) async -> HandlerResult? {
        let approved = context.decisions.permission(to: .run)?.question
        if let approved, approved.subject != .command { return nil }
        // As it was shown: without secrets.
        let planned = await handler.plan(context).redacted(context.secrets.patterns)
        guard let question = planned.question, let approved else { return planned }
        let isSame = question.canonicalBytes(result: JSONObject()) == approved.canonicalBytes(result: JSONObject())
        return isSame ? nil : planned
    }
}

extension HandlerResult {
    var isDone: Bool { outcome == .succeeded || outcome == .unverified }

    /// The result with its outcome, as it is stored and shown.
    var withOutcome: JSONObject {
        var object: JSONObject = ["outcome": .string(outcome.rawValue)]
        for member in result.members where member.key != "outcome" { object.append(member.key, member.value) }
        return object
    }

    /// Asks whether it counts, where a person must see it and the handler has not asked by itself.
    fileprivate func reviewed(_ context: HandlerContext) -> HandlerResult {
        guard context.tier.contains(.review), isDone, question == nil else { return self }
        var asking = self
        asking.question = .review(of: context.kind, result: result)
        return asking
    }
}

extension ReportEntry.Body {
    /// The last word of an attempt that came out as `result`; nil where nothing is reported.
    init?(lastWordOf result: HandlerResult, endedBy end: AttemptEnd?, limits: Timeouts) {
        guard let report = FinalReport(of: result, endedBy: end, limits: limits) else { return nil }
        if result.isDone, let question = result.question {
            self = .question(question, result: result.withOutcome)
        } else {
            self = .final(report)
        }
    }

    /// With the longest members of its result left out, where it is a last word.
    func shortened(to limit: Int) -> ReportEntry.Body {
        switch self {
        case .event: return self
        case .final(let report): return .final(report.shortened(to: limit))
        case .question(let question, let result):
            let report = FinalReport(ending: .finished(.succeeded), result: result).shortened(to: limit)
            return .question(question, result: report.result)
        }
    }
}

extension Assignment {
    /// What a person must see: what the coordinator says, and what the handler here asks for and no operator skipped.
    /// The coordinator may not have known the handler when the task was submitted.
    func tier(with handler: KindSpec) -> [Tier] {
        let own = handler.tier(for: spec.params)
        return Tier.allCases.filter { tier in
            spec.tier.contains(tier) || own.contains(tier) && !spec.skippedTier.contains(tier)
        }
    }
}
