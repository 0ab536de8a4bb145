import Testing
import YggCore

@testable import YggTracker

@Suite("What an issue is told at its end")
struct IssueWordsTests {
    private let lease = IssueLease(
        issue: "hh-a1b2",
        title: "Code Agent: Refactor agents/base_agent.py",
        kind: "code-refactor",
        task: "t1",
        actor: "a",
        since: Timestamp(milliseconds: 0)
    )

    private func news(_ result: JSONObject) -> TaskNews {
        var news = TaskNews(task: "t1", state: .succeeded)
        news.succeeded = true
        news.result = result
        return news
    }

    @Test func `what landed is told once, and is in the reason`() {
        let news = news([
            "summary": "Landed on main as 0f24d7e3e400", "repository": "/src/agents", "branch": "main",
            "commit": "0f24d7e3e400aa0b5fa86269d304a1dca886ac10", "landedOn": "cebc29c",
        ])
        let text = IssueWords().end(lease, news)
        #expect(text.contains("Landed as 0f24d7e3e400aa0b5fa86269d304a1dca886ac10 on main of /src/agents."))
        #expect(text.split(separator: "\n").count { $0.contains("anded ") } == 1, "\(text)")
        #expect(IssueWords().closeReason(lease, news).hasSuffix(", landed as 0f24d7e3e400"))
    }

    @Test func `a result that only names a commit is no landing`() {
        let news = news(["summary": "On main, clean", "branch": "main", "commit": "0f24d7e3e400"])
        let text = IssueWords().end(lease, news)
        #expect(text.contains("On main, clean") && !text.contains("anded"), "\(text)")
        #expect(!IssueWords().closeReason(lease, news).contains("landed"))
    }
}
