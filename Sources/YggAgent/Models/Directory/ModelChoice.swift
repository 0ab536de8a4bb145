package import YggCore

/// One model of one provider, ready to be asked.
package struct ModelChoice: Sendable {
    package let provider: ModelDirectory.Provider
    /// As the provider calls it.
    package let model: String
    let watch: ModelWatch

    /// As `provider/model`.
    package var name: String { "\(provider.name)/\(model)" }
    package var identity: ProviderIdentity { provider.service.identity }
    /// What a conversation with it may hold, unless the model was made for less. Asked for in every question alike, as a
    /// change makes the server load the model again.
    package var contextTokens: Int64 { provider.contextTokens ?? 32_768 }
    package var place: ModelPlace { ModelPlace(model: model, endpoint: identity.endpoint) }

    /// The provider as whoever works for one task should see it: every question waits for its turn at the gate, has the
    /// provider's context and asks for this model; one that is missing is fetched where that is allowed.
    /// - Parameters:
    ///   - onPlace: is told the place in line whenever it changes.
    ///   - onPull: is told how far a fetch is.
    package func gated(
        onPlace: @escaping @Sendable (ModelGate.Place) async throws -> Void = { _ in },
        onPull: @escaping @Sendable (PullProgress) async throws -> Void = { _ in }
    ) -> GatedProvider {
        GatedProvider(choice: self, gate: provider.gate, onPlace: onPlace, onPull: onPull)
    }

    /// The same without the gate, for whoever passes it for each question by itself.
    package func ungated(
        onPull: @escaping @Sendable (PullProgress) async throws -> Void = { _ in }
    ) -> GatedProvider {
        GatedProvider(choice: self, gate: nil, onPlace: { _ in }, onPull: onPull)
    }

    /// Has the server load it, with the context that work asks for, so that no answer waits for that. Passes no gate: for
    /// whoever has the server to themselves.
    package func load(onPull: @escaping @Sendable (PullProgress) async throws -> Void) async throws {
        let service = ungated(onPull: onPull)
        let trained = try await service.info(of: model).trainedContext
        let options = ModelOptions(contextTokens: min(contextTokens, trained ?? .max))
        try await service.preload(for: ModelRequest(model: model, messages: [], options: options))
    }
}

/// A provider behind its gate, for one task.
package struct GatedProvider: ModelProvider {
    package let choice: ModelChoice
    /// nil where whoever asks has passed it.
    private let gate: ModelGateDesk?
    private let onPlace: @Sendable (ModelGate.Place) async throws -> Void
    private let onPull: @Sendable (PullProgress) async throws -> Void

    init(
        choice: ModelChoice,
        gate: ModelGateDesk?,
        onPlace: @escaping @Sendable (ModelGate.Place) async throws -> Void,
        onPull: @escaping @Sendable (PullProgress) async throws -> Void
    ) {
        self.choice = choice
        self.gate = gate
        self.onPlace = onPlace
        self.onPull = onPull
    }

    private var service: any ModelProvider { choice.provider.service }

    package var identity: ProviderIdentity { service.identity }

    package func reply(
        to request: ModelRequest,
        _ take: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        let request = completed(request)
        try await fetching { try await pass { try await service.reply(to: request, take) } }
    }

    package func preload(for request: ModelRequest) async throws {
        let request = completed(request)
        try await fetching { try await pass { try await service.preload(for: request) } }
    }

    /// Takes no graphics card, so it waits for no turn.
    package func info(of model: String) async throws -> ModelInfo {
        try await fetching { try await service.info(of: model) }
    }

    package func installed() async throws -> [ModelInfo] { try await service.installed() }
    package func resident() async throws -> [ResidentModel] { try await service.resident() }
    package func ping() async throws { try await service.ping() }

    package func pull(
        _ model: String,
        _ take: @escaping @Sendable (PullProgress) async throws -> Void
    ) async throws {
        try await service.pull(model, take)
    }

    private func completed(_ request: ModelRequest) -> ModelRequest {
        var request = request
        request.model = choice.model
        request.options.contextTokens = request.options.contextTokens ?? choice.provider.contextTokens
        return request
    }

    /// Fetches the model where it turns out to be missing, which takes no graphics card either, and asks again.
    private func fetching<Answer>(_ ask: () async throws -> Answer) async throws -> Answer {
        do {
            return try await ask()
        } catch let failure as ModelFailure where failure.code == .modelMissing && choice.provider.allowsPull {
            try await service.pull(choice.model, onPull)
            return try await ask()
        }
    }

    private func pass(_ ask: () async throws -> Void) async throws {
        do {
            if let gate {
                try await gate.pass(model: choice.model, onPlace: onPlace, ask)
            } else {
                try await ask()
            }
            if !identity.isScripted { choice.watch.heard(choice.model, at: identity.endpoint) }
        } catch let failure as ModelFailure {
            choice.watch.missed(failure, at: identity.endpoint)
            throw failure
        }
    }
}
