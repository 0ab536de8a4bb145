import YggCore

/// Many tasks in one request and one commit; nobody runs them meanwhile.
struct BatchSubmission {
    let context: BenchContext

    private static let size = 1000

    func run() throws {
        try BenchFleet.with(context, "batch", executor: false) { fleet in
            for submitters in [1, 4] { try measure(fleet, submitters: submitters) }
        }
    }

    private func measure(_ fleet: BenchFleet, submitters: Int) throws {
        let loop = try ClosedLoop(port: fleet.port, connections: submitters, stop: context.stop)
        let request = LoadRequest.submitBatch(Self.size, kind: "bench-noop")
        try loop.run(request, seconds: context.warmUp) { response, _, _ in try response.expect(200) }
        var samples = Samples()
        let meter = fleet.meter()
        let run = try loop.run(request, seconds: context.seconds) { response, sent, answered in
            try response.expect(200)
            samples.add(answered - sent)
        }
        context.report.add(
            BenchMetric(
                "batch.\(submitters)",
                Double(run.answers * Self.size) / run.seconds,
                unit: "tasks/s",
                p50: samples.milliseconds(atPercent: 50),
                p99: samples.milliseconds(atPercent: 99),
                budget: .atLeast(20_000),
                details: [
                    "tasks": .int(Int64(run.answers * Self.size)), "perRequest": .int(Int64(Self.size)),
                    "submitters": .int(Int64(submitters)),
                ],
                limits: ["raw.sqliteCommits"],
                cpu: meter.used()
            )
        )
    }
}
