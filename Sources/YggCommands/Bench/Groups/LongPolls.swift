import YggCore

/// Very many executors in long poll, each on a connection of its own, and a steady trickle of tasks: how long one takes
/// from its submission to the answer that states its lease.
struct LongPolls {
    let context: BenchContext

    private static let tasksPerSecond = 200.0
    /// A poll is held for five seconds; the first ones are spread over as long, as those of a real fleet are.
    private static let spreadSeconds = 5.0

    func run() throws {
        try BenchFleet.with(context, "polls", executor: false) { fleet in
            let count = context.options.executors
            let info = try TaskReader(port: fleet.port, stop: context.stop).get("/info")
            let storeID = info["storeId"]?.stringValue ?? ""
            let executors = (0..<count).map {
                SimulatedExecutor(id: "bench-\($0)", bootID: "boot", storeID: storeID)
            }
            context.report.note("\(count) executors register")
            let registerSeconds = try register(executors, fleet)
            let fleetOfMany = try ManyExecutors(executors, port: fleet.port, stop: context.stop)
            try fleetOfMany.park(seconds: Self.spreadSeconds)
            _ = try fleetOfMany.submit(rate: Self.tasksPerSecond, seconds: context.warmUp)
            let meter = fleet.meter()
            let samples = try fleetOfMany.submit(rate: Self.tasksPerSecond, seconds: context.seconds)
            let cpu = meter.used()
            let details: JSONObject = [
                "executors": .int(Int64(count)), "ratePerSecond": .double(Self.tasksPerSecond),
                "registerSeconds": BenchNumber.json(registerSeconds),
            ]
            context.report.add(
                BenchMetric(
                    "polls.pickup",
                    samples,
                    budget: .percentiles(p99: 50),
                    details: details,
                    cpu: cpu
                )
            )
            let memory: JSONObject = [
                "executors": .int(Int64(count)),
                "pssMiB": BenchNumber.json(ProcessUsage.pssMiB(of: fleet.coordinator.pid)),
                "peakMiB": BenchNumber.json(ProcessUsage.statusMiB("VmHWM", of: fleet.coordinator.pid)),
            ]
            context.report.add(
                BenchMetric(
                    "polls.coordinator",
                    ProcessUsage.statusMiB("VmRSS", of: fleet.coordinator.pid),
                    unit: "MiB",
                    budget: .atMost(150),
                    details: memory
                )
            )
        }
    }

    private func register(_ executors: [SimulatedExecutor], _ fleet: BenchFleet) throws -> Double {
        let loop = try ClosedLoop(port: fleet.port, connections: 8, stop: context.stop)
        var rest = executors[...]
        return try loop.run { response, _, _ in
            try response.expect(200)
        } next: {
            rest.popFirst()?.registration(kind: "bench-noop", slots: 1)
        }.seconds
    }
}
