import Glibc

/// A network namespace for each executor, joined to the coordinator's by a cable that can be pulled out.
///
/// Each namespace is held by a process that does nothing; it and its cable are gone when the last process in it is.
struct Interfaces: Sendable {
    /// Of a range that is set aside for tests of network devices (RFC 2544), so that nobody else is there.
    static let coordinatorAddress = "198.18.77.1"

    private var holders: [pid_t]

    /// - Parameter directory: for what the holders might say.
    static func connect(_ count: Int, directory: String) async throws -> Interfaces {
        guard let unshare = Isolation.path(of: "unshare"), let sleep = Isolation.path(of: "sleep") else {
            throw CommandFailure("unshare is not installed.")
        }
        try await Tool.demand("ip", "link", "set", "lo", "up")
        var interfaces = Interfaces(holders: [])
        do {
            for number in 0..<count {
                let arguments = ["unshare", "--net", "--", sleep, "infinity"]
                let holder = try OwnProgram.spawn(unshare, arguments, outputPath: "\(directory)/holder-\(number)")
                interfaces.holders.append(holder)
                try await connect(number, to: holder)
            }
        } catch {
            interfaces.end()
            throw error
        }
        return interfaces
    }

    private static func connect(_ number: Int, to holder: pid_t) async throws {
        try await waitUntilApart(holder)
        let (outside, inside) = (name(number), "198.18.77.\(10 + number)")
        try await Tool.demand(
            "ip",
            "link",
            "add",
            outside,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            "\(holder)"
        )
        try await Tool.demand("ip", "addr", "add", coordinatorAddress, "peer", inside, "dev", outside)
        try await Tool.demand("ip", "link", "set", outside, "up")
        let within = ["nsenter", "-t", "\(holder)", "-n", "ip"]
        try await Tool.demand(within + ["link", "set", "lo", "up"])
        try await Tool.demand(within + ["addr", "add", inside, "peer", coordinatorAddress, "dev", "eth0"])
        try await Tool.demand(within + ["link", "set", "eth0", "up"])
    }

    private static func waitUntilApart(_ holder: pid_t) async throws {
        func network(_ pid: pid_t) -> UInt64 {
            var status = stat()
            return stat("/proc/\(pid)/ns/net", &status) == 0 ? UInt64(status.st_ino) : 0
        }
        let own = network(getpid())
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(10)
        while case let theirs = network(holder), theirs == 0 || theirs == own {
            guard MonotonicTime.now < deadline else { throw CommandFailure("A network namespace was not made.") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func name(_ number: Int) -> String { "ygg\(number)" }

    /// What stands before a command so that it runs in the namespace of an executor.
    func prefix(of number: Int) -> [String] { ["nsenter", "-t", "\(holders[number])", "-n", "--"] }

    func set(_ number: Int, isUp: Bool) async throws {
        try await Tool.demand("ip", "link", "set", Self.name(number), isUp ? "up" : "down")
    }

    func end() {
        for holder in holders {
            kill(holder, SIGKILL)
            waitpid(holder, nil, 0)
        }
    }
}
