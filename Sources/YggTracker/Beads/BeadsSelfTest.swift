import YggCore

/// What a `bd` can do, tried in a workspace of its own: init, create, ready, two claims, a comment, close, close again.
package struct BeadsSelfTest: Sendable {
    /// What one step found.
    package struct Step: Sendable, Hashable {
        package enum Verdict: Sendable, Hashable {
            case good
            /// Works, and not as well as it could.
            case poor
            case bad
        }

        package var name: String
        package var verdict: Verdict
        package var detail: String
    }

    private let settings: BeadsCommand.Settings
    private let command: BeadsCommand
    private let tracker: BeadsTracker

    /// - Parameter settings: whose directory is empty, and somebody else's to remove.
    package init(_ settings: BeadsCommand.Settings) {
        self.settings = settings
        command = BeadsCommand(settings)
        tracker = BeadsTracker(settings, scratch: "\(settings.directory)/scratch")
    }

    /// One step after the other, to the first that fails.
    package func run() async -> [Step] {
        var steps: [Step] = []
        do throws(TrackerFailure) {
            // Without a word about hooks and agents: what does not know these flags is asked without them.
            let quiet = ["--quiet", "--non-interactive", "--skip-hooks", "--skip-agents"]
            var made = try await command.run(["init", "-p", "ygg"] + quiet)
            if made.error != nil { made = try await command.run(["init", "-p", "ygg", "--quiet"]) }
            // Some versions answer in words; what counts is what can be done next.
            let report = try await tracker.probe()
            steps.append(Step(name: "version", verdict: .good, detail: report.version))
            if let objection = report.objection {
                return steps + [Step(name: "claims", verdict: .bad, detail: objection)]
            }
            steps += report.notes.map { Step(name: "claims", verdict: .poor, detail: $0) }
            steps += try await cycle()
            steps.append(
                Step(
                    name: "renewing",
                    verdict: .good,
                    detail: report.renewsClaims
                        ? "claims end unless renewed, and are" : "claims do not end by themselves"
                )
            )
            steps.append(
                Step(
                    name: "dependencies",
                    verdict: report.tellsBlocked ? .good : .poor,
                    detail: report.tellsBlocked
                        ? "issues that wait for others are told" : "issues that wait for others are taken when ready"
                )
            )
        } catch {
            steps.append(Step(name: "bd", verdict: .bad, detail: error.description))
        }
        return steps
    }

    private func cycle() async throws(TrackerFailure) -> [Step] {
        var steps: [Step] = []
        func found(_ name: String, _ isGood: Bool, _ good: String, _ bad: String, isNeeded: Bool = true) {
            steps.append(
                Step(name: name, verdict: isGood ? .good : isNeeded ? .bad : .poor, detail: isGood ? good : bad)
            )
        }
        let arguments = ["--title", "Code Agent: Refactor a.py", "--type", "task"]
        let labels = ["--label", "code-generation", "--label", "llm"]
        let created = try await command.run(["create"] + arguments + labels, as: "ygg-doctor-1")
        guard let issue = created.list?.first.flatMap({ TrackedIssue(beads: $0) }) else {
            let why = created.error ?? "its answer is no issue"
            return [Step(name: "create", verdict: .bad, detail: "An issue cannot be made: \(why)")]
        }
        found("create", issue.labels.sorted() == ["code-generation", "llm"], "\(issue.id)", "labels are lost")
        let ready = try await tracker.ready() ?? []
        found("ready", ready.map(\.id) == [issue.id], "lists it", "does not list it")

        let first = try await tracker.claim(issue.id, as: "ygg-doctor-1")
        let second = try await tracker.claim(issue.id, as: "ygg-doctor-2")
        let holder = try await tracker.issue(issue.id)?.assignee
        found("claim", first == .won, "one gets it", "nobody gets it: \(first)")
        found(
            "second claim",
            second != .won && holder == "ygg-doctor-1",
            "the other does not",
            "the other gets it, too"
        )
        let held = try await tracker.held(by: "ygg-doctor-1")
        found("list", held.map(\.id) == [issue.id], "says who has it", "does not say who has it")

        try await tracker.comment("- a comment\nof two lines [ygg]\n", on: issue.id, as: "ygg-doctor-1")
        let comments = try await tracker.comments(of: issue.id)
        found("comment", comments.contains { $0.contains("[ygg]") }, "is kept", "is not found again")

        try await tracker.close(issue.id, reason: "Done", as: "ygg-doctor-1")
        found("close", try await tracker.issue(issue.id)?.status == .closed, "closes it", "leaves it open")
        _ = try await command.run(["close", issue.id.rawValue, "--reason", "Again"], as: "ygg-doctor-2")
        let reason = try await tracker.issue(issue.id)?.closeReason
        found(
            "close again",
            reason == "Done",
            "changes nothing",
            "overwrites the reason; closed issues are never closed again here",
            isNeeded: false
        )
        return steps
    }
}
