import Dispatch

/// Runs a long computation on a thread of its own: those of the pool are for all tests.
func aside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "ygg.simulation").async { continuation.resume(returning: body()) }
    }
}
