import Synchronization
import YggCore

/// Carries out calls to agents, each in a task of its own that can be dropped alone.
final class CallDesk: Sendable {
    private struct Order: Sendable {
        var number: Int64
        var request: AgentRequest
    }

    private enum Call {
        case ordered
        case open(Task<ForwardedAnswer, Never>)
    }

    private let orders: AsyncStream<Order>
    private let feed: AsyncStream<Order>.Continuation
    private let calls = Mutex<[Int64: Call]>([:])

    init() { (orders, feed) = AsyncStream.makeStream() }

    func order(_ number: Int64, _ request: AgentRequest) {
        calls.withLock { $0[number] = .ordered }
        feed.yield(Order(number: number, request: request))
    }

    /// Closes the connection of a call; its answer is not told.
    func drop(_ number: Int64) {
        if case .open(let task) = calls.withLock({ $0.removeValue(forKey: number) }) { task.cancel() }
    }

    /// Carries out what is ordered until the surrounding task is cancelled, which drops all that is under way.
    func run(_ link: any AgentLink, answer: @escaping @Sendable (Int64, ForwardedAnswer) -> Void) async {
        await withDiscardingTaskGroup { group in
            for await order in orders {
                group.addTask {
                    guard let told = await self.carryOut(order, link) else { return }
                    answer(order.number, told)
                }
            }
        }
    }

    /// - Returns: nil where the call was dropped.
    private func carryOut(_ order: Order, _ link: any AgentLink) async -> ForwardedAnswer? {
        let task = calls.withLock { calls -> Task<ForwardedAnswer, Never>? in
            guard calls[order.number] != nil else { return nil }
            // Awaited below: it is a task of its own only so that it can be cancelled alone.
            let task = Task { await link.send(order.request) }
            calls[order.number] = .open(task)
            return task
        }
        guard let task else { return nil }
        let told = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        let isWanted = calls.withLock { $0.removeValue(forKey: order.number) } != nil
        return isWanted && !Task.isCancelled ? told : nil
    }
}
