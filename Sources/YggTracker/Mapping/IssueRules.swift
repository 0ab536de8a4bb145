package import YggCore

/// Decides what an issue becomes. Pure: of everything that no rule names nothing is known but that it is there.
package struct IssueRules: Sendable, Hashable {
    /// A household's own, before those that are built in.
    package var own: [IssueRule]
    /// Kinds that issues may ask for at all, as patterns.
    package var kinds: [String]

    package init(own: [IssueRule] = [], kinds: [String] = ["*"]) {
        self.own = own
        self.kinds = kinds
    }

    /// What an issue becomes, and why.
    package struct Match: Sendable, Hashable {
        package var kind: TaskKind
        /// The rule that said so, for people.
        package var reason: String
        package var rule: IssueRule?
    }

    /// The first words of titles that say what a coding agent is to do.
    package static let verbs: [String: TaskKind] = [
        "refactor": TaskKind(trusted: "code-refactor"), "test": TaskKind(trusted: "code-test"),
        "document": TaskKind(trusted: "code-document"), "lint": TaskKind(trusted: "code-fix-lint"),
        "format": TaskKind(trusted: "code-format"), "generate": TaskKind(trusted: "code-generate"),
    ]
    package static let agentPrefix = "code agent:"
    package static let agentLabel = "code-generation"
    package static let kindKey = "dispatch.kind"

    /// nil where the issue is none of ours.
    /// - Parameter known: the kinds of the fleet; a label is a kind only if it is one of these.
    package func match(_ issue: TrackedIssue, known: Set<TaskKind>) -> Match? {
        // An epic is a heading above others, and is ready when they are.
        guard issue.type != "epic", let match = first(issue, known),
            kinds.contains(where: { Glob($0).matches(match.kind.rawValue) })
        else { return nil }
        return match
    }

    private func first(_ issue: TrackedIssue, _ known: Set<TaskKind>) -> Match? {
        for (index, rule) in own.enumerated() {
            guard let found = rule.match(issue) else { continue }
            return found.map { Match(kind: $0, reason: "rule \(index + 1) of tracker.rules", rule: rule) }
        }
        if let text = issue.metadata[Self.kindKey]?.stringValue {
            return TaskKind(text).map { Match(kind: $0, reason: "its metadata \(Self.kindKey)") }
        }
        for label in issue.labels {
            guard let kind = TaskKind(label), known.contains(kind) else { continue }
            return Match(kind: kind, reason: "its label \(label)")
        }
        if let kind = TaskKind(issue.type), known.contains(kind) {
            return Match(kind: kind, reason: "its type \(issue.type)")
        }
        guard let (verb, kind) = verb(of: issue) else { return nil }
        return Match(kind: kind, reason: "the word \(verb) in its title")
    }

    /// What a title asks a coding agent for, where it asks one.
    private func verb(of issue: TrackedIssue) -> (String, TaskKind)? {
        var title = issue.title.drop { $0.isWhitespace }
        let isAddressed = title.lowercased().hasPrefix(Self.agentPrefix)
        if isAddressed { title = title.dropFirst(Self.agentPrefix.count).drop { $0.isWhitespace } }
        guard isAddressed || issue.labels.contains(Self.agentLabel) else { return nil }
        let verb = title.prefix { $0.isLetter }.lowercased()
        return Self.verbs[verb].map { (verb, $0) }
    }
}
