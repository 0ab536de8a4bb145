import Glibc
import YggCore
import YggProcess

/// Publishes work on its target: compare-and-swap, and safe to repeat.
///
/// 1. A commit that the target leads to and that carries the mark means that it has landed.
/// 2. Where the target has moved, the change is made again on the new tip. The same patch, checked again, is what was
///    approved; anything else is asked about anew.
/// 3. The commit is deterministic.
/// 4. The target is moved from the tip that was seen, or not at all; then it begins again, a few times.
struct Lander: Sendable {
    static let tries = 5

    let run: AttemptRun
    let git: Git
    let landing: Landing

    init(_ landing: Landing, _ run: AttemptRun) throws(HandlerFailure) {
        self.run = run
        self.landing = landing
        git = try Git(run)
    }

    /// Lands what a person approved: the `land` of a handler whose questions are diffs.
    static func land(_ approval: Approval, _ context: HandlerContext) async -> HandlerResult {
        await context.carryOut { run async throws(HandlerFailure) in
            try await Lander(try Landing(approval, of: context.key), run).land()
        }
    }

    func land() async throws(HandlerFailure) -> HandlerResult {
        var place = try await LandingPlace(repository: landing.repository, target: landing.target, git: git)
        do throws(HandlerFailure) {
            return try await land(&place)
        } catch {
            // Ended in the middle of publishing: what is published is published, whatever was asked meanwhile.
            guard error.outcome == .cancelled, let landed = await landedNevertheless(place) else { throw error }
            return landed
        }
    }

    private func land(_ place: inout LandingPlace) async throws(HandlerFailure) -> HandlerResult {
        var change: Change?
        for _ in 0..<Self.tries {
            let tip = try await place.tip(base: landing.base)
            if let tip, let commit = try await find(from: tip, in: place.mirror) {
                return try await finished(commit, place, checked: nil, wasThere: true)
            }
            // Before anything is checked, which may take long.
            if case .inTheWay(let code, let detail)? = try await place.obstacle(to: nil) {
                guard await isKilledTry(&change, tip, place) else { return .inTheWay(code, detail) }
            }
            let prepared: Change
            if let change { prepared = change } else { prepared = try await Change(landing, place.mirror, run) }
            change = prepared
            let made: Made
            switch try await make(prepared, on: tip ?? landing.base, place) {
            case .made(let one): made = one
            case .asks(let result): return result
            case .isThere(let commit): return thereAlready(commit, place)
            }
            try await holdTheLease()
            switch try await place.publish(made.commit, over: tip) {
            case .done: return try await finished(made.commit, place, checked: made.checked, wasThere: false)
            case .inTheWay(let code, let detail): return .inTheWay(code, detail)
            case .moved: await run.message("\(landing.target) moved meanwhile; once more on its new tip.")
            }
        }
        return .notLanded("\(landing.target) of \(place.mirror.address.display) moved \(Self.tries) times meanwhile.")
    }

    /// Whether what is in the way are the files of this very landing, whose earlier try was killed before it moved the
    /// branch.
    private func isKilledTry(_ change: inout Change?, _ tip: String?, _ place: LandingPlace) async -> Bool {
        guard let tip, let prepared = try? await Change(landing, place.mirror, run) else { return false }
        change = prepared
        guard case .clean(let tree)? = try? await prepared.merged(onto: tip),
            let commit = try? await prepared.commit(tree, on: tip)
        else { return false }
        do {
            return try await place.obstacle(to: commit) == nil
        } catch {
            return false
        }
    }

    // MARK: - Whether it has landed

    private func find(from tip: String, in mirror: Mirror) async throws(HandlerFailure) -> String? {
        try await landing.mark.find(among: [tip, "^\(landing.base)"], in: mirror)
    }

    private func landedNevertheless(_ place: LandingPlace) async -> HandlerResult? {
        let calm = run.forCleaningUp
        return await uncancelled {
            guard let lander = try? Lander(landing, calm),
                var place = try? await LandingPlace(
                    repository: landing.repository,
                    target: landing.target,
                    git: lander.git
                ), let tip = try? await place.tip(base: landing.base),
                let commit = try? await lander.find(from: tip, in: place.mirror)
            else { return nil }
            return try? await lander.finished(commit, place, checked: nil, wasThere: true)
        }
    }

    // MARK: - The commit

    private struct Made {
        var commit: String
        /// How it was checked there; nil where the target had not moved.
        var checked: [Verified]?
    }

    private enum Making {
        case made(Made)
        /// It is not what was approved any more.
        case asks(HandlerResult)
        /// The target has all of it already, by other commits.
        case isThere(String)
    }

    private func make(_ change: Change, on tip: String, _ place: LandingPlace) async throws(HandlerFailure) -> Making {
        guard tip != landing.base else {
            return .made(Made(commit: try await change.commit(change.tree, on: tip), checked: nil))
        }
        let again = Reapproval(landing, place, run)
        switch try await change.merged(onto: tip) {
        case .conflict(let paths): return .asks(again.conflict(on: tip, paths))
        case .clean(let tree):
            let there = try await git.output(["rev-parse", "--verify", "\(tip)^{tree}"], at: place.mirror.place).trimmed
            guard tree != there else { return .isThere(tip) }
            let commit = try await change.commit(tree, on: tip)
            let isSame = try await change.isSamePatch(from: tip, to: commit)
            let verdict = try await LandingCheck(landing: landing, place: place, run: run)
                .verdict(on: commit, base: tip)
            if isSame, verdict.passed { return .made(Made(commit: commit, checked: verdict.verified)) }
            // Without a question there is nobody whose answer it could differ from: only the check counts.
            guard landing.question != nil else {
                guard verdict.passed else { throw .failsThere(landing.target, verdict) }
                return .made(Made(commit: commit, checked: verdict.verified))
            }
            return .asks(try await again.difference(change, on: tip, commit: commit, tree: tree, verdict))
        }
    }

    /// Waits until the lease is surely held. Where it is not, the machine slept or the coordinator is away: the next answer
    /// renews it, or ends this attempt.
    private func holdTheLease() async throws(HandlerFailure) {
        while !run.context.isCurrent() {
            guard run.timeLeft != .zero, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
                throw .cancelled("Its lease was not renewed before it could be published.")
            }
        }
        if Task.isCancelled { throw .cancelled() }
    }

    /// What was approved is what the target holds, so it has landed, whoever did it.
    private func thereAlready(_ tip: String, _ place: LandingPlace) -> HandlerResult {
        HandlerResult(
            outcome: .succeeded,
            result: [
                "summary": .string("\(landing.target) has this change already, at \(tip.prefix(12))"),
                "repository": .string(landing.repository), "branch": .string(landing.target), "commit": .string(tip),
                "landedOn": .string(tip), "newerBase": true, "verified": .array(landing.verified.map(\.json)),
                "alreadyLanded": true, "changed": false,
            ]
        )
    }

    private func finished(
        _ commit: String,
        _ place: LandingPlace,
        checked: [Verified]?,
        wasThere: Bool
    ) async throws(HandlerFailure) -> HandlerResult {
        let landed = try await Landed(commit, of: landing.repository, on: place, wasThere: wasThere)
        var result = landed.result(base: landing.base, verified: checked ?? landing.verified)
        if landing.pushes {
            for member in try await place.pushOn(commit).members { result.append(member.key, member.value) }
        }
        await run.message("\(result["summary"]?.stringValue ?? "Landed").")
        return HandlerResult(outcome: .succeeded, result: result)
    }
}

extension HandlerFailure {
    fileprivate static func failsThere(_ target: String, _ verdict: LandingCheck.Verdict) -> HandlerFailure {
        let failed = verdict.objections.map { $0.joined(separator: " ") }.joined(separator: ", ")
        return HandlerFailure(
            code: "verification-failed",
            detail: "\(target) has moved, and on its new tip fails \(failed).",
            retryable: false,
            result: ["verified": .array(verdict.verified.map(\.json))]
        )
    }
}
