package import YggCore

/// Runs one task here and now: no coordinator, no slots, no spool.
package enum OneShot {
    /// How a task came out.
    package struct End: Sendable {
        /// Its last word; nil of one that was given up.
        package let report: FinalReport?
        /// What it asks in place of landing.
        package let question: ApprovalQuestion?
        /// The file of the diff that is asked about.
        package let diff: String?
    }

    /// Runs `kind` to its end, landing what it makes. Ends it in order where the surrounding task is cancelled.
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
        try await end(of: kind, params: params, settings: settings, clock: clock, onEvent: onEvent)?.report
    }

    /// Runs `kind` to its end, which is a question where somebody is to see what it made before that lands.
    /// - Parameter seen: what of the kind's tier is to be shown.
    package static func end(
        of kind: TaskKind,
        params: JSONObject,
        settings: ExecutorSettings,
        showing seen: Set<Tier> = [],
        clock: RuntimeClock = .host,
        onEvent: @escaping @Sendable (EventDraft) async -> Void
    ) async throws(InvalidInput) -> End? {
        guard let handler = settings.handlers.handler(for: kind) else { return nil }
        _ = try handler.spec.validate(params)
        let id = TaskID(trusted: "run-\(randomName(hostRandom).prefix(12))")
        let assignment = Assignment.local(
            id,
            handler.spec,
            params: params,
            runTimeout: nil,
            showing: seen,
            at: clock.time()
        )
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
                    // Nobody else is to hear of the result.
                    await attempt.afterwards.perform()
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            attempt.stop(.cancelled)
        }
        let question = result.isDone ? result.question : nil
        let desk = ArtifactDesk.local(attempt.key, workspaceRoot: settings.workspaceRoot)
        return End(
            report: FinalReport(of: result, endedBy: attempt.end, limits: assignment.spec.timeouts),
            question: question,
            diff: question?.diff.map(desk.path(of:))
        )
    }
}
