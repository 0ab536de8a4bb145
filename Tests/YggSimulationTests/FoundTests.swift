import Testing
import YggCore
import YggSimulation

/// What the simulation once found, as short histories of their own.
@Suite(.timeLimit(.minutes(1))) struct FoundTests {
    /// One executor, one task, and what goes wrong.
    private static func scenario(
        _ kind: SimulatedKind,
        lasting duration: Milliseconds,
        _ faults: Fault...
    ) -> Scenario {
        var scenario = Scenario(seed: 1)
        scenario.ttl = .seconds(15)
        scenario.executors = [scenario.executors[0]]
        scenario.tasks = [scenario.tasks[0]]
        scenario.tasks[0].kind = kind
        scenario.tasks[0].submitAt = .seconds(1)
        scenario.tasks[0].dependsOn = nil
        scenario.tasks[0].delay = nil
        scenario.tasks[0].cancelAt = nil
        scenario.tasks[0].retryAt = nil
        scenario.tasks[0].attempts = [scenario.tasks[0].attempts[0]]
        scenario.tasks[0].attempts[0].duration = duration
        scenario.tasks[0].attempts[0].lines = 0
        scenario.tasks[0].attempts[0].ending = .succeeds
        scenario.faults = faults
        return scenario
    }

    /// How often a handler began.
    private static func begins(_ outcome: Simulation.Outcome) -> Int {
        outcome.story.lines.count { $0.what.hasPrefix("begins") }
    }

    /// Two polls lasted as long as an attempt goes on unheard, so that whatever said nothing was ended by its own executor.
    @Test func `work that says nothing for minutes is not cut off`() async {
        let outcome = await aside { Simulation.run(Self.scenario(.work, lasting: .minutes(3))) }
        #expect(outcome.violation == nil, "\(outcome)")
        #expect(Self.begins(outcome) == 1)
    }

    /// The first answer to a new boot stated the leases that it was just taking away, and the new process began them.
    @Test func `an executor that crashed does not begin its old leases anew`() async {
        let executor = Scenario(seed: 1).executors[0].id
        let crash = Fault(at: .seconds(5), duration: 500, kind: .executorCrash(executor, isPowerLoss: false))
        let outcome = await aside { Simulation.run(Self.scenario(.once, lasting: .seconds(20), crash)) }
        #expect(outcome.violation == nil, "\(outcome)")
        // `onLost: fail`: it has begun, so nobody may begin it again.
        #expect(Self.begins(outcome) == 1)
    }

    /// The store forgets a task that an executor is at; it is asked for again under the same id, and begins at the same
    /// epoch. What the executor says of the forgotten one must not count for it.
    @Test func `a result for a store that was lost does not count for the one that was restored`() async {
        var scenario = Self.scenario(
            .work,
            lasting: .seconds(10),
            Fault(at: .seconds(2), duration: 500, kind: .restore(age: .seconds(2)))
        )
        scenario.tasks[0].hasOwnID = true
        let restored = scenario
        let outcome = await aside { Simulation.run(restored) }
        #expect(outcome.violation == nil, "\(outcome)")
        #expect(Self.begins(outcome) == 2, "\(outcome)")
    }

    /// With its epoch, which jumps, a task that waited for another was taken for a parent of steps, and the report that
    /// ended the other was refused for ever.
    @Test func `a task that waits for another goes on after a restore`() async {
        var scenario = Self.scenario(
            .work,
            lasting: .seconds(10),
            Fault(at: .seconds(5), duration: 500, kind: .restore(age: .seconds(1)))
        )
        scenario.tasks[0].hasOwnID = true
        var next = scenario.tasks[0]
        next.name = "next"
        next.submitAt = .seconds(2)
        next.dependsOn = scenario.tasks[0].name
        scenario.tasks.append(next)
        let restored = scenario
        let outcome = await aside { Simulation.run(restored) }
        #expect(outcome.violation == nil, "\(outcome)")
    }

    /// The new process registered in the last commit of a coordinator, and the next one took its old lease for one that
    /// was granted to it.
    @Test func `an executor and a coordinator that crash together do not begin an old lease anew`() async {
        let executor = Scenario(seed: 1).executors[0].id
        let outcomes = await aside {
            (1...12).map { write in
                Simulation.run(
                    Self.scenario(
                        .once,
                        lasting: .seconds(20),
                        Fault(at: .seconds(5), duration: 500, kind: .executorCrash(executor, isPowerLoss: false)),
                        Fault(at: .zero, duration: 500, kind: .crashAtWrite(write, isCommitted: true))
                    )
                )
            }
        }
        for outcome in outcomes {
            #expect(outcome.violation == nil, "\(outcome)")
            #expect(Self.begins(outcome) <= 1, "\(outcome)")
        }
    }
}
