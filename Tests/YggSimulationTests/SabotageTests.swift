import Testing
import YggCore
import YggSimulation

#if DEBUG
/// The proof that the simulation can fail: each of these mistakes is found, and its absence is not.
@Suite(.timeLimit(.minutes(5))) struct SabotageTests {
    /// More than any mistake needs; docs/reliability.md says how many each took.
    private static let limit: UInt64 = 1000

    @Test(arguments: Sabotage.all.indices)
    func `a mistake made on purpose is found`(index: Int) async {
        let (name, mistake) = Sabotage.all[index]
        let found = await aside {
            (1...Self.limit).lazy.map { Simulation.run(Scenario(seed: $0), sabotage: mistake) }
                .first { $0.violation != nil }
        }
        guard let found, let violation = found.violation else {
            Issue.record("\(name): not found in \(Self.limit) seeds")
            return
        }
        print("\(name): found by seed \(found.scenario.seed): \(violation)")
        let sound = await aside { Simulation.run(found.scenario) }
        #expect(sound.violation == nil, "the history is not broken by the mistake alone")
    }

    @Test func `a failing history shrinks to one that breaks the same rule`() async {
        let (found, shrunk) = await aside {
            let mistake = Sabotage.forgetsAcknowledgement
            let found = (1...Self.limit).lazy.map { Simulation.run(Scenario(seed: $0), sabotage: mistake) }
                .first { $0.violation != nil }
            return (found, found.map { Simulation.shrink($0, sabotage: mistake) })
        }
        let rule = found?.violation?.rule
        #expect(rule != nil)
        #expect(shrunk?.violation?.rule == rule)
        #expect(shrunk?.scenario.tasks.count == 1)
        #expect(shrunk?.scenario.executors.count == 1)
        #expect(shrunk?.scenario.faults.isEmpty == true)
        // It is told in words, and the broken rule is the end of it.
        #expect(shrunk?.story.lines.last?.who == "rule")
    }
}
#endif
