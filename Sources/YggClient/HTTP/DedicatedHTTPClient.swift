import AsyncHTTPClient
import NIOCore
import NIOPosix

/// A client on an event loop of its own, for traffic that must go on however busy everything else is: an executor's
/// leases depend on it.
package final class DedicatedHTTPClient: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient

    /// Runs `body` with a client of its own, which is shut down however that ends: one that is only dropped ends the
    /// process, and with it the words for why.
    package static func with<Value: Sendable>(
        _ body: (DedicatedHTTPClient) async throws -> Value
    ) async throws -> Value {
        let client = DedicatedHTTPClient()
        do {
            let value = try await body(client)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration()
        // Each call has a timeout of its own. This one is only for what slips past it, and is therefore longer than the
        // longest long poll: a third of the longest time to live.
        configuration.timeout = .init(connect: .seconds(5), read: .minutes(30))
        configuration.redirectConfiguration = .disallow
        // A refused connection is the caller's to judge: it knows how long it may wait.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    package func transport(baseURL: String, token: String?) -> HTTPTransport {
        HTTPTransport(client: client, baseURL: baseURL, token: token)
    }

    /// Ends what is under way and gives the loop back.
    private func shutdown() async {
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }
}
