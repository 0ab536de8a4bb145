import YggCore
import YggProcess

/// `power-off` and `power-reboot`: runs the command that the machine's owner wrote down for it.
///
/// As a rule it is reported before the machine goes. Where it is not, the vanished executor is the success: that is what
/// `onLost` of these kinds says.
struct PowerOrder: ProcessHandler {
    let spec: KindSpec
    /// nil where the machine's owner does not allow it.
    let command: [String]?

    func plan(_ context: HandlerContext) async -> HandlerResult {
        guard let command else { return HandlerFailure.notEnabled(spec.kind).handlerResult }
        return .asking(
            ApprovalQuestion(
                subject: .command,
                next: .run,
                summary: "Would run: \(commandLine(command).prefix(1000))",
                limits: context.limits,
                shown: ["kind": .string(spec.kind.rawValue), "argv": .array(command.map(JSON.string))]
            )
        )
    }

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        guard let command else { throw .notEnabled(spec.kind) }
        await run.message("Running \(commandLine(command))")
        let outcome = await run.stream(command)
        if let failure = await run.failure(outcome, of: command) { throw failure }
        var result = outcome.resultMembers
        result.append(
            "summary",
            spec.kind.rawValue == "power-off" ? "The machine goes off" : "The machine starts anew"
        )
        return result
    }
}
