import Synchronization
import Testing
import YggCore
import YggProcess
import YggSimulation

/// One seed is one history: without it, no seed would be worth printing.
@Suite(.timeLimit(.minutes(2))) struct DeterminismTests {
    private static let seeds: ClosedRange<UInt64> = 1...12

    @Test func `a seed gives the same history twice`() async {
        let (first, second) = await aside { (Self.digests(), Self.digests()) }
        #expect(first == second)
        #expect(Set(first).count == first.count)
    }

    /// Hash tables are ordered anew in every process.
    @Test func `a seed gives the same history in another process`() async {
        let output = Mutex([UInt8]())
        let spec = ProcessSpec(
            argv: [
                binary, "simulate", "--digest",
                "--seed", "\(Self.seeds.lowerBound)", "--seeds", "\(Self.seeds.count)",
            ],
            environment: [:]
        )
        let outcome = await runProcess(spec) { _, bytes in output.withLock { $0 += bytes } }
        #expect(outcome.ending == .exited(0))
        let here = await aside { Self.digests() }
        let there = String(decoding: output.withLock { $0 }, as: UTF8.self).split(separator: "\n")
        #expect(there.map { String($0.split(separator: " ").last ?? "") } == here)
    }

    private static func digests() -> [String] {
        seeds.map { String(Simulation.run(Scenario(seed: $0)).story.digest, radix: 16) }
    }

    /// `ygg`, built beside the tests.
    private let binary: String = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/ygg"
    }()
}
