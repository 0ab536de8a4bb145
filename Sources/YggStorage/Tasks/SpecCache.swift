import Synchronization
import YggCore

/// The specifications of tasks that are likely to be needed again soon. They never change, so a hit is never stale;
/// they are put in after the commit that stored them, so a hit is never about a task that was rolled back.
final class SpecCache: Sendable {
    private let capacity: Int
    private let specs = Mutex<[Int64: TaskSpec]>([:])

    init(capacity: Int = 4096) { self.capacity = capacity }

    subscript(num: Int64) -> TaskSpec? { specs.withLock { $0[num] } }

    /// Keeps the specification of a task that was queued, where there is room: the oldest are needed first.
    func insert(queued spec: TaskSpec, for num: Int64) {
        specs.withLock { if $0.count < capacity { $0[num] = spec } }
    }

    /// Keeps that of a task that was granted: its reports are on their way, and there are only so many leases.
    func insert(granted spec: TaskSpec, for num: Int64) { specs.withLock { $0[num] = spec } }

    func remove(_ num: Int64) { specs.withLock { _ = $0.removeValue(forKey: num) } }
}
