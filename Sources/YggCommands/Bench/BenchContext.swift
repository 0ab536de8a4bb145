import FoundationEssentials
import Glibc

/// What somebody asked to have measured.
struct BenchOptions: Sendable {
    var groups: [BenchGroup]
    var seconds: Double
    var claimSize: Int
    var executors: Int
}

/// What every measurement of one run shares.
final class BenchContext {
    let options: BenchOptions
    let directory: BenchDirectory
    let report: BenchReport
    let stop: StopFlag

    init(options: BenchOptions, directory: BenchDirectory, report: BenchReport, stop: StopFlag) {
        self.options = options
        self.directory = directory
        self.report = report
        self.stop = stop
    }

    /// How long each rate is measured.
    var seconds: Double { options.seconds }

    /// How long everything is used before it counts.
    var warmUp: Double { min(1, options.seconds / 2) }

    func write(_ text: String, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw CommandFailure("\(path) cannot be written.")
        }
    }

    func run() throws {
        allowManyConnections()
        for group in options.groups {
            report.note(group.rawValue)
            try group.run(self)
            try stop.check()
        }
        report.finish()
    }

    /// A connection for every executor that is simulated; the coordinator inherits the limit.
    private func allowManyConnections() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
