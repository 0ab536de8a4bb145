package import YggCore
package import YggProtocol

/// The coordinator, as a program sees it: typed calls over HTTP, with the repetitions that are safe.
package struct CoordinatorClient: Sendable {
    /// Tries of one call, the first included: they bridge a dropped connection, not an outage.
    static let maxTries = 3
    /// The longest wait that a server may ask for between them; whoever asks for more is believed, and not asked again.
    static let longestWait = Milliseconds.seconds(5)

    /// Whether a request may be sent again after its connection broke, when nobody knows what became of it.
    package enum Repetition: Sendable {
        /// Reads, and writes that carry an idempotency key.
        case safe
        /// Sent again only where it was never sent.
        case onlyUnsent
    }

    /// In the order in which they are tried.
    package let urls: [String]
    private let requests: [HTTPTransport]
    let streams: [HTTPTransport]

    /// - Parameter urls: one address, or several of coordinators that share one store.
    package init(urls: [String], token: String?) {
        self.urls = urls
        requests = urls.map { HTTPTransport(baseURL: $0, token: token) }
        streams = urls.map { HTTPTransport(client: SharedHTTPClients.streams, baseURL: $0, token: token) }
    }

    /// - Parameter address: what `YGG_COORDINATOR` holds: addresses separated by commas. Without a scheme `http://`
    ///   is meant.
    package init(address: String, token: String?) {
        let urls = address.split(separator: ",").compactMap { part -> String? in
            let text = part.drop { $0 == " " }.split(separator: " ").first.map(String.init) ?? ""
            if text.isEmpty { return nil }
            return text.contains("://") ? text : "http://\(text)"
        }
        self.init(urls: urls.isEmpty ? [Self.defaultURL] : urls, token: token)
    }

    package static let defaultURL = "http://127.0.0.1:5080"

    /// Sends one request, again where that is safe, and returns what was answered.
    /// - Throws: `Problem` for every status from 400, `ClientError` where there was no answer.
    package func request(
        _ method: String,
        _ path: RequestPath,
        headers: [(String, String)] = [],
        body: JSON? = nil,
        timeout: Duration = .seconds(30),
        repetition: Repetition? = nil
    ) async throws -> HTTPReply {
        let reply = try await exchange(
            method,
            path,
            headers: headers,
            body: body,
            timeout: timeout,
            repetition: repetition
        )
        guard reply.status < 400 else { throw Problem(reply) }
        return reply
    }

    /// Like `request`, with every status an answer. Those that ask to be tried again soon are.
    /// - Parameter repetition: nil says what HTTP says of the method.
    package func exchange(
        _ method: String,
        _ path: RequestPath,
        headers: [(String, String)] = [],
        body: JSON? = nil,
        timeout: Duration = .seconds(30),
        repetition: Repetition? = nil
    ) async throws -> HTTPReply {
        let repetition = repetition ?? (["GET", "HEAD", "PUT", "DELETE"].contains(method) ? .safe : .onlyUnsent)
        let bytes = body?.bytes
        var backoff = Backoff(first: .milliseconds(50), limit: .seconds(1))
        var tries = 1
        while true {
            var asked = Milliseconds.zero
            do throws(TransportError) {
                let reply = try await firstAnswer(method, path, headers, bytes, timeout)
                asked = reply.retryAfter ?? .zero
                guard reply.asksToTryAgain, repetition == .safe, tries < Self.maxTries, asked <= Self.longestWait
                else { return reply }
            } catch {
                if Task.isCancelled { throw CancellationError() }
                let mayRepeat = error.isUnsent || (repetition == .safe && error.isBroken)
                guard mayRepeat, tries < Self.maxTries else { throw ClientError(error) }
            }
            tries += 1
            try await Task.sleep(for: max(backoff.next(), asked.duration))
        }
    }

    /// Asks one address after the other, as long as nothing was sent.
    private func firstAnswer(
        _ method: String,
        _ path: RequestPath,
        _ headers: [(String, String)],
        _ body: [UInt8]?,
        _ timeout: Duration
    ) async throws(TransportError) -> HTTPReply {
        var last = TransportError.invalidURL(url: "", reason: "there is no address")
        for transport in requests {
            do {
                return try await transport.send(
                    method: method,
                    path: path.description,
                    headers: headers,
                    body: body,
                    timeout: timeout
                )
            } catch let error as TransportError {
                last = error
                guard error.isUnsent else { break }
            } catch {
                last = .broken(url: transport.baseURL, reason: "it was given up")
                break
            }
        }
        throw last
    }

    /// The object that every answer of ours is.
    func object(of reply: HTTPReply) throws -> JSONObject {
        guard let object = reply.json?.objectValue else {
            throw ClientError.notACoordinator(
                url: urls.joined(separator: ","),
                reason: "it answered \(reply.status) without JSON"
            )
        }
        return object
    }
}

extension TransportError {
    fileprivate var isBroken: Bool { if case .broken = self { true } else { false } }
}

extension HTTPReply {
    /// The server cannot just now, and says so before it has done anything.
    fileprivate var asksToTryAgain: Bool { (status == 429 || status == 503) && json?["retryable"]?.boolValue == true }
}

extension Problem {
    /// What a server said beside its status.
    package init(_ reply: HTTPReply) {
        self.init(status: reply.status, body: reply.json)
        retryAfter = reply.retryAfter.map { Int(($0.rawValue + 999) / 1000) }
    }
}
