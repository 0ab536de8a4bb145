/// What a person is asked to look at.
package enum ApprovalSubject: String, Sendable, Hashable, CaseIterable {
    /// Steps that are going to be done.
    case plan
    /// Commits that are going to be landed.
    case diff
    /// A command that is going to run, or that has run and whose result is to count.
    case command

    /// Whether whoever made it can make a better one after a person's comment. A command is what was declared.
    package var isRevisable: Bool { self != .command }
}

/// What an attempt ends with where a person must see something before the task goes on.
///
/// Diff and bundle are artifacts that were uploaded before; here are their sha256.
package struct ApprovalQuestion: Sendable, Hashable {
    /// What approving brings about.
    package enum Next: String, Sendable, Hashable, CaseIterable {
        /// What was shown is carried out.
        case run
        /// What was shown is published.
        case land
        /// Nothing is left to do: the result counts.
        case succeed
    }

    package var subject: ApprovalSubject
    package var next: Next
    /// A few lines for a person.
    package var summary: String
    /// Where it is landed: the repository as its lander names it, and the branch.
    package var repository: String?
    package var target: String?
    /// The commit that the work began from. It is shown and not hashed: a newer one does not void an approval.
    package var base: String?
    package var commits: [String]
    /// The sha256 of the diff, `git diff --binary --full-index`.
    package var diff: String?
    /// The sha256 of a git bundle of the commits.
    package var bundle: String?
    /// Commands that check the work, here and again where it lands.
    package var verification: [[String]]
    /// What the work may cost.
    package var limits: JSONObject
    /// What else is shown, in the asker's own members: the argv of a command, the steps of a plan.
    package var shown: JSONObject

    package init(
        subject: ApprovalSubject,
        next: Next,
        summary: String,
        repository: String? = nil,
        target: String? = nil,
        base: String? = nil,
        commits: [String] = [],
        diff: String? = nil,
        bundle: String? = nil,
        verification: [[String]] = [],
        limits: JSONObject = JSONObject(),
        shown: JSONObject = JSONObject()
    ) {
        self.subject = subject
        self.next = next
        self.summary = summary
        self.repository = repository
        self.target = target
        self.base = base
        self.commits = commits
        self.diff = diff
        self.bundle = bundle
        self.verification = verification
        self.limits = limits
        self.shown = shown
    }

    /// What the digest is made of: equal for questions that ask for the same.
    ///
    /// It covers what an approval permits: repository, target, the bytes of the diff by their sha256, the commands that
    /// verify it, the limits, and what is shown besides. Summary, base, commits and bundle are how that is told and
    /// carried; the lander checks what it carries against the diff.
    /// - Parameter result: covered as well where approving makes it count.
    package func canonicalBytes(result: JSONObject) -> [UInt8] {
        var form: JSONObject = [
            "form": 1, "subject": .string(subject.rawValue), "next": .string(next.rawValue),
            "verification": .array(verification.map { .array($0.map(JSON.string)) }),
            "limits": .object(limits), "shown": .object(shown),
        ]
        form.append("repository", .optional(repository))
        form.append("target", .optional(target))
        form.append("diff", .optional(diff))
        if next == .succeed { form.append("result", .object(result)) }
        return JSON.object(form).canonicalBytes
    }

    /// Where it would land; two with the same place do not land at once.
    package var landingPlace: String? {
        guard next == .land, let repository, let target else { return nil }
        return "\(repository) \(target)"
    }

    /// The artifacts that must be there before it can be asked.
    package var artifacts: [String] { [diff, bundle].compactMap(\.self) }

    /// The question whether the result of work counts that a person must see.
    package static func review(of kind: TaskKind, result: JSONObject) -> ApprovalQuestion {
        ApprovalQuestion(
            subject: .command,
            next: .succeed,
            summary: result["summary"]?.stringValue.map { "\(kind) has run: \($0)" } ?? "\(kind) has run.",
            shown: ["kind": .string(kind.rawValue)]
        )
    }
}
