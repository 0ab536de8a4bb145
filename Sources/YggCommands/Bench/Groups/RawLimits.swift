import Glibc
import YggCore
import YggStorage

/// What the machine can do at most, without any of our logic: what the other figures are to be held against.
struct RawLimits {
    let context: BenchContext

    func run() throws {
        let directory = try context.directory.subdirectory("raw")
        defer { context.directory.remove("raw") }
        try measureSync(directory)
        try measureSQLite(directory)
        try BenchFleet.with(context, "raw-http", executor: false) { fleet in
            for connections in [1, 64] { try measureHTTP(fleet, connections: connections) }
        }
    }

    /// Appends of 4 KiB, each made durable.
    private func measureSync(_ directory: String) throws {
        let path = "\(directory)/sync"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x59, count: 4096)
        var samples = Samples()
        let meter = CPUMeter()
        let start = MonotonicTime.now
        let end = start + MonotonicTime.nanoseconds(context.seconds)
        while case let began = MonotonicTime.now, began < end {
            guard write(descriptor, block, block.count) == block.count, fdatasync(descriptor) == 0 else {
                throw CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno))).")
            }
            samples.add(MonotonicTime.now - began)
            try context.stop.check()
        }
        report("raw.fdatasync", &samples, since: start, meter, ["fileSystem": .string(context.directory.fileSystem)])
    }

    private func measureSQLite(_ directory: String) throws {
        var samples = Samples()
        let meter = CPUMeter()
        let start = MonotonicTime.now
        let end = start + MonotonicTime.nanoseconds(context.seconds)
        var before = start
        try SQLiteProbe.commitWhile(path: "\(directory)/probe.sqlite") {
            let now = MonotonicTime.now
            samples.add(now - before)
            before = now
            try context.stop.check()
            return now < end
        }
        report("raw.sqliteCommits", &samples, since: start, meter, [:])
    }

    private func measureHTTP(_ fleet: BenchFleet, connections: Int) throws {
        let loop = try ClosedLoop(port: fleet.port, connections: connections, stop: context.stop)
        let request = LoadRequest.get("/livez")
        try loop.run(request, seconds: context.warmUp) { response, _, _ in try response.expect(200) }
        var samples = Samples()
        let meter = fleet.meter()
        let start = MonotonicTime.now
        try loop.run(request, seconds: context.seconds) { response, sent, answered in
            try response.expect(200)
            samples.add(answered - sent)
        }
        report("raw.http\(connections)", &samples, since: start, meter, ["connections": .int(Int64(connections))])
    }

    private func report(
        _ name: String,
        _ samples: inout Samples,
        since start: Int64,
        _ meter: CPUMeter,
        _ details: JSONObject
    ) {
        let seconds = MonotonicTime.seconds(since: start)
        context.report.add(
            BenchMetric(
                name,
                Double(samples.count) / seconds,
                unit: "1/s",
                p50: samples.milliseconds(atPercent: 50),
                p99: samples.milliseconds(atPercent: 99),
                details: details,
                cpu: meter.used()
            )
        )
    }
}
