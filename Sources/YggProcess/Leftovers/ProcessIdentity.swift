package import Glibc

/// What tells a process from every other one that ever had or will have its number: the boot of the machine, the number,
/// and the time of its start in ticks since that boot.
package struct ProcessIdentity: Sendable, Hashable {
    package var bootID: String
    package var pid: pid_t
    package var startTime: UInt64

    package init(bootID: String, pid: pid_t, startTime: UInt64) {
        self.bootID = bootID
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has the number now, zombies included; nil where there is none.
    package init?(of pid: pid_t) {
        guard let bootID = Self.bootID, let stat = Self.stat(of: pid) else { return nil }
        self.init(bootID: bootID, pid: pid, startTime: stat.startTime)
    }

    /// Whether this very process is still there, be it as a zombie.
    package var exists: Bool { bootID == Self.bootID && Self.stat(of: pid)?.startTime == startTime }

    /// Whether this very process has not ended yet.
    package var isAlive: Bool {
        guard bootID == Self.bootID, let stat = Self.stat(of: pid) else { return false }
        return stat.startTime == startTime && stat.state != "Z"
    }

    /// New with every boot of the machine.
    package static let bootID: String? = SmallFile.read("/proc/sys/kernel/random/boot_id").map {
        String($0.prefix { !$0.isWhitespace })
    }

    /// The 3rd and the 22nd field of `/proc/PID/stat`. The second, the name, may hold anything, so counting begins after its
    /// end.
    private static func stat(of pid: pid_t) -> (state: Substring, startTime: UInt64)? {
        guard let stat = SmallFile.read("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let startTime = UInt64(fields[19]) else { return nil }
        return (fields[0], startTime)
    }
}
