import YggCore

/// Tasks from their submission to their stored result: 8 slots, a window of 64.
struct Throughput {
    let context: BenchContext

    private static let submitters = 64
    private static let limits = ["raw.sqliteCommits", "raw.http1", "raw.http64"]

    func run() throws {
        try BenchFleet.with(context, "throughput") { fleet in
            _ = try measure(fleet, "endToEnd.1", kind: "bench-noop", submitters: 1, atLeast: 1500)
            let most = try measure(
                fleet,
                "endToEnd.64",
                kind: "bench-noop",
                submitters: Self.submitters,
                atLeast: 5000
            )
            try measurePaced(fleet, rate: most / 2)
            _ = try measure(fleet, "endToEnd.true", kind: "bench-true", submitters: Self.submitters, atLeast: nil)
        }
    }

    /// As fast as the submitters can, and until the last task has ended.
    /// - Returns: tasks per second.
    private func measure(
        _ fleet: BenchFleet,
        _ name: String,
        kind: String,
        submitters: Int,
        atLeast bound: Double?
    ) throws -> Double {
        context.report.note(name)
        let load = try EndToEndLoad(fleet, kind: kind, submitters: submitters, stop: context.stop)
        _ = try load.run(seconds: context.warmUp)
        let meter = fleet.meter()
        var result = try load.run(seconds: context.seconds)
        let cpu = meter.used()
        let submitted = result.submitted

        var details: JSONObject = [
            "tasks": .int(Int64(submitted.answers)), "submitters": .int(Int64(submitters)),
            "submitPerSecond": BenchNumber.json(Double(submitted.answers) / submitted.seconds),
            "ackP50Ms": BenchNumber.json(result.acks.milliseconds(atPercent: 50)),
            "ackP99Ms": BenchNumber.json(result.acks.milliseconds(atPercent: 99)),
        ]
        if kind == "bench-noop" {
            var pickups = try result.submissions.pickups(load.reader)
            details.append("pickupP50Ms", BenchNumber.json(pickups.milliseconds(atPercent: 50)))
            details.append("pickupP99Ms", BenchNumber.json(pickups.milliseconds(atPercent: 99)))
        }
        context.report.add(
            BenchMetric(
                name,
                result.rate,
                unit: "tasks/s",
                budget: bound.map(BenchBudget.atLeast),
                details: details,
                limits: Self.limits,
                cpu: cpu
            )
        )
        return result.rate
    }

    /// At half of what there can be at most, by a timetable.
    private func measurePaced(_ fleet: BenchFleet, rate: Double) throws {
        context.report.note("\(Int(rate)) tasks/s by a timetable")
        let reader = try TaskReader(port: fleet.port, stop: context.stop)
        let loop = try OpenLoop(port: fleet.port, connections: Self.submitters, stop: context.stop)
        let request = LoadRequest.submit("bench-noop")
        _ = try loop.run(request, rate: rate, seconds: context.warmUp) { response, _, _ in try response.expect(201) }
        try reader.waitUntilDrained()

        var (acks, submissions) = (Samples(), Submissions())
        let meter = fleet.meter()
        var lateness = try loop.run(request, rate: rate, seconds: context.seconds) { response, due, answered in
            try submissions.add(response, at: due)
            acks.add(answered - due)
        }
        if let last = submissions.last { try reader.waitForEnd(of: last) }
        try reader.waitUntilDrained()
        let cpu = meter.used()
        let details: JSONObject = [
            "ratePerSecond": BenchNumber.json(rate), "submitters": .int(Int64(Self.submitters)),
            "lateP99Ms": BenchNumber.json(lateness.milliseconds(atPercent: 99)),
        ]
        context.report.add(
            BenchMetric("ack.64", acks, budget: .percentiles(p99: 2.5), details: details, cpu: cpu)
        )
        context.report.add(
            BenchMetric(
                "pickup.64",
                try submissions.pickups(reader),
                budget: .percentiles(p99: 4),
                details: details,
                cpu: cpu
            )
        )
    }
}
