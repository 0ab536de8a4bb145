import Glibc

/// The process group of a child that was started as the leader of a session of its own.
///
/// Valid only while the leader has not been reaped: until then its id cannot be given to anybody else, so a signal
/// can only meet the group it is meant for.
struct ProcessGroup: Sendable {
    let id: pid_t

    /// How much less than ours the group's claim on the processor is.
    private static let niceStep: Int32 = 5
    /// How long those who were killed are waited for.
    static let deathTakes: Duration = .seconds(2)
    /// Close to the highest (1000): when memory ends, the kernel takes the child and not the executor. Whatever the child
    /// starts inherits it, which marks them as ours.
    static let outOfMemoryScore = "900"

    /// Signals every member of the group. A failure means that there is nobody left to be signalled.
    func send(_ signal: Int32) {
        _ = kill(-id, signal)
    }

    /// Signals the group, and whoever left it and stayed in the leader's session, as a job of a shell or a hasty daemon
    /// does. It costs a look at every process of the machine.
    func sendToSession(_ signal: Int32) {
        send(signal)
        for pid in session where getpgid(pid) != id { _ = kill(pid, signal) }
    }

    /// Kills the group, and whoever left it and stayed in the leader's session.
    /// - Returns: those who were there. They take a moment to die.
    func killSession() -> [ProcessIdentity] {
        let members = session.compactMap { ProcessIdentity(of: $0) }
        sendToSession(SIGKILL)
        return members
    }

    /// Kills whoever is left in the session of a leader that is gone, and waits until they are gone.
    ///
    /// As long as anybody is in the session, its number is nobody else's. Whether the session is the one that was meant,
    /// or that of somebody who got the number later and left as well, shows by the mark that ours have inherited.
    /// - Returns: whether there was anybody.
    func killOrphans() -> Bool {
        var found = false
        // Again until nobody is there: they may be starting others. Whoever is another user's, or waits for a disk that does
        // not answer, does not die of it, and is not waited for longer.
        let end = ContinuousClock.now + Self.deathTakes
        while case let orphans = session.filter(isMarked), !orphans.isEmpty, !found || ContinuousClock.now < end {
            found = true
            for pid in orphans { _ = kill(pid, SIGKILL) }
            usleep(1000)
        }
        return found
    }

    private func isMarked(_ pid: pid_t) -> Bool {
        ProcessIdentity(of: pid)?.isAlive == true
            && SmallFile.read("/proc/\(pid)/oom_score_adj")?.prefix { !$0.isWhitespace } == Self.outOfMemoryScore[...]
    }

    /// Everybody in the session.
    private var session: [pid_t] {
        let names = (try? DirectoryNames.read("/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { getsid($0) == id }
    }

    /// The leader has ended. Does not reap it.
    var leaderHasExited: Bool {
        var info = siginfo_t()
        let found = waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT)
        // ECHILD: reaped already. That does not happen while the group is valid, and is an exit all the same.
        return found == 0 ? info.si_signo == SIGCHLD : errno == ECHILD
    }

    /// Takes the end of a leader that has ended from the kernel: from here on the id may be somebody else's.
    func reapLeader() -> ProcessOutcome.Ending {
        var status: Int32 = 0
        while waitpid(id, &status, 0) != id {
            // Reaped by somebody else, who knows how it ended: with nobody to ask, it counts as killed.
            guard errno == EINTR else { return .signalled(SIGKILL) }
        }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }

    /// Makes the group yield to this process for processor and memory. Best effort: a kernel or container that
    /// refuses it still runs the command.
    func yieldToUs() {
        let nice = min(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) + Self.niceStep, 19)
        _ = setpriority(__priority_which_t(PRIO_PGRP.rawValue), id_t(id), nice)
        // Where the scheduler groups by session, niceness counts only inside a session; this is the session's own.
        SmallFile.write("\(nice)", to: "/proc/\(id)/autogroup")
        SmallFile.write(Self.outOfMemoryScore, to: "/proc/\(id)/oom_score_adj")
    }
}
