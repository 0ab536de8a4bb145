import Dispatch
import Glibc
import Synchronization

/// A clock that strikes at even distances, as a descriptor that can be polled.
///
/// `poll` counts in milliseconds, which is coarser than what is measured here. So a thread sleeps from stroke to
/// stroke and writes a byte to a pipe at each.
final class Pacer {
    /// Can be read once a stroke is due.
    let descriptor: Int32
    let count: Int
    private let start: Int64
    private let interval: Int64
    private let state: State

    /// What the thread and its owner share. The writing end stays open until both are done with it: one that is closed
    /// can always be read from.
    private final class State: Sendable {
        let isCancelled = Atomic(false)
        let output: Int32

        init(output: Int32) { self.output = output }

        deinit { close(output) }
    }

    /// - Parameter rate: strokes per second.
    init(rate: Double, count: Int) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw CommandFailure("A pipe cannot be made: \(String(cString: strerror(errno))).")
        }
        descriptor = ends[0]
        self.count = count
        interval = MonotonicTime.nanoseconds(1 / rate)
        start = MonotonicTime.now + interval
        state = State(output: ends[1])
        let (first, distance, shared) = (start, interval, state)
        DispatchQueue(label: "ygg.bench.pacer").async {
            for stroke in 0..<count {
                MonotonicTime.sleep(until: first + Int64(stroke) * distance)
                if shared.isCancelled.load(ordering: .relaxed) { break }
                var byte: UInt8 = 0
                _ = write(shared.output, &byte, 1)
            }
        }
    }

    deinit {
        state.isCancelled.store(true, ordering: .relaxed)
        close(descriptor)
    }

    /// When a stroke is due.
    func due(_ stroke: Int) -> Int64 { start + Int64(stroke) * interval }

    /// Takes the bytes of past strokes away.
    func drain() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        _ = read(descriptor, &bytes, bytes.count)
    }
}
