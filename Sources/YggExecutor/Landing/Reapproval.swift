import YggCore
import YggProcess

/// What is asked when a target has moved and an approval does not cover what would land there: only the difference.
struct Reapproval: Sendable {
    private let landing: Landing
    private let place: LandingPlace
    private let run: AttemptRun

    private static let maxShown = 16 << 10

    init(_ landing: Landing, _ place: LandingPlace, _ run: AttemptRun) {
        self.landing = landing
        self.place = place
        self.run = run
    }

    /// The change cannot be made on the new tip: it has to be made anew, from there.
    func conflict(on tip: String, _ paths: [String]) -> HandlerResult {
        let files = paths.prefix(5).joined(separator: ", ") + (paths.count > 5 ? " and \(paths.count - 5) more" : "")
        guard landing.question != nil else {
            return .failed(
                code: "landing-conflict",
                detail: "\(landing.target) has moved, and the change conflicts there in \(files). Run it again: "
                    + "ygg task retry \(run.context.key.task)",
                retryable: false
            )
        }
        let question = ApprovalQuestion(
            subject: .plan,
            next: .run,
            summary: "\(landing.target) has moved, and what was approved conflicts there in \(files). Approving has it "
                + "made anew on what is there now; you will be shown it again.",
            repository: landing.repository,
            target: landing.target,
            base: tip,
            limits: run.context.limits,
            shown: [
                "redo": true, "conflicts": .array(paths.map(JSON.string)), "was": .string(landing.mark.value),
                "onto": .string(tip),
            ]
        )
        return .asking(question)
    }

    /// The change can be made there, but it is another one, or a check fails that did not.
    func difference(
        _ change: Change,
        on tip: String,
        commit: String,
        tree: String,
        _ verdict: LandingCheck.Verdict
    ) async throws(HandlerFailure) -> HandlerResult {
        let git = place.git
        let failed = verdict.objections.map { $0.joined(separator: " ") }
        let approved = try await change.commit(change.tree, on: landing.base)
        let difference = await git.collect(
            [
                "range-diff", "--no-color", "--no-ext-diff", "--creation-factor=100", "\(landing.base)..\(approved)",
                "\(tip)..\(commit)",
            ],
            at: place.mirror.place,
            limit: Self.maxShown
        )
        var shown = landing.question?.shown ?? JSONObject()
        shown["was"] = .string(landing.mark.value)
        shown["difference"] = .string(difference.stdout)
        let order = WorkOrder(
            repository: landing.repository,
            target: landing.target,
            message: landing.message,
            summary: failed.isEmpty
                ? "\(landing.target) has moved, and the change is a little different there. What was approved, with the "
                    + "difference under `difference`."
                : "\(landing.target) has moved, and there fails \(failed.joined(separator: ", ")). Approving lands it all "
                    + "the same.",
            model: shown["model"]?.stringValue,
            verification: landing.verification,
            verified: verdict.verified,
            pushes: landing.pushes,
            shown: shown
        )
        let product = try await WorkProduct(
            tree,
            on: tip,
            branch: Worktree.branch(for: run.context.key),
            place.mirror,
            order,
            run
        )
        return HandlerResult(outcome: .succeeded, result: product.result, question: product.question(run))
    }
}
