import Glibc
import UnixSignals

/// SIGTERM and SIGINT: the first asks to stop, the second to stop now. SIGHUP asks a process that serves to read its
/// configuration anew.
///
/// A terminal that is closed sends SIGHUP, too: whoever was started there is to stop with it, and to stop in order, because who
/// dies of it leaves the children of its attempts behind. The two are told apart by whether the terminal is still there.
struct StopSignals: Sendable {
    private let hadTerminal = Self.hasTerminal
    private let signals: UnixSignalsSequence

    /// Before this a signal ends the process on the spot, after it none does: it waits for who watches. Whatever must not
    /// be ended like that begins after it, and so does whatever says that the process may be spoken to.
    init() async {
        signals = await UnixSignalsSequence(
            trapping: Self.isHangUpIgnored ? [.sigterm, .sigint] : [.sigterm, .sigint, .sighup]
        )
    }

    /// Calls `onSignal` for each that asks to stop, until the surrounding task is cancelled.
    /// - Parameter onReload: what SIGHUP asks for; nil where it asks to stop.
    func watch(
        onReload: (@Sendable () async -> Void)? = nil,
        _ onSignal: @Sendable @escaping () async -> Void
    ) async {
        await withDiscardingTaskGroup { tasks in
            for await signal in signals {
                if signal == .sighup, let onReload, !hadTerminal || Self.hasTerminal {
                    // Beside the watch: a disk that hangs must not keep a signal to stop from being heard.
                    tasks.addTask { await onReload() }
                } else {
                    await onSignal()
                }
            }
        }
    }

    /// Whether a terminal belongs to this process. One that was closed belongs to nobody.
    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard terminal >= 0 else { return false }
        close(terminal)
        return true
    }

    /// Started by `nohup`, the process is to outlive its terminal.
    private static let isHangUpIgnored: Bool = {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }()
}
