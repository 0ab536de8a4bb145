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

    /// It was heard by the new coordinator, which gave its work away after a time to live; it heard nothing, and went on by
    /// the long one that the last coordinator had promised when it stopped.
    /// A farewell that could not be recorded was said all the same.
    @Test(arguments: [true, false])
    func `a farewell that an executor works by is kept by the next coordinator`(isRecorded: Bool) async {
        let executor = Scenario(seed: 1).executors[0]
        var other = executor
        other.id = ExecutorID(trusted: "other")
        var scenario = Self.scenario(
            .work,
            lasting: .seconds(90),
            Fault(at: .seconds(5), duration: .seconds(1), kind: .coordinatorStop),
            Fault(at: 5_950, duration: .seconds(40), kind: .network(endpoint: executor.id.rawValue, .noDownlink)),
            Fault(at: .zero, duration: .seconds(5), kind: .network(endpoint: "other", .partition))
        )
        scenario.executors = [executor, other]
        if !isRecorded {
            scenario.faults.append(Fault(at: .seconds(4), duration: .seconds(2), kind: .databaseFull))
        }
        let outcome = await aside { [scenario] in Simulation.run(scenario) }
        #expect(outcome.violation == nil, "\(outcome)")
        // Without it the work has ended by its time to live, and moves.
        #expect(Self.begins(outcome) == (isRecorded ? 1 : 2), "\(outcome)")
    }

    /// It comes back as often as its branch moves, and may be granted anew in the commit that takes the word of it.
    @Test func `what could not be landed is not taken from who tried it`() async {
        var scenario = Self.scenario(.work, lasting: .seconds(30))
        scenario.people = 1
        scenario.tasks[0].asks = .landing(branch: "main")
        scenario.commits = (1...100).map { .init(at: .seconds($0 * 2), branch: "main") }
        let outcome = await aside { [scenario] in Simulation.run(scenario) }
        #expect(outcome.violation == nil, "\(outcome)")
        #expect(Self.begins(outcome) > 2, "\(outcome)")
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
