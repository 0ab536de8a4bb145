import UnixSignals

/// SIGTERM and SIGINT, one after the other: the first asks to stop, the second to stop now.
enum StopSignals {
    /// Calls `onSignal` for each until the surrounding task is cancelled.
    static func watch(_ onSignal: @Sendable () async -> Void) async {
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { await onSignal() }
    }
}
