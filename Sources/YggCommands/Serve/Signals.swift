import Glibc
import UnixSignals

/// SIGTERM, SIGINT and SIGHUP, one after the other: the first asks to stop, the second to stop now.
///
/// A terminal that is closed sends SIGHUP. Who dies of it leaves the children of its attempts behind.
enum StopSignals {
    /// Calls `onSignal` for each until the surrounding task is cancelled.
    static func watch(_ onSignal: @Sendable () async -> Void) async {
        let trapped: [UnixSignal] = isHangUpIgnored ? [.sigterm, .sigint] : [.sigterm, .sigint, .sighup]
        for await _ in await UnixSignalsSequence(trapping: trapped) { await onSignal() }
    }

    /// Started by `nohup`, the process is to outlive its terminal.
    private static let isHangUpIgnored: Bool = {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }()
}
