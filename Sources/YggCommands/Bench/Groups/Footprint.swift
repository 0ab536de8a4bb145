import YggCore

/// What the processes need when they have nothing to do, how fast they start, and how fast the command line answers.
struct Footprint {
    let context: BenchContext

    private static let starts = 10
    private static let listings = 20
    /// Memory settles after the start; the executor syncs a few times.
    private static let idleSeconds = 5.0

    func run() throws {
        try measureStart()
        try BenchFleet.with(context, "idle") { fleet in
            try context.stop.sleep(seconds: Self.idleSeconds)
            let idle = fleet.meter()
            try context.stop.sleep(seconds: Self.idleSeconds)
            let cpu = idle.used()
            report("idle.coordinator", fleet.coordinator, atMost: 60, cpu)
            if let executor = fleet.executor { report("idle.executor", executor, atMost: 40, cpu) }
            try measureListing(fleet)
        }
    }

    /// From the start of a process on an empty data directory to its ready line.
    private func measureStart() throws {
        var coordinator = Samples()
        var executor = Samples()
        for _ in 0..<Self.starts {
            try BenchFleet.with(context, "start") { fleet in
                coordinator.add(fleet.coordinatorStart)
                if let start = fleet.executorStart { executor.add(start) }
            }
        }
        context.report.add(
            BenchMetric("start.coordinator", coordinator, budget: .percentiles(p50: 150))
        )
        context.report.add(BenchMetric("start.executor", executor, budget: .percentiles(p50: 150)))
    }

    private func report(_ name: String, _ process: BenchProcess, atMost bound: Double, _ cpu: CPUUse) {
        let details: JSONObject = [
            "pssMiB": BenchNumber.json(ProcessUsage.pssMiB(of: process.pid)),
            "peakMiB": BenchNumber.json(ProcessUsage.statusMiB("VmHWM", of: process.pid)),
            "idleSeconds": .double(Self.idleSeconds),
        ]
        context.report.add(
            BenchMetric(
                name,
                ProcessUsage.statusMiB("VmRSS", of: process.pid),
                unit: "MiB",
                budget: .atMost(bound),
                details: details,
                cpu: cpu
            )
        )
    }

    /// The whole command, from its start to its end, with 200 tasks there.
    private func measureListing(_ fleet: BenchFleet) throws {
        let reader = try TaskReader(port: fleet.port, stop: context.stop)
        let connection = try LoadConnection(port: fleet.port)
        try connection.exchange(LoadRequest.submitBatch(200, kind: "bench-noop"), context.stop).expect(200)
        try reader.waitUntilDrained()
        var samples = Samples()
        for _ in 0..<Self.listings {
            let start = MonotonicTime.now
            let process = try BenchProcess(
                ["task", "list", "--coordinator", "http://127.0.0.1:\(fleet.port)"],
                outputPath: "/dev/null",
                stop: context.stop
            )
            try process.waitUntilEnded()
            samples.add(MonotonicTime.now - start)
        }
        context.report.add(BenchMetric("taskList", samples, budget: .percentiles(p50: 30)))
    }
}
