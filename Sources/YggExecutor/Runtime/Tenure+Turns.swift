import Logging
import Synchronization
import YggAgent
import YggClient
import YggCore
import YggProtocol
import YggTelemetry

extension Tenure {
    /// Leaves it to the coordinator whose turn it is to ask a server of models, because others of the fleet may ask the same
    /// one. Where the coordinator cannot be asked for as long as it holds a poll, each server is shared among the tasks of this
    /// process alone.
    func turnLoop(_ models: ModelDirectory) async {
        let desks = models.gates.filter { $0.name != nil }
        // A loop that ends would end the tenure.
        guard !desks.isEmpty else { return await Wakeup().sleep(on: thread) }
        for desk in desks { desk.join { [turnBell] in turnBell.ring() } }
        defer { for desk in desks { desk.standAlone() } }
        var backoff = Backoff(first: .milliseconds(250), limit: Self.idleRetry)
        var counter: Int64 = 0
        var seen: Int64 = 0
        var heardAt = clock.now()
        // Whether the coordinator holds something that is over by now.
        var isStated = false
        while !isOver {
            let demands = desks.compactMap(\.demand)
            guard !demands.isEmpty || isStated else {
                await turnBell.sleep(on: thread)
                heardAt = clock.now()
                continue
            }
            counter += 1
            isStated = isStated || !demands.isEmpty
            let request = TurnsRequest(bootID: bootID, counter: counter, seen: seen, demands: demands)
            switch await state(request) {
            case .woken: break
            case .answered(let answer):
                backoff.reset()
                seen = answer.revision
                if demands.isEmpty { isStated = false }
                heardAt = clock.now()
                // Those of which nothing was asked belong to the fleet again, too.
                for desk in desks { desk.apply(answer.standings.first { $0.gate == desk.name }?.turns ?? [:]) }
            case .failed(let error):
                logger.debug("Nobody says whose turn it is", metadata: .of([.reason: "\(error)"]))
                // A connection that broke, or a coordinator that starts anew, is no reason to ask beside another executor.
                if clock.now() - heardAt > LeaseTiming.pollHold(seat.withLock { $0.ttl }) {
                    for desk in desks { desk.standAlone() }
                }
                // Another coordinator, or the same one after a restart, counts anew.
                seen = -1
                await pause(&backoff, atLeast: error.retryAfter)
            }
        }
    }

    private enum Stated: Sendable {
        case answered(TurnsAnswer)
        case failed(LinkError)
        /// There is something else to state.
        case woken
    }

    /// One statement, until it is answered or out of date.
    private func state(_ request: TurnsRequest) async -> Stated {
        guard seat.withLock({ $0.isRegistered }) else { return .failed(.unreachable("not registered yet")) }
        let timeout = LeaseTiming.pollTimeout(seat.withLock { $0.ttl })
        return await withTaskGroup(of: Stated.self) { group in
            group.addTask {
                do throws(LinkError) {
                    return .answered(try await self.link.turns(request, as: self.settings.id, timeout: timeout))
                } catch {
                    return .failed(error)
                }
            }
            group.addTask {
                await self.turnBell.sleep(on: self.thread)
                return .woken
            }
            let first = await group.next() ?? .woken
            group.cancelAll()
            return first
        }
    }
}
