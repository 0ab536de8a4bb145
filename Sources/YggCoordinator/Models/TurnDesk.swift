import Synchronization
import YggCore
import YggProtocol

/// Whose turn it is to ask the servers of models: feeds `FleetGates`, and holds the answers of executors that wait for
/// theirs.
final class TurnDesk: Sendable {
    private struct Held {
        var number: Int64
        var deadline: Instant
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var gates: FleetGates
        var held: [ExecutorID: Held] = [:]
        var lastHeld: Int64 = 0
        var isClosed = false

        mutating func take(_ id: ExecutorID) -> [CheckedContinuation<Void, Never>] {
            held.removeValue(forKey: id).map { [$0.continuation] } ?? []
        }

        mutating func handle(_ input: FleetGates.Input, now: Instant) -> [CheckedContinuation<Void, Never>] {
            gates.handle(input, now: now).flatMap { effect in
                switch effect {
                case .news(let id): take(id)
                }
            }
        }
    }

    private let state: Mutex<State>

    /// - Parameter opensAt: see ``FleetGates/init(opensAt:)``.
    init(opensAt: Instant?) { state = Mutex(State(gates: FleetGates(opensAt: opensAt))) }

    /// Notes what an executor wants, and answers as soon as that has come to something it does not know yet, or at the
    /// deadline.
    func answer(_ id: ExecutorID, _ request: TurnsRequest, now: Instant, deadline: Instant) async -> TurnsAnswer {
        let number = withState { state -> (Int64, [CheckedContinuation<Void, Never>]) in
            // A newer statement replaces an older one that its connection left behind.
            var woken = state.take(id)
            woken += state.handle(
                .stated(id, bootID: request.bootID, counter: request.counter, request.demands),
                now: now
            )
            state.lastHeld += 1
            return (state.lastHeld, woken)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                withState { state -> (Void, [CheckedContinuation<Void, Never>]) in
                    let isNews = state.gates.answer(to: id).revision != request.seen
                    let isOld = (state.held[id]?.number ?? 0) > number
                    guard !isNews, !isOld, !state.isClosed, !Task.isCancelled, !request.demands.isEmpty else {
                        return ((), [continuation])
                    }
                    let before = state.take(id)
                    state.held[id] = Held(number: number, deadline: deadline, continuation: continuation)
                    return ((), before)
                }
            }
        } onCancel: {
            withState { state in
                guard state.held[id]?.number == number else { return ((), []) }
                return ((), state.take(id))
            }
        }
        return state.withLock { state in
            let (revision, standings) = state.gates.answer(to: id)
            return TurnsAnswer(revision: revision, standings: standings)
        }
    }

    /// Lets go of what has waited long enough, and of executors that are silent.
    func sweep(silence: Milliseconds, now: Instant) {
        withState { state in
            var woken = state.handle(.sweep(silence: silence), now: now)
            for id in state.held.filter({ $0.value.deadline <= now }).keys { woken += state.take(id) }
            return ((), woken)
        }
    }

    /// Answers everybody; nobody waits from now on.
    func close() {
        withState { state in
            state.isClosed = true
            defer { state.held = [:] }
            return ((), state.held.values.map(\.continuation))
        }
    }

    /// Resumes outside of the lock.
    @discardableResult
    private func withState<Value: Sendable>(
        _ body: (inout State) -> (Value, [CheckedContinuation<Void, Never>])
    ) -> Value {
        let (value, woken) = state.withLock { body(&$0) }
        for continuation in woken { continuation.resume() }
        return value
    }
}
