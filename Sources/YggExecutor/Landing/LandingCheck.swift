import YggAgent
import YggCore
import YggProcess

/// Checks what lands on a newer base than it was made on, with the commands that were shown: like everything that a
/// repository brings along, they run isolated.
struct LandingCheck: Sendable {
    /// What became of the commands.
    struct Verdict: Sendable {
        var verified: [Verified] = []
        /// Those that have something against landing.
        var objections: [[String]] = []

        var passed: Bool { objections.isEmpty }
    }

    let landing: Landing
    let place: LandingPlace
    let run: AttemptRun

    /// A command that passed when the work was made has to pass here. One that failed already, before the work and after
    /// it, may fail with nothing that does not fail on the new base by itself.
    func verdict(on commit: String, base: String) async throws(HandlerFailure) -> Verdict {
        guard !landing.verification.isEmpty else { return Verdict() }
        await run.progress("\(landing.target) has moved: checking the change there")
        let checked = try await check(landing.verification, at: commit, purpose: "land")
        var verdict = Verdict(verified: checked.map(\.verified))
        let failed = checked.filter { !$0.command.report.passed }
        let mayFail = Set(landing.verified.filter { $0.exitCode != 0 }.map(\.argv))
        let suspects = failed.map(\.verified.argv).filter(mayFail.contains)
        let before =
            suspects.isEmpty ? [] : try await check(suspects, at: base, purpose: "land-base")
        for one in failed {
            let argv = one.verified.argv
            if let there = before.first(where: { $0.verified.argv == argv }), !one.command.isWorse(than: there.command)
            {
                continue
            }
            verdict.objections.append(argv)
        }
        return verdict
    }

    private func check(
        _ commands: [[String]],
        at commit: String,
        purpose: String
    ) async throws(HandlerFailure) -> [(verified: Verified, command: CheckedCommand)] {
        let worktree = try await Worktree(of: place.mirror, at: commit, origin: place.origin, purpose: purpose)
        let parent = Scratch.directory(in: run.context.workspaceRoot)
        let scratch = "\(parent)/\(run.context.key.task)-\(run.context.key.epoch)-\(purpose)"
        var failure: HandlerFailure?
        var checked: [(verified: Verified, command: CheckedCommand)] = []
        do throws(HandlerFailure) {
            let setting = try await run.context.toolSetting(root: worktree.path, gitDirectory: nil, scratch: scratch)
            for argv in commands where !Task.isCancelled {
                await run.progress("Runs \(argv.joined(separator: " "))")
                let command = await CommandCheck(setting).run(argv)
                checked.append((Verified(argv, command.report), command))
            }
        } catch {
            failure = error
        }
        _ = await worktree.close(.discard)
        await uncancelled { _ = await run.forCleaningUp.collect(["rm", "-rf", "--", scratch]) }
        if let failure { throw failure }
        if Task.isCancelled { throw .cancelled() }
        return checked
    }
}

extension Verified {
    init(_ argv: [String], _ report: StepReport) {
        self.init(argv, exitCode: report.exitCode.map(Int64.init) ?? (report.ended == nil ? 127 : 137))
    }
}
