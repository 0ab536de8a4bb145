import Synchronization
import YggCore

/// A provider that plays a scenario: for demonstrations and tests. It says so in its identity, and whatever stands on its
/// answers has to say so too.
package final class ScriptedProvider: ModelProvider {
    private struct State {
        var played: [Int: Int] = [:]
        var ids: CallIDs
    }

    private let scenario: Scenario
    private let timing: ModelTiming
    private let state: Mutex<State>

    /// - Parameters:
    ///   - timing: how long a stalled turn is waited for.
    ///   - seed: of the ids of its calls.
    package init(_ scenario: Scenario, timing: ModelTiming = .selfHosted, seed: UInt64 = .random(in: .min ... .max)) {
        self.scenario = scenario
        self.timing = timing
        state = Mutex(State(ids: CallIDs(SeededRandom(seed: seed))))
    }

    package var identity: ProviderIdentity {
        ProviderIdentity(name: "scripted", endpoint: "scripted:\(scenario.name)", isScripted: true)
    }

    package func reply(
        to request: ModelRequest,
        _ take: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        let turn = try turn(for: request)
        if turn.delay > .zero { try await Task.sleep(for: turn.delay.duration) }
        if !turn.thinking.isEmpty { try await take(.thinking(turn.thinking)) }
        for piece in turn.text { try await take(.text(piece)) }
        for call in turn.calls {
            let id = state.withLock { $0.ids.next() }
            try await take(.toolCall(ToolCall(id: id, name: call.name, arguments: call.arguments)))
        }
        try await end(turn, of: request, take)
    }

    private func turn(for request: ModelRequest) throws(ModelFailure) -> Scenario.Turn {
        let step = 1 + request.messages.count { if case .assistant = $0 { true } else { false } }
        let last = request.messages.last?.text ?? ""
        let found = state.withLock { state in
            let found = scenario.turn(step: step, last: last) { state.played[$0] ?? 0 }
            if let found { state.played[found.index, default: 0] += 1 }
            return found?.turn
        }
        guard let found else {
            throw failure(.scenarioEnded, "The scenario \(scenario.name) has no turn for step \(step).", request)
        }
        return found
    }

    private func end(
        _ turn: Scenario.Turn,
        of request: ModelRequest,
        _ take: @Sendable (ModelEvent) async throws -> Void
    ) async throws {
        switch turn.ending {
        case .end(let reason):
            let words = turn.text.reduce(turn.thinking.utf8.count) { $0 + $1.utf8.count }
            let prompt = request.messages.reduce(request.system.utf8.count) { $0 + $1.text.utf8.count }
            let usage = ModelUsage(
                promptTokens: turn.promptTokens ?? Int64(prompt / 4 + 1),
                outputTokens: turn.outputTokens ?? Int64(words / 4 + 8 * turn.calls.count + 1),
                promptBytes: prompt
            )
            try await take(.usage(usage))
            try await take(.end(reason))
        case .withoutDone:
            throw failure(.incompleteStream, "The answer of \(request.model) ended without its last line.", request)
        case .stall:
            let saidAnything = !turn.text.isEmpty || !turn.calls.isEmpty || !turn.thinking.isEmpty
            try await Task.sleep(for: saidAnything ? timing.betweenTokens : timing.firstToken)
            throw failure(
                saidAnything ? .stalled : .firstTokenTimeout,
                "\(request.model) fell silent, as its scenario says.",
                request
            )
        case .failure(let code, let detail): throw failure(code, detail, request)
        }
    }

    private func failure(_ code: ModelFailure.Code, _ detail: String, _ request: ModelRequest) -> ModelFailure {
        ModelFailure(code, detail, at: ModelPlace(model: request.model, endpoint: identity.endpoint))
    }

    package func info(of model: String) async throws -> ModelInfo {
        var info = scenario.info
        info.name = model
        return info
    }

    package func installed() async throws -> [ModelInfo] { [scenario.info] }

    package func resident() async throws -> [ResidentModel] {
        [ResidentModel(name: scenario.info.name, contextTokens: scenario.info.trainedContext)]
    }

    package func pull(
        _ model: String,
        _ take: @escaping @Sendable (PullProgress) async throws -> Void
    ) async throws {
        try await take(PullProgress(status: "success", totalBytes: 0, completedBytes: 0))
    }

    package func preload(for request: ModelRequest) async throws {}
    package func ping() async throws {}
}
