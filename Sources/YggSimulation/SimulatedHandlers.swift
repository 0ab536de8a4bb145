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
        auditor.ended(context.key, outcome, on: process)
        return HandlerResult(
            outcome: outcome,
            result: ["by": .string("\(context.key)"), "lines": .int(Int64(said))],
            error: outcome == .failed
                ? TaskError(
                    code: "exit-code",
                    detail: "It failed as \(context.key).",
                    retryable: work.ending == .fails
                ) : nil
        )
    }
}
