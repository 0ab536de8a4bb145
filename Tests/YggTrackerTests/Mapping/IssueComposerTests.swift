import Testing
import YggCore
import YggProtocol

@testable import YggTracker

@Suite("The task of an issue")
struct IssueComposerTests {
    private static let files: Set = ["agents/base_agent.py", "docs/a b.md", "prices.py"]

    /// YAML that is JSON is enough here; the real reader is the configuration's.
    private static let composer = IssueComposer(
        repository: "/srv/agents",
        params: ["target": "trunk", "unheardOf": 1],
        exists: { files.contains($0) },
        readYAML: { text in
            (try? JSON(parsing: text)).map { .success($0) } ?? .failure(InvalidInput("", "is no YAML"))
        }
    )

    private func submission(_ issue: TrackedIssue, _ kind: TaskKind = "code-refactor") throws -> TaskSubmission {
        let match = IssueRules.Match(kind: kind, reason: "")
        let spec = KindSpec.builtIn.first { $0.kind == kind }
        return try Self.composer.submission(for: issue, as: match, kind: spec)
    }

    @Test func `title and description are the instruction, and paths that exist are paths`() throws {
        var issue = TrackedIssue.refactor
        issue.description =
            "Split `prices.py`, leave ../../etc/passwd and missing.py alone. See https://example.org/x.py."
        issue.sections = [.init(heading: "Acceptance criteria", text: "All tests pass")]
        issue.priority = try #require(Priority(0))
        let submission = try submission(issue)
        #expect(submission.kind == "code-refactor" && submission.source == .beads)
        #expect(submission.title == issue.title && submission.priority.rawValue == 0)
        #expect(submission.labels == ["code-generation", "llm"])
        #expect(submission.params["paths"] == ["agents/base_agent.py", "prices.py"])
        #expect(submission.params["repo"] == "/srv/agents" && submission.params["target"] == "trunk")
        #expect(submission.params["unheardOf"] == nil)
        let instruction = try #require(submission.params["instruction"]?.stringValue)
        #expect(instruction.hasPrefix("Refactor agents/base_agent.py\n\nSplit `prices.py`"))
        #expect(instruction.hasSuffix("Acceptance criteria:\nAll tests pass"))
    }

    @Test func `what the issue says comes before what the workspace says`() throws {
        var issue = TrackedIssue.refactor
        issue.metadata = [
            "target": "next", "dispatch.model": "ollama/x", "points": 5, "dispatch.kind": "code-refactor",
        ]
        issue.description = "Before.\n```yaml\n{\"repo\": \"/srv/other\", \"paths\": [\"a.py\"]}\n```\nAfter."
        let params = try submission(issue).params
        #expect(params["target"] == "next" && params["model"] == "ollama/x" && params["repo"] == "/srv/other")
        #expect(params["points"] == nil && params["kind"] == nil && params["paths"] == ["a.py"])
        #expect(params["instruction"]?.stringValue?.contains("yaml") == false)
        #expect(params["instruction"]?.stringValue?.contains("After.") == true)
    }

    @Test func `a block of YAML that is about something else is a part of the text`() throws {
        var issue = TrackedIssue.refactor
        issue.description = "```yaml\n{\"apiVersion\": \"v1\"}\n```\n```yaml\nkind: broken: [\n```"
        let params = try submission(issue).params
        #expect(params["instruction"]?.stringValue?.contains("apiVersion") == true)
        #expect(params["apiVersion"] == nil)
    }

    @Test func `a block that is about the task and cannot be read is refused`() {
        var issue = TrackedIssue.refactor
        issue.description = "```yaml\ntarget: [\n```"
        #expect(throws: InvalidInput.self) { try submission(issue) }
    }

    @Test func `a question to a model is asked in the issue's words`() throws {
        let submission = try submission(TrackedIssue(id: "hh-2", title: "Why is the sky blue?"), "llm-prompt")
        #expect(submission.params["prompt"] == "Why is the sky blue?" && submission.params["repo"] == nil)
    }

    @Test func `a long title is cut between characters`() throws {
        let issue = TrackedIssue(id: "hh-2", title: String(repeating: "ä", count: 400))
        #expect(try submission(issue).title?.utf8.count == 500)
    }
}
