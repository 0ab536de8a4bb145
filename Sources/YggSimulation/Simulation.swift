package import YggCore

/// Replays the history of a seed: the same values and shells that run in production, on one thread, with a simulated clock,
/// network and disk.
package enum Simulation {
    /// How a history came out.
    package struct Outcome: Sendable {
        package var scenario: Scenario
        package var story: Story
        /// nil where every rule held.
        package var violation: Violation?
        /// Tasks that came to their end.
        package var tasks: Int
    }

    /// How long after the last fault everything must have come to its end.
    private static let patience = Milliseconds.minutes(10)

    package static func run(_ scenario: Scenario, sabotage: Sabotage = []) -> Outcome {
        let fleet = Fleet(scenario, sabotage: sabotage)
        fleet.begin()
        fleet.world.run(until: scenario.calmAt + patience) { fleet.isOver }
        if fleet.world.violation == nil {
            if fleet.isOver { fleet.auditor.conclude() } else { fleet.auditor.explainNoEnd() }
        }
        let outcome = Outcome(
            scenario: scenario,
            story: fleet.world.story,
            violation: fleet.world.violation,
            tasks: fleet.auditor.tasks.count
        )
        fleet.end()
        return outcome
    }
}

extension Simulation.Outcome: CustomStringConvertible {
    /// For the person who has to find out why.
    package var description: String {
        let verdict = violation.map { "broken: \($0)" } ?? "every rule held"
        return "seed \(scenario.seed): \(verdict)\n\n\(story)"
    }
}
