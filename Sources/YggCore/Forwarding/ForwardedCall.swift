/// One request to a service or an executor at a fixed address.
package struct ForwardedCall: Sendable, Hashable {
    package enum Purpose: Sendable, Hashable {
        /// `POST /execute`; the request may last as long as the attempt.
        case execute(LeaseKey, JSONObject)
        /// `GET /status`, about one attempt.
        case status(LeaseKey)
        /// `GET /status`, about whether it takes work again.
        case probe
        /// `GET /info`, of an executor that never registered.
        case info
        /// `GET /health`, of an executor that never registered.
        case health
    }

    package var number: Int64
    package var executor: ExecutorID
    package var purpose: Purpose
    /// Until the whole answer is there.
    package var timeout: Milliseconds

    package init(number: Int64, executor: ExecutorID, purpose: Purpose, timeout: Milliseconds) {
        self.number = number
        self.executor = executor
        self.purpose = purpose
        self.timeout = timeout
    }

    package var method: String { if case .execute = purpose { "POST" } else { "GET" } }

    package var path: String {
        switch purpose {
        case .execute: "/execute"
        case .status, .probe: "/status"
        case .info: "/info"
        case .health: "/health"
        }
    }

    package var body: JSONObject? { if case .execute(_, let body) = purpose { body } else { nil } }

    /// The same for every request about one attempt, so that a service that remembers it does the work once.
    package var idempotencyKey: String? { if case .execute(let key, _) = purpose { key.description } else { nil } }
}

/// What became of a call.
package enum ForwardedAnswer: Sendable, Hashable {
    case reply(AgentReply)
    /// There was no connection: nothing was sent.
    case unsent(String)
    /// The connection broke, or nothing came in time: whoever was called may have acted.
    case broken(String)
    /// It answered, with more than anybody's answer should be.
    case tooLarge(String)
}

/// An agent's whole answer.
package struct AgentReply: Sendable, Hashable {
    package var status: Int
    package var contentType: String?
    package var retryAfter: Milliseconds?
    package var body: [UInt8]

    package init(status: Int, contentType: String? = nil, retryAfter: Milliseconds? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.retryAfter = retryAfter
        self.body = body
    }

    package var json: JSON? { try? JSON(parsing: body, maxDepth: JSON.Depth.value) }

    /// The most that can be said of it in a line.
    package var summary: String {
        guard let json else { return "HTTP \(status)" }
        let words = [json["code"], json["detail"] ?? json["error"] ?? json["message"]].compactMap { $0?.stringValue }
        return (["HTTP \(status)"] + words.map { String($0.prefix(300)) }).joined(separator: ", ")
    }
}
