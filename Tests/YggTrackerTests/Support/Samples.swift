import Testing
import YggCore

@testable import YggTracker

extension IssueID: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        guard let id = IssueID(value) else { preconditionFailure("\(value) is no id") }
        self = id
    }
}

extension TaskKind: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(trusted: value) }
}

extension TaskID: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(trusted: value) }
}

extension TrackedIssue {
    /// The one that everything is about.
    static let refactor: TrackedIssue = {
        var issue = TrackedIssue(id: "hh-a1b2", title: "Code Agent: Refactor agents/base_agent.py")
        issue.labels = ["code-generation", "llm"]
        return issue
    }()

    /// None of ours.
    static let surtr: TrackedIssue = {
        var issue = TrackedIssue(id: "hh-s", title: "Surtr: Deploy container registry")
        issue.labels = ["infrastructure", "registry"]
        return issue
    }()
}

/// The kinds that are built in.
let builtInKinds = Set(KindSpec.builtIn.map(\.kind))
