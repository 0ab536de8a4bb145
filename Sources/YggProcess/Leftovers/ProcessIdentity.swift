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
        guard let bootID = Self.bootID, let startTime = Self.startTime(of: pid) else { return nil }
        self.init(bootID: bootID, pid: pid, startTime: startTime)
    }

    /// Whether this very process is still there, be it as a zombie.
    package var exists: Bool { bootID == Self.bootID && Self.startTime(of: pid) == startTime }

    /// New with every boot of the machine.
    package static let bootID: String? = SmallFile.read("/proc/sys/kernel/random/boot_id").map {
        String($0.prefix { !$0.isWhitespace })
    }

    /// The 22nd field of `/proc/PID/stat`. The second, the name, may hold anything, so counting begins after its end.
    private static func startTime(of pid: pid_t) -> UInt64? {
        guard let stat = SmallFile.read("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
