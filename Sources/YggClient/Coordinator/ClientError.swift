/// Why the coordinator gave no answer that could be used. What it did answer is a `Problem`.
package enum ClientError: Error, Sendable, Hashable {
    /// Nobody answered at any of its addresses, or the connection broke before the answer.
    case unreachable(url: String, reason: String)
    /// Somebody answered who is no coordinator.
    case notACoordinator(url: String, reason: String)
    /// The address itself is wrong.
    case invalidURL(url: String, reason: String)
}

extension ClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let url, let reason): "cannot reach the coordinator at \(url): \(reason)"
        case .notACoordinator(let url, let reason): "what answers at \(url) is no coordinator: \(reason)"
        case .invalidURL(let url, let reason): "\"\(url)\" is not an address: \(reason)"
        }
    }
}

extension ClientError {
    init(_ error: TransportError) {
        switch error {
        case .unreachable(let url, _), .broken(let url, _), .timedOut(let url, _):
            self = .unreachable(url: url, reason: error.reason)
        case .tooLarge(let url, _): self = .notACoordinator(url: url, reason: error.reason)
        case .invalidURL(let url, _): self = .invalidURL(url: url, reason: error.reason)
        }
    }
}
