import Dispatch

/// Where what waits for a disk is done. Requests are handled on event loops, which may not wait, and a disk may take
/// seconds to sync, or be a network's that does not answer at all.
final class DiskQueue: Sendable {
    private let queue = DispatchQueue(label: "ygg.disk", attributes: .concurrent)

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
