/// One command that says whether the work is sound.
package struct VerificationStep: Sendable, Hashable {
    package enum Goal: String, Sendable, Hashable, CaseIterable {
        case format, build, lint, types, test
    }

    package var goal: Goal
    package var argv: [String]
    /// Where it runs, below the workspace; nil is the workspace itself.
    package var directory: String?
    package var timeLimit: Duration
    /// The task names it: that it cannot be run is an error. One that was found is left out, and that is said.
    package var isGiven = false
    /// It is left out while this is there, a path below the workspace: of what prepares a work tree once.
    package var unlessThere: String?
    /// What does the work that a step of goal `format` only asks for; nil where a person or the model has to.
    package var repair: [String]?
    /// Its environment, beside what all commands get.
    package var environment: [String: String] = [:]

    package init(_ goal: Goal, _ argv: [String], directory: String? = nil, timeLimit: Duration = .seconds(600)) {
        self.goal = goal
        self.argv = argv
        self.directory = directory
        self.timeLimit = timeLimit
    }

    /// As a person writes it.
    package var line: String { argv.map(VisibleText.quoted).joined(separator: " ") }
}

/// What came of one step.
package struct StepReport: Sendable, Hashable {
    package var step: VerificationStep
    /// nil where it did not end by itself.
    package var exitCode: Int32?
    /// How a command ended that did not end by itself, in the words of `ToolRecord.ended`.
    package var ended: String?
    /// What failed, by names that stay the same when lines move: tests by their id, findings by file and rule. Empty
    /// where the output names nothing.
    package var failures: [String]
    /// What it said, head and tail.
    package var output: String
    package var duration: Duration
    /// How many tests passed, failed and were skipped; nil where the output does not say.
    package var tests: TestSummary?
    /// What a person should know of it besides, in whole sentences: tests that are flaky, for one.
    package var notes: [String] = []

    package init(
        step: VerificationStep,
        exitCode: Int32?,
        ended: String? = nil,
        failures: [String] = [],
        output: String = "",
        duration: Duration = .zero
    ) {
        self.step = step
        self.exitCode = exitCode
        self.ended = ended
        self.failures = failures
        self.output = output
        self.duration = duration
    }

    package var passed: Bool { exitCode == 0 }
}

/// What the work tree is worth, compared with what it was before anything was done to it.
package struct Verdict: Sendable, Hashable {
    package enum Worth: Sendable, Hashable {
        /// Nothing fails that did not fail before, and something was checked.
        case verified
        /// Nothing could be checked; the sentence says why.
        case unverified(String)
        /// Something fails that did not fail before, or tests were taken away.
        case broken
    }

    package var worth: Worth
    /// How many failures are new: fewer is better. 0 where nothing is broken.
    package var newFailures: Int
    /// What failed before and passes now.
    package var fixed: [String]
    /// For the model: what is newly wrong, trimmed; empty where nothing is.
    package var feedback: String
    package var steps: [StepReport]
    /// What a person should know besides, in whole sentences: what was left out, and which tests were taken away.
    package var notes: [String] = []

    package init(
        worth: Worth,
        newFailures: Int = 0,
        fixed: [String] = [],
        feedback: String = "",
        steps: [StepReport] = []
    ) {
        self.worth = worth
        self.newFailures = newFailures
        self.fixed = fixed
        self.feedback = feedback
        self.steps = steps
    }
}

/// Why nothing can be begun: the base itself cannot be checked.
package struct BaseFailure: Error, Sendable, Hashable {
    /// `base-broken`, `missing-command`, or another of the named causes.
    package var code: String
    /// One sentence, and what to do next.
    package var detail: String
    package var steps: [StepReport]

    package init(code: String, detail: String, steps: [StepReport] = []) {
        self.code = code
        self.detail = detail
        self.steps = steps
    }
}
