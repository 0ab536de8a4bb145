import YggCore
import YggExecutor

/// What the executors of a simulation run: work that takes time, says lines, fails, and ends slowly when it is told to.
struct SimulatedHandlers: HandlerSource {
    let process: ExecutorProcess

    var kinds: [KindSpec] { SimulatedKind.allCases.map(\.spec) }

    func handler(for kind: TaskKind) -> (any Handler)? {
        SimulatedKind(rawValue: kind.rawValue).map { SimulatedHandler(process: process, kind: $0) }
    }
}

private struct SimulatedHandler: Handler {
    let process: ExecutorProcess
    let kind: SimulatedKind

    var spec: KindSpec { kind.spec }

    func run(_ context: HandlerContext) async -> HandlerResult {
        let auditor = process.fleet.auditor
        let plan = context.params["plan"]?.stringValue ?? ""
        let work = process.fleet.clients.work(of: plan, attempt: Int(context.key.epoch))
        auditor.began(context.key, kind, on: process)
        let pause = work.duration / Int64(work.lines + 1)
        var said = 0
        while said < work.lines, !Task.isCancelled {
            await process.sleep(pause)
            if Task.isCancelled { break }
            said += 1
            await context.emit(.output, ["lease": .string("\(context.key)"), "line": .int(Int64(said))])
        }
        if !Task.isCancelled { await process.sleep(pause) }
        let wasEnded = Task.isCancelled
        // Children do not die at once.
        if wasEnded { await process.sleep(work.dying, isCancellable: false) }
        let outcome: Outcome = wasEnded ? .cancelled : work.ending == .succeeds ? .succeeded : .failed
        let ending = HandlerResult(
            outcome: outcome,
            result: ["by": .string(auditor.mark(of: context.key, on: process)), "lines": .int(Int64(said))],
            error: outcome == .failed
                ? TaskError(
                    code: "exit-code",
                    detail: "It failed as \(context.key).",
                    retryable: work.ending == .fails
                ) : nil,
            question: outcome == .succeeded ? question(about: context, plan) : nil
        )
        auditor.ended(context.key, ending, on: process)
        return ending
    }

    /// Asks whether what this attempt made may be landed.
    private func question(about context: HandlerContext, _ plan: String) -> ApprovalQuestion? {
        guard case .landing(let branch) = process.fleet.clients.asks(plan) else { return nil }
        return ApprovalQuestion(
            subject: .plan,
            next: .land,
            summary: "the work of \(context.key)",
            repository: SimulatedRepository.name,
            target: branch,
            shown: ["work": .string(process.fleet.auditor.mark(of: context.key, on: process))]
        )
    }

    /// Lands what was approved: looks whether it has landed, prepares for a while, and publishes only where the branch is
    /// as it was then.
    func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult {
        let fleet = process.fleet
        let branch = approval.question.target ?? ""
        let plan = context.params["plan"]?.stringValue ?? ""
        let work = fleet.clients.work(of: plan, attempt: Int(context.key.epoch))
        fleet.auditor.began(context.key, kind, on: process)
        var hasLanded = false
        var tries = 0
        while !hasLanded, tries < 3, !Task.isCancelled {
            hasLanded = fleet.repository.has(approval.digest, on: branch)
            if hasLanded { break }
            let base = fleet.repository.tip(of: branch)
            await process.sleep(work.duration / 3 + 20)
            if Task.isCancelled { break }
            hasLanded = fleet.repository.publish(approval, of: context.key, over: base, by: process)
            tries += 1
        }
        if Task.isCancelled { await process.sleep(work.dying, isCancellable: false) }
        let ending: HandlerResult =
            hasLanded || Task.isCancelled
            ? HandlerResult(
                outcome: hasLanded ? .succeeded : .cancelled,
                result: ["by": .string(fleet.auditor.mark(of: context.key, on: process))]
            ) : .notLanded("\(branch) moved \(tries) times.")
        fleet.auditor.ended(context.key, ending, on: process)
        return ending
    }
}
