import YggCore

/// What it costs that everybody shows a token: the throughput of a fleet that asks for them, against one that does not.
///
/// Both run at the same time and are loaded in turns, so that what else the machine does meets both alike.
struct TokenCost {
    let context: BenchContext

    private static let rounds = 3

    func run() throws {
        try BenchFleet.with(context, "tokens-open") { open in
            try BenchFleet.with(context, "tokens-guarded", isGuarded: true) { guarded in
                for submitters in [1, 64] { try compare(open, guarded, submitters: submitters) }
            }
        }
    }

    private func compare(_ open: BenchFleet, _ guarded: BenchFleet, submitters: Int) throws {
        let name = "tokens.\(submitters)"
        context.report.note(name)
        let loads = try [open, guarded].map { fleet in
            try EndToEndLoad(fleet, kind: "bench-noop", submitters: submitters, stop: context.stop)
        }
        for load in loads { _ = try load.run(seconds: context.warmUp) }
        var rates: [[Double]] = [[], []]
        for _ in 0..<Self.rounds {
            for (index, load) in loads.enumerated() { rates[index].append(try load.run(seconds: context.seconds).rate) }
        }
        let medians = rates.map { $0.sorted()[Self.rounds / 2] }
        context.report.add(
            BenchMetric(
                name,
                medians[1] / medians[0],
                unit: "×",
                budget: .atLeast(0.9),
                details: [
                    "submitters": .int(Int64(submitters)),
                    "openPerSecond": BenchNumber.json(medians[0]),
                    "guardedPerSecond": BenchNumber.json(medians[1]),
                ]
            )
        )
    }
}
