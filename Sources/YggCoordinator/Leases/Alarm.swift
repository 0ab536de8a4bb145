import Synchronization
import YggCore

/// Wakes one sleeper at the soonest of the times that were set.
///
/// Nothing on the path of a task waits for it: it is for tasks that wait for a time.
final class Alarm: Sendable {
    private struct State {
        var next: Timestamp?
        /// Ends the sleep that is under way.
        var sleeper: AsyncStream<Void>.Continuation?
    }

    private let machine: Machine
    private let state = Mutex(State())

    init(machine: Machine) { self.machine = machine }

    /// Sets a time; an earlier one that is already set stands.
    func set(_ time: Timestamp) {
        let sleeper = state.withLock { state -> AsyncStream<Void>.Continuation? in
            if let next = state.next, next <= time { return nil }
            state.next = time
            return state.sleeper
        }
        sleeper?.yield()
    }

    /// Returns when the soonest time has come, `limit` at the latest, and forgets it.
    func wait(atMost limit: Milliseconds) async {
        let latest = machine.now() + limit
        while !Task.isCancelled {
            let (bell, ringer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            let delay = state.withLock { state -> Milliseconds in
                let rest = latest - machine.now()
                let delay = state.next.map { min($0 - machine.time(), rest) } ?? rest
                if delay <= .zero { state.next = nil }
                state.sleeper = delay <= .zero ? nil : ringer
                return delay
            }
            if delay <= .zero { return }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.machine.sleep(delay) }
                group.addTask { for await _ in bell { return } }
                await group.next()
                group.cancelAll()
            }
        }
    }
}
