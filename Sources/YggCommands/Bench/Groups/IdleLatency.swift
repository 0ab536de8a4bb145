import YggCore

/// One submitter, and an executor that has nothing else to do: how long a task takes to be safe, and to begin.
struct IdleLatency {
    let context: BenchContext

    /// Long enough for a task to end and its executor to wait again before the next one comes.
    private static let gap: Int64 = 5_000_000

    func run() throws {
        try BenchFleet.with(context, "latency") { fleet in
            var (acks, pickups) = (Samples(), Samples())
            try measure(fleet, seconds: context.warmUp, &acks, &pickups)
            (acks, pickups) = (Samples(), Samples())
            let meter = fleet.meter()
            try measure(fleet, seconds: context.seconds, &acks, &pickups)
            let cpu = meter.used()
            context.report.add(BenchMetric("ack.1", acks, budget: .percentiles(p50: 0.8, p99: 2.5), cpu: cpu))
            context.report.add(BenchMetric("pickup.1", pickups, budget: .percentiles(p50: 1.5, p99: 4), cpu: cpu))
        }
    }

    private func measure(
        _ fleet: BenchFleet,
        seconds: Double,
        _ acks: inout Samples,
        _ pickups: inout Samples
    ) throws {
        let connection = try LoadConnection(port: fleet.port)
        let reader = try TaskReader(port: fleet.port, stop: context.stop)
        let request = LoadRequest.submit("bench-noop")
        let end = MonotonicTime.now + MonotonicTime.nanoseconds(seconds)
        while MonotonicTime.now < end {
            let response = try connection.exchange(request, context.stop)
            let answered = MonotonicTime.now
            try response.expect(201)
            acks.add(answered - connection.startedAt)
            guard let id = response.taskID else { throw CommandFailure("An answer to a submission names no task.") }
            MonotonicTime.sleep(until: answered + Self.gap)
            pickups.add(try TaskReader.startedAt(reader.waitForEnd(of: id)) - connection.startedAt)
        }
    }
}
