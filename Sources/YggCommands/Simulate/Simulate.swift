import ArgumentParser
import Dispatch
import YggCore
import YggSimulation

/// `ygg simulate`: for those who work on Yggdrasil, so it is not listed.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Replay histories of a simulated fleet and check that every rule holds in each.",
        discussion: """
            Runs coordinator and executors on one thread with a simulated clock, network and disk, one history a seed. A
            broken rule ends it: the shortest history that breaks it is printed as a story.

            EXAMPLES
              ygg simulate --seeds 10000
              ygg simulate --seed 4711 --story
            """,
        shouldDisplay: false
    )

    @Option(help: ArgumentHelp("The first seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many seeds, one after the other.", valueName: "n"))
    var seeds: UInt64 = 1

    @Flag(help: "Print the story of every history.")
    var story = false

    @Flag(help: "Print the digest of every history: equal for equal seeds.")
    var digest = false

    func validate() throws {
        guard seeds >= 1, seeds <= 10_000_000 else { throw ValidationError("--seeds must be from 1 to 10000000") }
    }

    func run() async throws {
        // A history is one long computation: it does not hold a thread of the pool.
        let isSound = await withCheckedContinuation { continuation in
            DispatchQueue(label: "ygg.simulation").async { continuation.resume(returning: replay()) }
        }
        if !isSound { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func replay() -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        var tasks = 0
        for number in 0..<seeds {
            let outcome = Simulation.run(Scenario(seed: seed &+ number))
            tasks += outcome.tasks
            if outcome.violation != nil {
                print(Simulation.shrink(outcome))
                print("\nReplay it with: ygg simulate --seed \(outcome.scenario.seed) --story")
                return false
            }
            if story { print(outcome) }
            if digest { print(outcome.scenario.seed, String(outcome.story.digest, radix: 16)) }
        }
        if !digest {
            let seconds = (clock.now - start).components.seconds
            print("\(seeds) histories from seed \(seed), \(tasks) tasks: every rule held (\(seconds) s)")
        }
        return true
    }
}
