package import YggCore

/// How the coordinator reaches services and executors at their own addresses: the one seam to HTTP on this side.
package protocol AgentLink: Sendable {
    /// Sends one request and collects its answer, whatever its status. Redirects are answers, and not followed.
    func send(_ request: AgentRequest) async -> ForwardedAnswer
}

/// One request to an agent.
package struct AgentRequest: Sendable {
    package var method: String
    package var address: AgentAddress
    /// With its query, from `/`.
    package var path: String
    package var headers: [(String, String)]
    package var body: [UInt8]?
    /// Shown to the agent, where there is one.
    package var token: String?
    package var timeout: Milliseconds
    /// Longer answers are refused.
    package var maxBytes: Int

    package init(
        method: String,
        address: AgentAddress,
        path: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        token: String?,
        timeout: Milliseconds,
        maxBytes: Int
    ) {
        self.method = method
        self.address = address
        self.path = path
        self.headers = headers
        self.body = body
        self.token = token
        self.timeout = timeout
        self.maxBytes = maxBytes
    }
}
