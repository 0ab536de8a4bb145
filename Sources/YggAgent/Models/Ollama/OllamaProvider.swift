import Synchronization
import YggClient
package import YggCore

/// A server of Ollama, through its own API: the one that can be told a context and says when a prompt does not fit.
package final class OllamaProvider: ModelProvider {
    /// What all questions to this server share.
    private struct State {
        /// By model.
        var breakers: [String: Breaker] = [:]
        var random: SeededRandom
    }

    package let settings: OllamaSettings
    let transport: HTTPTransport
    private let state: Mutex<State>
    private let now: @Sendable () -> Instant

    /// - Parameter seed: of the pauses between tries and of the ids of calls that came without one.
    package init(
        _ settings: OllamaSettings,
        seed: UInt64 = .random(in: .min ... .max),
        now: @escaping @Sendable () -> Instant = monotonicNow
    ) {
        self.settings = settings
        self.now = now
        state = Mutex(State(random: SeededRandom(seed: seed)))
        transport = HTTPTransport(
            client: settings.host.isLocal ? SharedHTTPClients.localModels : SharedHTTPClients.models,
            baseURL: settings.host.url,
            token: settings.token
        )
    }

    package var identity: ProviderIdentity { ProviderIdentity(name: "ollama", endpoint: settings.host.url) }

    /// Since when a model does not answer; nil while it does, or was not asked.
    package func failingSince(_ model: String) -> Instant? {
        state.withLock { $0.breakers[model]?.failingSince }
    }

    package func reply(
        to request: ModelRequest,
        _ take: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        let call = OllamaRequest(request, numCtx: settings.numCtx, keepAlive: settings.keepAlive)
        let body = call.json.bytes
        let prompt = PromptGauge(bytes: call.promptBytes, contextTokens: call.numCtx, previous: request.previous)
        let place = place(of: request.model)
        try await withRetries(of: place, telling: take) { said in
            let ids = CallIDs(state.withLock { SeededRandom(seed: $0.random.next()) })
            let answer = OllamaAnswer(OllamaReplyDecoder(place: place, prompt: prompt, ids: ids), at: place)
            try await stream("/api/chat", body, place) { piece in
                for event in try answer.take(piece) {
                    said.note()
                    try await take(event)
                }
            }
            for event in try answer.finish() { try await take(event) }
        }
    }

    package func preload(for request: ModelRequest) async throws {
        let call = OllamaRequest(request, numCtx: settings.numCtx, keepAlive: settings.keepAlive)
        let place = place(of: request.model)
        try await withRetries(of: place) { _ in
            let decoder = OllamaReplyDecoder(
                place: place,
                prompt: PromptGauge(bytes: 0),
                ids: CallIDs(SeededRandom(seed: 0))
            )
            let answer = OllamaAnswer(decoder, at: place)
            try await stream("/api/chat", call.preload.bytes, place) { _ = try answer.take($0) }
            _ = try answer.finish()
        }
    }

    package func pull(
        _ model: String,
        _ take: @escaping @Sendable (PullProgress) async throws -> Void
    ) async throws {
        let place = place(of: model)
        let answer = OllamaAnswer(OllamaPullDecoder(place: place), at: place)
        let body: JSON = ["model": .string(model), "stream": true]
        // It reports every layer several times a second; what takes long is the whole.
        let patience = StreamPatience(firstByte: .seconds(60), silence: .seconds(120), whole: .seconds(24 * 3600))
        try await stream("/api/pull", body.bytes, place, patience: patience) { piece in
            for progress in try answer.take(piece) { try await take(progress) }
        }
        for progress in try answer.finish() { try await take(progress) }
    }

    func place(of model: String) -> ModelPlace { ModelPlace(model: model, endpoint: settings.host.url) }

    /// Asks until there is an answer, something was said, or asking again is no use.
    private func withRetries(
        of place: ModelPlace,
        telling take: (@Sendable (ModelEvent) async throws -> Void)? = nil,
        _ ask: (SaidAnything) async throws -> Void
    ) async throws {
        let began = now()
        var plan = ModelRetryPlan(settings.retry)
        while true {
            try admit(place)
            let said = SaidAnything()
            do {
                try await ask(said)
                record(.answered, place)
                return
            } catch let failure as ModelFailure {
                record(failure.code.countsAgainstEndpoint ? .failed : .answered, place)
                let elapsed = now() - began
                guard !said.anything,
                    let pause = state.withLock({ plan.pause(after: failure, elapsed: elapsed, random: &$0.random) })
                else { throw failure }
                try await take?(.retrying(failure, after: pause))
                try await Task.sleep(for: pause.duration)
            } catch {
                // Cancelled, or the reader had enough.
                record(.abandoned, place)
                throw error
            }
        }
    }

    private func admit(_ place: ModelPlace) throws(ModelFailure) {
        let now = now()
        let admission = state.withLock {
            $0.breakers[place.model, default: Breaker(settings.breaker)].admit(now: now)
        }
        guard case .rest(let rest) = admission else { return }
        throw ModelFailure(
            .resting,
            "\(place.model) at \(place.endpoint) failed too often in a row and is left alone for \(rest.text).",
            at: place,
            retryAfter: rest
        )
    }

    private func record(_ outcome: Breaker.Outcome, _ place: ModelPlace) {
        let now = now()
        state.withLock {
            $0.breakers[place.model]?.record(outcome, now: now)
            // One that answers needs no breaker: names come from outside, and would pile up.
            if outcome == .answered { $0.breakers[place.model] = nil }
        }
    }
}

/// Whether anything of an answer was handed on: then it cannot be asked for again as if nothing had been.
private final class SaidAnything: Sendable {
    private let said = Atomic(false)

    func note() { said.store(true, ordering: .relaxed) }
    var anything: Bool { said.load(ordering: .relaxed) }
}
