import Synchronization
package import YggCore

/// The gate of one server for the tasks of this process: feeds `TurnBook` and lets those through whom it admits.
package final class ModelGateDesk: Sendable {
    private enum Word: Sendable {
        case place(ModelGate.Place)
        case admitted
    }

    private struct State {
        var book: TurnBook
        var nextNumber = 0
        var waiting: [ModelGate.Ticket: AsyncStream<Word>.Continuation] = [:]
        /// Told of what the fleet is to know.
        var onChange: (@Sendable () -> Void)?
    }

    /// What the server is called by everybody who asks it; nil where only this process does.
    package let name: String?
    private let state: Mutex<State>
    private let now: @Sendable () -> Instant

    package init(
        _ limits: ModelGate.Limits,
        name: String? = nil,
        now: @escaping @Sendable () -> Instant = monotonicNow
    ) {
        self.name = name
        state = Mutex(State(book: TurnBook(limits)))
        self.now = now
    }

    /// How many ask and how many wait.
    package var load: (running: Int, waiting: Int) { state.withLock { $0.book.load } }

    // MARK: - The fleet

    /// Leaves it to the fleet from now on who is let through.
    /// - Parameter onChange: is called when there is something else to state than before.
    package func join(onChange: @escaping @Sendable () -> Void) {
        state.withLock { $0.onChange = onChange }
        handle { _ in .joins }
    }

    /// The whole of what is wanted here; nil where nothing is.
    package var demand: GateDemand? {
        guard let name else { return nil }
        let demand = state.withLock { $0.book.demand(of: name) }
        return demand.turns.isEmpty ? nil : demand
    }

    /// Takes the fleet's decision.
    package func apply(_ standings: [Int: GateStanding.Standing]) { handle { _ in .stated(standings) } }

    /// Decides by itself until the fleet's decision comes again.
    package func standAlone() { handle { _ in .isAlone } }

    // MARK: - Tasks

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
        tellChange()
        return ticket
    }

    private func leave(_ ticket: ModelGate.Ticket) {
        handle { state in
            state.waiting[ticket] = nil
            return .leaves(ticket)
        }
        tellChange()
    }

    private func tellChange() { state.withLock { $0.onChange }?() }

    /// The words are said under the lock, so that nobody hears an older place after a newer one.
    private func handle(_ input: (inout State) -> TurnBook.Input) {
        let now = now()
        state.withLock { state in
            let input = input(&state)
            for effect in state.book.handle(input, now: now) {
                switch effect {
                case .admit(let ticket): state.waiting[ticket]?.yield(.admitted)
                case .place(let ticket, let place): state.waiting[ticket]?.yield(.place(place))
                }
            }
        }
    }
}
