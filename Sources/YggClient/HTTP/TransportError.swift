import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix

/// Why a request has no answer. What matters to a caller is whether the server may have acted on it.
package enum TransportError: Error, Sendable, Hashable {
    /// No connection could be made: nothing was sent, so anything may be sent again.
    case unreachable(url: String, reason: String)
    /// The connection broke on the way: the server may have acted.
    case broken(url: String, reason: String)
    /// No answer in time: the server may have acted, or still will.
    case timedOut(url: String, after: Duration)
    /// The answer is longer than anybody's answer should be.
    case tooLarge(url: String, limit: Int)
    /// The address itself is wrong; no repetition helps.
    case invalidURL(url: String, reason: String)

    /// Whether the same request can be sent again without being done twice.
    package var isUnsent: Bool { if case .unreachable = self { true } else { false } }

    package var reason: String {
        switch self {
        case .unreachable(_, let reason), .broken(_, let reason), .invalidURL(_, let reason): reason
        case .timedOut(_, let duration): "no answer within \(duration)"
        case .tooLarge(_, let limit): "the answer is longer than \(limit >> 20) MiB"
        }
    }
}

extension TransportError {
    init(_ error: any Error, url: String, timeout: Duration) {
        switch error {
        case let error as HTTPClientError: self.init(error, url: url, timeout: timeout)
        case let error as NIOConnectionError: self = .unreachable(url: url, reason: words(of: error))
        case let error as ChannelError:
            if case .connectTimeout = error {
                self = .unreachable(url: url, reason: "no connection in time")
            } else {
                self = .broken(url: url, reason: "\(error)")
            }
        case let error as IOError:
            self =
                isRefusal(error)
                ? .unreachable(url: url, reason: message(of: error)) : .broken(url: url, reason: message(of: error))
        default:
            let text = "\(error)"
            // The library's error is of a type that only its own module can name. Before a handshake nothing is sent.
            self =
                Self.handshakes.first { text.contains($0.sign) }.map { .unreachable(url: url, reason: $0.reason) }
                ?? .broken(url: url, reason: text)
        }
    }

    private static let handshakes = [
        (sign: "WRONG_VERSION_NUMBER", reason: "there is no TLS there; its address begins with http://"),
        (sign: "CERTIFICATE_VERIFY_FAILED", reason: "its certificate is not one that this machine trusts"),
    ]

    private init(_ error: HTTPClientError, url: String, timeout: Duration) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .socksHandshakeTimeout,
            .httpProxyHandshakeTimeout:
            self = .unreachable(url: url, reason: "no connection in time")
        case .deadlineExceeded, .readTimeout, .writeTimeout: self = .timedOut(url: url, after: timeout)
        case .remoteConnectionClosed: self = .broken(url: url, reason: "the connection was closed")
        case .invalidURL, .emptyHost, .emptyScheme:
            self = .invalidURL(url: url, reason: "it must look like http://127.0.0.1:5080")
        default:
            let text = error.description
            self =
                text.contains("unsupportedScheme")
                ? .invalidURL(url: url, reason: "it must begin with http:// or https://")
                : .broken(url: url, reason: text)
        }
    }
}

private func words(of error: NIOConnectionError) -> String {
    if error.connectionErrors.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil {
        return "the name \(error.host) is not known"
    }
    guard let failure = error.connectionErrors.first else { return "no address of \(error.host) answers" }
    if let error = failure.error as? IOError { return message(of: error) }
    if case .some(.connectTimeout) = failure.error as? ChannelError { return "no connection in time" }
    return "\(failure.error)"
}

/// What only connecting brings. A connection that stood could report a lost host too, but only after a quarter of an
/// hour of silence, long after every timeout of ours.
private func isRefusal(_ error: IOError) -> Bool {
    [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
}

/// The kernel's words alone, as in "connection refused".
private func message(of error: IOError) -> String {
    String(cString: strerror(error.errnoCode)).lowercased()
}
