package import AsyncHTTPClient
import NIOCore

/// The clients that a process shares. They live as long as it does, and cost nothing until they are used.
package enum SharedHTTPClients {
    /// For requests with an end. An idle connection is given up later than the longest long poll lasts.
    package static let requests = make(readTimeout: .seconds(90))

    /// For streams: their servers say something every 15 s, so three times that is a dead connection. They are apart
    /// from the requests, because a stream keeps its connection and the number of those is bounded.
    package static let streams = make(readTimeout: .seconds(45))

    /// For work that an agent is asked to do: its answer may take as long as the work, in silence. Whoever uses it
    /// bounds the whole.
    package static let executions = make(readTimeout: nil)

    /// For models on other machines. They are silent until their first word, however long that takes; whoever asks them
    /// bounds it with `StreamPatience`.
    package static let models = make(readTimeout: nil)

    /// For a model on this machine, where a connection stands at once or never.
    package static let localModels = make(readTimeout: nil, connectTimeout: .seconds(2))

    private static func make(readTimeout: TimeAmount?, connectTimeout: TimeAmount = .seconds(5)) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: connectTimeout, read: readTimeout)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        // A refused connection is an answer; whoever wants to try again says so and for how long.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }
}
