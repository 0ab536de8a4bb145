import Synchronization
package import YggCore

/// Looks whether the servers of models answer and what they hold in memory, and keeps what it saw.
package final class ModelWatch: Sendable {
    private struct State {
        /// By address.
        var health: [String: EndpointHealth] = [:]
        /// By address, as the server calls them.
        var resident: [String: [String]] = [:]
        var listener: (@Sendable () -> Void)?
    }

    private let providers: [ModelDirectory.Provider]
    private let defaultModel: String
    private let state: Mutex<State>

    init(_ providers: [ModelDirectory.Provider], defaultModel: String) {
        self.providers = providers
        self.defaultModel = defaultModel
        state = Mutex(State())
    }

    /// Who wants to know that it is time to look, because somebody who asked a model saw something else than was known.
    package func listen(_ listener: @escaping @Sendable () -> Void) { state.withLock { $0.listener = listener } }

    /// What was seen last. A server that was not looked at yet does not count as one that answers.
    /// - Parameter time: now, for those.
    package func report(at time: Timestamp) -> ModelReport {
        state.withLock { state in
            ModelReport(
                defaultModel: defaultModel,
                endpoints: providers.map { provider in
                    let url = provider.service.identity.endpoint
                    let health = state.health[url] ?? EndpointHealth(at: time)
                    return ModelReport.Endpoint(
                        provider: provider.name,
                        url: url,
                        isReachable: health.isReachable ?? false,
                        since: health.since,
                        detail: health.isReachable == nil ? "It was not asked yet." : health.detail
                    )
                },
                resident: providers.flatMap { provider in
                    (state.resident[provider.service.identity.endpoint] ?? []).map { "\(provider.name)/\($0)" }
                }
                .sorted()
            )
        }
    }

    /// Asks every server once.
    package func look(at time: @Sendable () -> Timestamp) async -> ModelReport {
        var services: [String: any ModelProvider] = [:]
        for provider in providers { services[provider.service.identity.endpoint] = provider.service }
        await withTaskGroup(of: (String, EndpointHealth.Outcome, [String]).self) { group in
            for (url, service) in services {
                group.addTask {
                    do {
                        try await service.ping()
                        return (url, .answered, try await service.resident().map(\.name))
                    } catch let failure as ModelFailure {
                        return (url, failure.says, [])
                    } catch {
                        return (url, .late("It was not waited for."), [])
                    }
                }
            }
            for await (url, outcome, resident) in group {
                // Whoever was told to stop has seen nothing.
                if Task.isCancelled { continue }
                let now = time()
                state.withLock { state in
                    state.health[url, default: EndpointHealth(at: now)].note(outcome, at: now)
                    state.resident[url] = resident
                }
            }
        }
        return report(at: time())
    }

    /// Until the next look, before jitter.
    package var interval: Milliseconds {
        state.withLock { state in state.health.values.map(\.interval).min() ?? .seconds(3) }
    }

    /// Somebody was answered by this model.
    func heard(_ model: String, at url: String) {
        let isNews = state.withLock { state in
            state.health[url]?.isReachable == false
                || !(state.resident[url] ?? []).contains { OllamaLibrary.isSame($0, model) }
        }
        if isNews { tell() }
    }

    /// Somebody was not answered there.
    func missed(_ failure: ModelFailure, at url: String) {
        guard failure.code.countsAgainstEndpoint || failure.code == .wrongEndpoint else { return }
        if state.withLock({ $0.health[url]?.isReachable != false }) { tell() }
    }

    private func tell() { state.withLock { $0.listener }?() }
}

extension ModelFailure {
    fileprivate var says: EndpointHealth.Outcome {
        switch code {
        case .unreachable, .wrongEndpoint, .hostRefused, .forbidden, .signInNeeded: .gone(detail)
        default: .late(detail)
        }
    }
}
