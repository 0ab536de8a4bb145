import YggCore

/// Does nothing, at once and in process: what is left to measure is the fleet.
struct BenchNoop: Handler {
    let spec: KindSpec

    func run(_ context: HandlerContext) async -> HandlerResult {
        HandlerResult(outcome: .succeeded)
    }
}

/// Spawns `/bin/true`: the least that a task with a process costs.
struct BenchTrue: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let argv = ["/bin/true"]
        let outcome = await run.stream(argv)
        if let failure = await run.failure(outcome, of: argv) { throw failure }
        return outcome.resultMembers
    }
}
