/// Whoever answers for models: a server of them, or a scenario that plays one.
///
/// Everything here throws `ModelFailure`, or `CancellationError` where the surrounding task was cancelled.
package protocol ModelProvider: Sendable {
    var identity: ProviderIdentity { get }

    /// Asks for one answer and hands it over as it is said.
    ///
    /// What `take` is given is provisional until `end`: text may stop half way, and a call that was heard must not be
    /// run before the answer ended well. The next event is made when `take` has returned. Cancelling the surrounding
    /// task, or throwing from `take`, ends the model's work too.
    func reply(
        to request: ModelRequest,
        _ take: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws

    /// What a model is and can do. Never guessed from its name.
    func info(of model: String) async throws -> ModelInfo

    /// The models that can be asked without fetching anything.
    func installed() async throws -> [ModelInfo]

    /// The models in memory now: asking one of these costs no load.
    func resident() async throws -> [ResidentModel]

    /// Whether somebody is there to be asked, whatever the models do: throws where not.
    func ping() async throws

    /// Fetches a model. Ends at once where it is there already; goes on where an earlier fetch was broken off.
    func pull(_ model: String, _ take: @escaping @Sendable (PullProgress) async throws -> Void) async throws

    /// Loads a model with the options of `request`, so that the first answer does not wait for it.
    func preload(for request: ModelRequest) async throws
}

/// Who answered, for events, results and evidence: a scripted answer must never pass for a model's.
package struct ProviderIdentity: Sendable, Hashable {
    /// Such as `ollama`, `scripted`.
    package var name: String
    /// Where it is: an address, or the scenario's name.
    package var endpoint: String
    package var isScripted: Bool

    package init(name: String, endpoint: String, isScripted: Bool = false) {
        self.name = name
        self.endpoint = endpoint
        self.isScripted = isScripted
    }
}

extension ModelProvider {
    /// The events of one answer as a sequence. Whoever stops reading it ends the model's work.
    package func events(for request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        AsyncThrowingStream { feed in
            // Not structured, because a sequence has no scope that could await it: it ends with its reader.
            let work = Task {
                do {
                    try await reply(to: request) { feed.yield($0) }
                    feed.finish()
                } catch {
                    feed.finish(throwing: error)
                }
            }
            feed.onTermination = { _ in work.cancel() }
        }
    }

    /// The whole answer, for those who show nothing of it while it comes.
    package func reply(to request: ModelRequest) async throws -> ModelReply {
        var reply = ModelReply()
        for try await event in events(for: request) { reply.take(event) }
        // A cancelled reader sees the end of the sequence, not an error.
        try Task.checkCancellation()
        return reply
    }
}
