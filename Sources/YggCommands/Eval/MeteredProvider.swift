import Synchronization
import YggAgent
import YggCore

/// Counts what the models behind it say, and how long that takes them.
final class TokenMeter: Sendable {
    struct Reading: Sendable, Hashable {
        var answers = 0
        /// In tokens.
        var written: Int64 = 0
        var read: Int64 = 0
        /// How long it wrote, as its server says; where that says nothing, from the question to the end of the answer.
        var speaking: Duration = .zero
    }

    private let reading = Mutex(Reading())

    var now: Reading { reading.withLock { $0 } }

    func provider(_ service: any ModelProvider) -> any ModelProvider { MeteredProvider(service: service, meter: self) }

    fileprivate func add(_ usage: ModelUsage?, _ duration: Duration) {
        reading.withLock {
            $0.answers += 1
            $0.written += usage?.outputTokens ?? 0
            $0.read += usage?.promptTokens ?? 0
            let told = usage?.outputMs ?? .zero
            $0.speaking += told > .zero ? told.duration : duration
        }
    }
}

private struct MeteredProvider: ModelProvider {
    let service: any ModelProvider
    let meter: TokenMeter

    var identity: ProviderIdentity { service.identity }

    func reply(
        to request: ModelRequest,
        _ take: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        let began = ContinuousClock.now
        let usage = Mutex<ModelUsage?>(nil)
        defer { meter.add(usage.withLock { $0 }, began.duration(to: .now)) }
        try await service.reply(to: request) { event in
            if case .usage(let told) = event { usage.withLock { $0 = told } }
            try await take(event)
        }
    }

    func info(of model: String) async throws -> ModelInfo { try await service.info(of: model) }
    func installed() async throws -> [ModelInfo] { try await service.installed() }
    func resident() async throws -> [ResidentModel] { try await service.resident() }
    func ping() async throws { try await service.ping() }
    func preload(for request: ModelRequest) async throws { try await service.preload(for: request) }

    func pull(_ model: String, _ take: @escaping @Sendable (PullProgress) async throws -> Void) async throws {
        try await service.pull(model, take)
    }
}
