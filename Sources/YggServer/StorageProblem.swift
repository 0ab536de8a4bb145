import YggHTTP
package import YggProtocol
package import YggStorage

/// A store that cannot do what it was asked to, as a client is told. Nothing was changed, so every request may be sent
/// again.
extension StorageError: ProblemConvertible {
    package var problem: Problem {
        code == .full
            ? .diskLow(detail)
            : Problem(
                status: 503,
                code: "store-unavailable",
                title: "Store unavailable",
                detail: detail,
                retryable: true,
                nextAction: "Try again; if it stays, look at /health and at the disk of the coordinator.",
                retryAfter: 5
            )
    }
}
