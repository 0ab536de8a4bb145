/// Whether new tests prove anything: without the work they must fail, and with it pass. A test that passes without it
/// says nothing about it.
package struct ProofOfTest: Sendable, Hashable {
    /// Tests that fail without the work and pass with it.
    package var proving: [String]
    /// New tests that pass without the work, too.
    package var idle: [String]
    /// Tests that fail with the work, and did not fail before it.
    package var failing: [String]
    /// The run without the work, and the one with it.
    package var steps: [StepReport]

    package var isProved: Bool { !proving.isEmpty && failing.isEmpty }

    /// For the model: what to do about it; empty where it is proved.
    package var feedback: String {
        if isProved { return "" }
        if !failing.isEmpty {
            return "New tests fail: \(Self.list(failing)). Repair the code, or the tests where they are wrong."
        }
        return idle.isEmpty
            ? "No new test was run. Add one that fails without your change and passes with it."
            : "The new tests pass without your change, too: \(Self.list(idle)). Test what your change does."
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }

    /// - Parameters:
    ///   - base: the base with its own tests.
    ///   - without: the base with the tests of the work. What it does not name could not even be read there, as where a
    ///     test names a function that is new: it failed.
    ///   - with: the work.
    init(base: StepResult?, without: StepResult, with: StepResult) {
        let known = base?.names.ends ?? [:]
        let passing = with.names.names(.passed)
        proving = passing.filter { name in
            let isGoodWithout = without.names.ends[name] == .passed || without.names.ends[name] == .skipped
            return !isGoodWithout && known[name] != .passed && base?.flaky.contains(name) != true
        }
        idle = passing.filter { known[$0] == nil && without.names.ends[$0] == .passed }
        failing = with.report.failures.filter { known[$0] != .failed && base?.flaky.contains($0) != true }
        steps = [without.report, with.report]
    }
}

extension Verifier {
    /// Runs the tests of the work over the sources of the base, and over its own. The work tree is afterwards what it was.
    /// - Returns: nil where nothing tests.
    /// - Throws: ``BaseFailure``, ``CheckpointFailure`` or `CancellationError`.
    package func proveTests() async throws -> ProofOfTest? {
        guard let test = plan.steps.last(where: { $0.goal == .test }) else { return nil }
        let base = try await baseResults().first { $0.step == test }
        let work = try await checkpoints.save("before its tests are proved")
        let changed = try await checkpoints.changes(to: work)
        let tests = changed.filter { TestFiles.isTest($0.path) && $0.how != "D" }.map(\.path)
        let checkpoints = checkpoints
        let with = try await checkpoints.undoing(work) { try await self.steps.run(test) }
        let without = try await checkpoints.undoing(work) {
            try await checkpoints.restore(checkpoints.base)
            try await checkpoints.take(tests, from: work)
            return try await self.steps.run(test)
        }
        return ProofOfTest(base: base, without: without, with: with)
    }
}
