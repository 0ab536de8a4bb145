import Testing
import YggCore

@testable import YggTracker

@Suite("What an issue becomes")
struct IssueRulesTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var title: String
        var labels: [String] = []
        var type = "task"
        var metadata = JSONObject()
        var kind: TaskKind?

        var issue: TrackedIssue {
            var issue = TrackedIssue(id: "hh-1", title: title)
            issue.labels = labels
            issue.type = type
            issue.metadata = metadata
            return issue
        }

        var testDescription: String { "\(title) \(labels) \(type) → \(kind?.rawValue ?? "nothing")" }
    }

    @Test(arguments: [
        Row(
            title: "Code Agent: Refactor agents/base_agent.py",
            labels: ["code-generation", "llm"],
            kind: "code-refactor"
        ),
        Row(title: "Code Agent: Refactor agents/base_agent.py", kind: "code-refactor"),
        Row(title: "code agent:   TEST prices.py", kind: "code-test"),
        Row(title: "Code Agent: Document the API", kind: "code-document"),
        Row(title: "Code Agent: Lint agents/", kind: "code-fix-lint"),
        Row(title: "Code Agent: Format everything", kind: "code-format"),
        Row(title: "Code Agent: Generate a parser", kind: "code-generate"),
        Row(title: "Refactor prices.py", labels: ["code-generation"], kind: "code-refactor"),
        // A verb that is in no table, and words that only begin like one.
        Row(title: "Code Agent: Deploy the registry", labels: ["code-generation"]),
        Row(title: "Code Agent: Refactoring is fun"),
        Row(title: "Code Agent:"),
        Row(title: "Refactor prices.py"),
        Row(title: "Refactor prices.py", labels: ["llm"]),
        // A label or a type that is a kind; one that merely looks like it is none.
        Row(title: "Is there room?", labels: ["ops-disk"], kind: "ops-disk"),
        Row(title: "Is there room?", type: "ops-disk", kind: "ops-disk"),
        Row(title: "Is there room?", labels: ["ops-nothing-of-ours"]),
        // What somebody said on the issue itself comes before what its title looks like.
        Row(title: "Code Agent: Refactor a.py", metadata: ["dispatch.kind": "code-test"], kind: "code-test"),
        Row(title: "Anything", metadata: ["dispatch.kind": "ops-restart"], kind: "ops-restart"),
        Row(title: "Anything", metadata: ["dispatch.kind": "Not a kind"]),
        Row(title: "Code Agent: Refactor a.py", type: "epic"),
        Row(title: "Surtr: Deploy container registry", labels: ["infrastructure", "registry"]),
    ])
    func `without a rule of the household's`(_ row: Row) {
        #expect(IssueRules().match(row.issue, known: builtInKinds)?.kind == row.kind)
    }

    private static let rules = IssueRules(own: [
        IssueRule(label: "private", .none),
        IssueRule(label: "ops-*", .named),
        IssueRule(type: "chore", titlePrefix: "Surtr:", .kind("ops-surtr")),
        IssueRule(titlePrefix: "Code Agent: Deploy", .kind("code-generate")),
    ])

    @Test(arguments: [
        Row(title: "x", labels: ["ops-restart"], kind: "ops-restart"),
        Row(title: "x", labels: ["private", "ops-restart"]),
        Row(title: "x", labels: ["private"], metadata: ["dispatch.kind": "ops-disk"]),
        Row(title: "surtr: clean up", type: "chore", kind: "ops-surtr"),
        Row(title: "Surtr: clean up", type: "task"),
        Row(title: "Code Agent: Deploy it", kind: "code-generate"),
        Row(title: "Code Agent: Refactor it", kind: "code-refactor"),
    ])
    func `with rules, of which the first that fits decides`(_ row: Row) {
        #expect(Self.rules.match(row.issue, known: builtInKinds)?.kind == row.kind)
    }

    @Test func `kinds that are not allowed are not made, whoever asks`() {
        let rules = IssueRules(kinds: ["code-*"])
        var issue = TrackedIssue(id: "hh-1", title: "Off!")
        issue.metadata = ["dispatch.kind": "power-off"]
        #expect(rules.match(issue, known: builtInKinds) == nil)
        #expect(rules.match(.refactor, known: builtInKinds)?.kind == "code-refactor")
    }

    @Test(arguments: [
        ("*", "", true), ("ops-*", "ops-disk", true), ("ops-*", "ops-", true), ("ops-*", "ops", false),
        ("*-*-*", "a-b-c", true), ("a?c", "abc", true), ("a?c", "ac", false), ("", "", true), ("", "a", false),
        ("*a*a*a*a*b", String(repeating: "a", count: 2000), false),
    ])
    func `patterns`(_ pattern: String, _ text: String, _ matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }
}
