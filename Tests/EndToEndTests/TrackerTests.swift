import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// From an issue to its close, with the real binary, a real repository and a double of `bd`.
@Suite(.timeLimit(.minutes(5)))
struct TrackerTests {
    @Test func `an issue is refactored, approved, landed and closed, with the coordinator killed in each phase`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let shop = try await TrackerShop(in: scratch.path)
        let other = await shop.bd(
            "create",
            "--title",
            "Surtr: Deploy container registry",
            "-l",
            "infrastructure,registry"
        )
        let surtr = try #require(other.stdout.split(separator: " ").last.map { String($0.filter { !$0.isNewline }) })
        let untouched = try await shop.issue(surtr)
        let issue = try await shop.create()
        try await RunningFleet.with { fleet in
            // While it claims.
            var ygg = try await fleet.start(shop.shop.arguments)
            try await shop.called("--claim")
            await ygg.killNow()

            // While the agent works.
            ygg = try await fleet.start(shop.shop.arguments)
            let task = try await ygg.taskOfTracker()
            try await shop.shop.place.waitForRuns(task, 1)
            await ygg.killNow()

            // While a person is asked.
            ygg = try await fleet.start(shop.shop.arguments)
            _ = try await ygg.state(task, is: "awaitingApproval")
            _ = try await shop.issue(issue) {
                ($0["comments"]?.arrayValue ?? []).contains { $0.says("ygg approve \(task)") }
            }
            await ygg.killNow()

            // While it lands.
            ygg = try await fleet.start(shop.shop.arguments)
            let diff = await ygg.cli("task", "diff", task).stdout
            #expect(diff.contains("+    return sum(items)"), "\(diff)")
            #expect(await ygg.cli("approve", task).outcome.succeeded)
            await ygg.killNow()

            // While the issue is closed.
            try shop.set(["delay": .double(0.3)])
            ygg = try await fleet.start(shop.shop.arguments)
            try await shop.called("close")
            await ygg.killNow()

            ygg = try await fleet.start(shop.shop.arguments)
            let closed = try await shop.issue(issue) { $0["status"] == "closed" }
            #expect(
                closed["close_reason"]?.stringValue?.hasPrefix("Done by Yggdrasil: task \(task)") == true,
                "\(closed.text)"
            )
            let comments = (closed["comments"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
            for mark in ["taken]", "end]"] { #expect(comments.count { $0.contains(mark) } == 1, "\(comments)") }
            #expect(comments.contains { $0.contains("Landed as ") && $0.contains("on main") })
            let landed = await shop.shop.file("agents/base_agent.py")
            #expect(landed == "def total(items):\n    return sum(items)\n")
            #expect(try await ygg.finished(task)["state"] == "succeeded")
            let tasks = try await ygg.get("/v1/tasks").json?["items"]?.arrayValue ?? []
            #expect(tasks.count == 1 && tasks.first?["submittedBy"] == "tracker")
            let commits = await tool("git", "rev-list", "--count", "main", directory: shop.shop.repository).stdout
            #expect(commits == "3\n")
            #expect(try await shop.issue(surtr) == untouched)
            #expect(!shop.calls.contains { $0.contains("--force") || $0.contains("") && $0.first != "update" })
            #expect(await ygg.cli("tracker", "sync").outcome.succeeded)
            let status = await ygg.cli("tracker", "status").stdout
            #expect(status.contains("1 for people") && status.contains(issue), "\(status)")
        }
    }

    @Test func `F16 an issue closed while its agent works ends the task, and what was merged stays`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let shop = try await TrackerShop(in: scratch.path)
        let issue = try await shop.create()
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(shop.shop.arguments)
            let task = try await ygg.taskOfTracker()
            try await shop.shop.place.waitForRuns(task, 1)
            // Somebody does it by hand, and says so.
            try "def total(items):\n    return sum(items)\n".write(
                toFile: "\(shop.shop.repository)/agents/base_agent.py",
                atomically: true,
                encoding: .utf8
            )
            _ = await tool(
                "git",
                "-c",
                "user.name=F",
                "-c",
                "user.email=f@example.org",
                "commit",
                "-qam",
                "By hand",
                directory: shop.shop.repository
            )
            await shop.bd("close", issue, "--reason", "merged by hand")
            let ended = try await ygg.finished(task)
            #expect(ended["state"] == "cancelled", "\(ended.text)")
            #expect(try await shop.issue(issue)["close_reason"] == "merged by hand")
            let log = await tool("git", "log", "--format=%s", "main", directory: shop.shop.repository).stdout
            #expect(log == "By hand\nAgents\nIt subtracts\n")
        }
    }

    @Test func `a dry run says what would be taken, with a coordinator and without one, and touches nothing`()
        async throws
    {
        let scratch = try ScratchDirectory()
        let shop = try await TrackerShop(in: scratch.path)
        let issue = try await shop.create()
        let before = try await shop.issue(issue)
        let dry = await tool(
            RunningYgg.binary,
            "tracker",
            "sync",
            "--dry-run",
            environment: ["YGG_CONFIG": shop.shop.configuration, "YGG_COORDINATOR": "http://127.0.0.1:1"]
        )
        #expect(dry.stdout.contains(issue) && dry.stdout.contains("code-refactor"), "\(dry.stdout)\(dry.stderr)")
        #expect(try await shop.issue(issue) == before)
        let doctor = await tool(
            RunningYgg.binary,
            "tracker",
            "doctor",
            environment: ["YGG_CONFIG": shop.shop.configuration]
        )
        #expect(doctor.outcome.succeeded && doctor.stdout.contains("second claim"), "\(doctor.stdout)\(doctor.stderr)")
    }
}

extension JSON {
    /// Of a comment.
    fileprivate func says(_ text: String) -> Bool { self["text"]?.stringValue?.contains(text) ?? false }
}
