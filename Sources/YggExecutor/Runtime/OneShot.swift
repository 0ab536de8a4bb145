package import YggCore

/// Runs one task here and now: no coordinator, no slots, no spool.
package enum OneShot {
    /// Runs `kind` to its end. Ends it in order where the surrounding task is cancelled.
    /// - Parameters:
    ///   - onEvent: gets every entry of the log as it comes, one after the other.
    /// - Returns: its last word; nil where no handler offers the kind.
    /// - Throws: `InvalidInput` for the parameters.
    package static func run(
        _ kind: TaskKind,
        params: JSONObject,
        settings: ExecutorSettings,
        clock: RuntimeClock = .host,
        onEvent: @escaping @Sendable (EventDraft) async -> Void
    ) async throws(InvalidInput) -> FinalReport? {
        guard let handler = settings.handlers.handler(for: kind) else { return nil }
        _ = try handler.spec.validate(params)
        let id = TaskID(trusted: "run-\(randomName(hostRandom).prefix(12))")
        let assignment = Assignment.local(id, handler.spec, params: params, runTimeout: nil, at: clock.time())
        let attempt = Attempt(
            key: LeaseKey(task: id, epoch: 0),
            handler: handler,
            assignment: assignment,
            acceptedAt: clock.time()
        )
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                attempt.begin(at: clock.awake()) {
                    let result = await settings.carryOut(attempt, clock: clock) { type, data in
                        await onEvent(EventDraft(at: clock.time(), type: type, data: data))
                    }
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            attempt.stop(.cancelled)
        }
        return FinalReport(of: result, endedBy: attempt.end, limits: assignment.spec.timeouts)
    }
}
