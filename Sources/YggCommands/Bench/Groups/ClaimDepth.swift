import YggCore

/// What a claim costs with a few tasks queued, and with very many.
///
/// A claim is measured where it is made: one simulated executor with one slot reports its task as done, and the answer
/// states the next one, claimed in the same commit. After each, one task is submitted, so that the queue keeps its
/// length. The oldest task is always next, the one whose row is the coldest.
struct ClaimDepth {
    let context: BenchContext

    private static let few = 1000
    private static let batch = 1000

    func run() throws {
        try BenchFleet.with(context, "claim", executor: false) { fleet in
            let info = try TaskReader(port: fleet.port, stop: context.stop).get("/info")
            let claimant = Claimant(
                fleet: fleet,
                storeID: info["storeId"]?.stringValue ?? "",
                stop: context.stop
            )
            try fill(fleet, Self.few, labels: [])
            let base = try measure(claimant, fleet, "claim.\(Self.few)", base: nil)
            // Nobody carries the label, so nobody may claim them.
            try fill(fleet, context.options.claimSize, labels: ["arch=none"])
            _ = try measure(claimant, fleet, "claim.ineligible", base: base)
            try fill(fleet, context.options.claimSize, labels: [])
            _ = try measure(claimant, fleet, "claim.eligible", base: base)
        }
    }

    private func fill(_ fleet: BenchFleet, _ count: Int, labels: [String]) throws {
        context.report.note("\(count) tasks into the queue")
        let loop = try ClosedLoop(port: fleet.port, connections: 2, stop: context.stop)
        let request = LoadRequest.submitBatch(Self.batch, kind: "bench-noop", labels: labels)
        var rest = count / Self.batch
        try loop.run { response, _, _ in
            try response.expect(200)
        } next: {
            guard rest > 0 else { return nil }
            rest -= 1
            return request
        }
    }

    /// - Parameter base: the median with few tasks queued, where this is held against it.
    private func measure(_ claimant: Claimant, _ fleet: BenchFleet, _ name: String, base: Double?) throws -> Double {
        _ = try claimant.claim(seconds: context.warmUp)
        let meter = fleet.meter()
        var samples = try claimant.claim(seconds: context.seconds)
        let details: JSONObject = [
            "queued": .int(Int64(base == nil ? Self.few : context.options.claimSize)),
            "coordinatorMiB": BenchNumber.json(ProcessUsage.statusMiB("VmRSS", of: fleet.coordinator.pid)),
        ]
        let median = samples.milliseconds(atPercent: 50)
        context.report.add(BenchMetric(name, samples, details: details, cpu: meter.used()))
        if let base {
            context.report.add(
                BenchMetric(
                    "\(name).ratio",
                    median / base,
                    unit: "× claim.\(Self.few)",
                    budget: .atMost(1.5),
                    details: details
                )
            )
        }
        return median
    }
}

/// The executor that claims, one task after the other.
private struct Claimant {
    let fleet: BenchFleet
    let storeID: String
    let stop: StopFlag

    /// - Returns: how long each report took whose answer stated the next lease.
    func claim(seconds: Double) throws -> Samples {
        let connection = try LoadConnection(port: fleet.port)
        // A new boot: what an earlier one still held goes back into the queue.
        var executor = SimulatedExecutor(id: "claimant", bootID: "boot-\(MonotonicTime.now)", storeID: storeID)
        try connection.exchange(executor.registration(kind: "bench-noop", slots: 1), stop).expect(200)
        let submission = LoadRequest.submit("bench-noop")
        var samples = Samples()
        let end = MonotonicTime.now + MonotonicTime.nanoseconds(seconds)
        while MonotonicTime.now < end {
            while executor.leases.isEmpty { _ = try executor.apply(connection.exchange(executor.sync(), stop)) }
            let response = try connection.exchange(executor.report(), stop)
            let answered = MonotonicTime.now
            if try !executor.apply(response).isEmpty { samples.add(answered - connection.startedAt) }
            try connection.exchange(submission, stop).expect(201)
        }
        guard samples.count > 0 else { throw CommandFailure("No report was answered with the next lease.") }
        return samples
    }
}
