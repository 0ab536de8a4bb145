import FoundationEssentials
import Glibc
import YggCore

/// What the kernel says about a process: processor time and memory.
enum ProcessUsage {
    /// User and system time of another process, in steps of the kernel's clock (10 ms as a rule).
    static func cpuSeconds(of pid: pid_t) -> Double {
        // The name in parentheses may hold anything; the fields are counted from behind it.
        guard let text = text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// User and system time of this process.
    static func ownCPUSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }

    /// A field of `/proc/PID/status` such as `VmRSS` or `VmHWM`, in MiB.
    static func statusMiB(_ field: String, of pid: pid_t) -> Double { mebibytes(field, in: "/proc/\(pid)/status") }

    /// The proportional share: pages that others map too count in part.
    static func pssMiB(of pid: pid_t) -> Double { mebibytes("Pss", in: "/proc/\(pid)/smaps_rollup") }

    private static func mebibytes(_ field: String, in path: String) -> Double {
        for line in (text(path) ?? "").split(separator: "\n") where line.hasPrefix("\(field):") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count > 1, let kibibytes = Double(words[1]) { return kibibytes / 1024 }
        }
        return 0
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Processor time by who spent it.
struct CPUUse: Sendable {
    var generator: Double
    var coordinator: Double?
    var executor: Double?

    var json: JSONObject {
        var object: JSONObject = ["generatorSeconds": BenchNumber.json(generator)]
        object.append("coordinatorSeconds", coordinator.map(BenchNumber.json))
        object.append("executorSeconds", executor.map(BenchNumber.json))
        return object
    }
}

/// Reads processor time at the beginning and the end of a measurement.
struct CPUMeter {
    private let coordinator: pid_t?
    private let executor: pid_t?
    private let start: CPUUse

    init(coordinator: pid_t? = nil, executor: pid_t? = nil) {
        self.coordinator = coordinator
        self.executor = executor
        start = Self.read(coordinator, executor)
    }

    /// What was spent since the beginning.
    func used() -> CPUUse {
        let now = Self.read(coordinator, executor)
        func difference(_ end: Double?, _ begin: Double?) -> Double? {
            guard let end, let begin else { return nil }
            return end - begin
        }
        return CPUUse(
            generator: now.generator - start.generator,
            coordinator: difference(now.coordinator, start.coordinator),
            executor: difference(now.executor, start.executor)
        )
    }

    private static func read(_ coordinator: pid_t?, _ executor: pid_t?) -> CPUUse {
        CPUUse(
            generator: ProcessUsage.ownCPUSeconds(),
            coordinator: coordinator.map(ProcessUsage.cpuSeconds),
            executor: executor.map(ProcessUsage.cpuSeconds)
        )
    }
}
