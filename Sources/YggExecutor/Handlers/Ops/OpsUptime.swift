import Glibc
import YggCore

/// How long the machine is up, how busy it is, and how much memory is left. Read from /proc, without a process.
struct OpsUptime: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        guard
            let load = MachineLoad(
                uptime: LocalFiles.read("/proc/uptime"),
                loadavg: LocalFiles.read("/proc/loadavg"),
                meminfo: LocalFiles.read("/proc/meminfo"),
                cores: sysconf(Int32(_SC_NPROCESSORS_ONLN))
            )
        else {
            throw HandlerFailure(
                code: "not-available",
                detail: "/proc does not tell uptime and load here.",
                retryable: false
            )
        }
        await run.say(load.summary + "\n")
        return load.json
    }
}

/// What /proc says of a machine.
struct MachineLoad: Sendable, Hashable {
    var uptimeSeconds: Int64
    /// Over 1, 5 and 15 minutes, in hundredths.
    var load: [Int64]
    var memoryTotal: Int64
    var memoryAvailable: Int64
    var cores: Int

    /// nil where one of the files is missing or reads otherwise.
    init?(uptime: String?, loadavg: String?, meminfo: String?, cores: Int) {
        guard let uptime = uptime?.split(separator: " ").first.flatMap({ Double($0) }), let loadavg, let meminfo else {
            return nil
        }
        let load = loadavg.split(separator: " ").prefix(3).compactMap { Double($0) }.map { Int64(($0 * 100).rounded()) }
        func kilobytes(_ name: String) -> Int64? {
            meminfo.split(separator: "\n").first { $0.hasPrefix("\(name):") }?
                .split(separator: " ").dropFirst().first.flatMap { Int64($0) }
        }
        guard load.count == 3, let total = kilobytes("MemTotal"),
            let available = kilobytes("MemAvailable") ?? kilobytes("MemFree")
        else { return nil }
        uptimeSeconds = Int64(uptime)
        self.load = load
        memoryTotal = total << 10
        memoryAvailable = available << 10
        self.cores = max(1, cores)
    }

    var json: JSONObject {
        [
            "uptimeSeconds": .int(uptimeSeconds), "load": .array(load.map { .double(Double($0) / 100) }),
            "cores": .int(Int64(cores)),
            "memory": ["totalBytes": .int(memoryTotal), "availableBytes": .int(memoryAvailable)],
            "summary": .string(summary),
        ]
    }

    var summary: String {
        let loads = load.map { "\($0 / 100).\($0 % 100 < 10 ? "0" : "")\($0 % 100)" }.joined(separator: " ")
        return "Up \(uptimeText), load \(loads) on \(cores) \(cores == 1 ? "core" : "cores"), "
            + "\(bytes(memoryAvailable)) of \(bytes(memoryTotal)) memory available"
    }

    private var uptimeText: String {
        let minutes = uptimeSeconds / 60
        let hours = minutes / 60
        let days = hours / 24
        if days > 0 { return "\(days) \(days == 1 ? "day" : "days") \(hours % 24) h" }
        return hours > 0 ? "\(hours) h \(minutes % 60) min" : "\(minutes) min"
    }
}
