import Testing
import YggCore
import YggSimulation

/// Histories of a simulated fleet. A failure prints the shortest history that can be found; `ygg simulate --seed N --story`
/// replays it.
@Suite(.timeLimit(.minutes(5))) struct SimulationTests {
    /// Seeds that never change, in portions, so that both cores have something to do.
    @Test(arguments: [1, 51, 101, 151, 201, 251] as [UInt64])
    func `every rule holds in every history`(first: UInt64) async {
        await aside {
            for seed in first..<(first + 50) {
                let outcome = Simulation.run(Scenario(seed: seed))
                if outcome.violation == nil { continue }
                Issue.record("\(Simulation.shrink(outcome))")
                return
            }
        }
    }

    /// Fresh ones at every run: the seed is in the failure.
    @Test func `every rule holds in histories that nobody has seen`() async {
        let first = UInt64.random(in: 1_000_000...UInt64.max / 2)
        await aside {
            for seed in first..<(first + 20) {
                let outcome = Simulation.run(Scenario(seed: seed))
                if outcome.violation == nil { continue }
                Issue.record("\(Simulation.shrink(outcome))")
                return
            }
        }
    }
}
