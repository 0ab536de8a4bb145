import Synchronization
package import YggCore

/// The gate of one endpoint for the tasks of this process: feeds `ModelGate` and lets those through whom it admits.
package final class ModelGateDesk: Sendable {
    private enum Word: Sendable {
        case place(ModelGate.Place)
        case admitted
    }

    private struct State {
        var gate: ModelGate
        var nextNumber = 0
        var waiting: [ModelGate.Ticket: AsyncStream<Word>.Continuation] = [:]
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Instant

    package init(_ limits: ModelGate.Limits, now: @escaping @Sendable () -> Instant = monotonicNow) {
        state = Mutex(State(gate: ModelGate(limits)))
        self.now = now
    }

    /// For a server whose limits have changed.
    package func set(_ limits: ModelGate.Limits) { handle { _ in .limits(limits) } }

    /// How many ask and how many wait, for `/status`.
    package var load: (running: Int, waiting: Int) {
        state.withLock { ($0.gate.running.count, $0.gate.queue.count) }
    }

    /// Runs `body` when it is its turn to ask `model`, and makes room after it, however it ends.
    /// - Parameter onPlace: is told the place in line whenever it changes.
    /// - Throws: what `body` throws, or `CancellationError` where the task was cancelled while it waited.
    package func pass<Value>(
        model: String,
        onPlace: (ModelGate.Place) async throws -> Void = { _ in },
        _ body: () async throws -> Value
    ) async throws -> Value {
        let (words, feed) = AsyncStream.makeStream(of: Word.self)
        let ticket = ask(model, feed)
        // Admitted or not: the gate knows which.
        defer { leave(ticket) }
        loop: for await word in words {
            switch word {
            case .place(let place): try await onPlace(place)
            case .admitted: break loop
            }
        }
        // A cancelled task sees the end of the words, not an admission.
        try Task.checkCancellation()
        return try await body()
    }

    private func ask(_ model: String, _ feed: AsyncStream<Word>.Continuation) -> ModelGate.Ticket {
        var ticket = ModelGate.Ticket(number: 0)
        handle { state in
            ticket.number = state.nextNumber
            state.nextNumber += 1
            state.waiting[ticket] = feed
            return .asks(ticket, model: model)
        }
        return ticket
    }

    private func leave(_ ticket: ModelGate.Ticket) {
        handle { state in
            state.waiting[ticket] = nil
            return .leaves(ticket)
        }
    }

    /// The words are said under the lock, so that nobody hears an older place after a newer one.
    private func handle(_ input: (inout State) -> ModelGate.Input) {
        let now = now()
        state.withLock { state in
            let input = input(&state)
            for effect in state.gate.handle(input, now: now) {
                switch effect {
                case .admit(let ticket): state.waiting[ticket]?.yield(.admitted)
                case .place(let ticket, let place): state.waiting[ticket]?.yield(.place(place))
                }
            }
        }
    }
}
