import Glibc
import YggCore

/// Does nothing, at once and in process: what is left to measure is the fleet.
struct BenchNoop: Handler {
    let spec: KindSpec

    /// The result says when its first instruction ran, on the monotonic clock that all processes of a machine share.
    func run(_ context: HandlerContext) async -> HandlerResult {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let startedAt = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return HandlerResult(
            outcome: .succeeded,
            result: ["startedAtNs": .int(startedAt), "summary": "Did nothing"]
        )
    }
}

/// Spawns `/bin/true`: the least that a task with a process costs.
struct BenchTrue: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let argv = ["/bin/true"]
        let outcome = await run.stream(argv)
        if let failure = await run.failure(outcome, of: argv) { throw failure }
        var result = outcome.resultMembers
        result.append("summary", "Spawned /bin/true")
        return result
    }
}
