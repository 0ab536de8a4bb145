import YggCore

/// What a configuration says of one Ollama server.
package struct OllamaSettings: Sendable, Hashable {
    package var host: OllamaHost
    /// The context that every call asks for. Always the same, because a change loads the model again.
    package var numCtx: Int64
    /// How long a model stays in memory after a call, in Go's notation. Longer than a test suite takes.
    package var keepAlive: String
    /// For a server that wants one: Ollama's cloud, or a proxy.
    package var token: String?
    package var timing: ModelTiming
    package var retry: ModelRetryPolicy
    package var breaker: Breaker.Limits

    package init(
        host: OllamaHost,
        numCtx: Int64 = 16_384,
        keepAlive: String = "30m",
        token: String? = nil,
        timing: ModelTiming? = nil,
        retry: ModelRetryPolicy = ModelRetryPolicy(),
        breaker: Breaker.Limits = Breaker.Limits()
    ) {
        self.host = host
        self.numCtx = numCtx
        self.keepAlive = keepAlive
        self.token = token
        self.timing = timing ?? (host.isCloud ? .hosted : .selfHosted)
        self.retry = retry
        self.breaker = breaker
    }
}
