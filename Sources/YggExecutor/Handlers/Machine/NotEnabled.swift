import YggCore

extension HandlerFailure {
    /// The owner of this machine has not allowed it.
    static func notEnabled(_ kind: TaskKind) -> HandlerFailure {
        let key = MachineAccess.permission(of: kind) ?? "executor.machine"
        return HandlerFailure(
            code: "not-enabled",
            detail:
                "\(kind) is not enabled on this machine. Its owner allows it with \(key) in the yggdrasil.yaml there.",
            retryable: false
        )
    }

    static func invalidParameter(_ detail: String) -> HandlerFailure {
        HandlerFailure(code: "invalid-params", detail: detail, retryable: false)
    }
}
