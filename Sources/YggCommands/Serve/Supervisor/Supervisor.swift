import Glibc
import Synchronization

/// Who watches over this process, where somebody does: systemd, with `Type=notify` and a watchdog, or a thread of its own
/// where it was asked for one.
///
/// It is told when the process serves, reloads and stops; and, as often as it wants, that it lives. That is said only while
/// the parts that matter really answer: a process whose disk or whose thread hangs is started anew.
final class Supervisor: Sendable {
    /// Whether a part of the process answers. One that hangs does not return.
    typealias Check = @Sendable () async -> Bool

    private struct State {
        var checks: [ReloadDesk.PartName: Check] = [:]
        /// What `systemctl status` shows; nil before it serves.
        var status: String?
        var isStopping = false
    }

    private let socket: NotifySocket?
    private let selfWatch: SelfWatch?
    /// Between two signs of life: half of what the supervisor waits, or less. nil where nobody waits for any.
    let interval: Duration?
    private let state = Mutex(State())

    /// - Parameter process: whose signs of life are wanted, if `WATCHDOG_PID` says whose.
    init(environment: [String: String], process: Int32 = getpid(), selfWatch: SelfWatch? = nil) {
        socket = NotifySocket(environment: environment)
        self.selfWatch = selfWatch
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        let wanted = socket != nil && isMeant && limit > 0 ? Duration.microseconds(limit / 2) : nil
        interval = [wanted, selfWatch.map { $0.limit / 4 }].compactMap { $0 }.min()
    }

    /// What is to be asked from now on before a sign of life is given.
    func check(_ part: ReloadDesk.PartName, _ check: @escaping Check) { state.withLock { $0.checks[part] = check } }

    /// It serves.
    func ready(_ status: String) {
        let isFirst = state.withLock { state in
            defer { state.status = status }
            return state.status == nil
        }
        if isFirst { selfWatch?.start() }
        socket?.send("READY=1\nSTATUS=\(status)")
    }

    func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        socket?.send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)\nSTATUS=Reading the configuration")
    }

    /// It serves on, by the new configuration or the old one.
    func reloaded() {
        if let status = state.withLock({ $0.isStopping ? nil : $0.status }) { ready(status) }
    }

    /// It is coming to its end, which may take as long as work that is under way.
    func stopping() {
        state.withLock { $0.isStopping = true }
        socket?.send("STOPPING=1\nSTATUS=Finishing what is under way")
    }

    /// Gives signs of life until the surrounding task is cancelled.
    func run() async {
        guard let interval else { return }
        defer { selfWatch?.stop() }
        let clock = ContinuousClock()
        while !Task.isCancelled {
            let due = clock.now + interval
            if await answers() {
                socket?.send("WATCHDOG=1")
                selfWatch?.alive()
            }
            do { try await clock.sleep(until: due) } catch { return }
        }
    }

    private func answers() async -> Bool {
        for check in state.withLock({ Array($0.checks.values) }) {
            guard await check() else { return false }
        }
        return true
    }
}
