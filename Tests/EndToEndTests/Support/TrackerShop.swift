import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// A workshop whose repository has a workspace of Beads, with the double in the place of `bd`.
struct TrackerShop {
    let shop: Workshop

    private static let program =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Doubles/bd_double.py"

    /// It looks, runs something that waits for `gate`, changes a line, and is done.
    private static let turns = """
          - {step: 1, calls: [{name: read_file, arguments: {path: agents/base_agent.py}}]}
          - {step: 2, calls: [{name: run_command, arguments: {command: [python3, count.py, wait]}}]}
          - step: 3
            calls: [{name: edit_file, arguments: {path: agents/base_agent.py, old_text: "return len(items) and sum(items)", new_text: "return sum(items)"}}]
          - {step: 4, calls: [{name: finish, arguments: {summary: "sum() of nothing is 0 anyway; no error handling is lost."}}]}
        """

    init(in directory: String) async throws {
        shop = try await Workshop(in: directory, turns: Self.turns)
        let files = [
            "agents/__init__.py": "",
            "agents/base_agent.py": "def total(items):\n    return len(items) and sum(items)\n",
            "test_agents.py": """
            import unittest

            from agents.base_agent import total


            class Test(unittest.TestCase):
                def test_total(self):
                    self.assertEqual(total([2, 3]), 5)

            """,
        ]
        try FileManager.default.createDirectory(
            atPath: "\(shop.repository)/agents",
            withIntermediateDirectories: true
        )
        for (name, text) in files {
            try text.write(toFile: "\(shop.repository)/\(name)", atomically: true, encoding: .utf8)
        }
        let script = """
            printf '.beads/\\n__pycache__/\\n' >> .gitignore
            git add -A && git -c user.name=A -c user.email=a@example.org commit -qm 'Agents'
            """
        let made = await tool("sh", "-ec", script, directory: shop.repository)
        try #require(made.outcome.succeeded, "\(made.stderr)")
        _ = await bd("init", "-p", "hh", "--quiet")
        try set(["delay": .double(0.05)])
        let tracker = """
            tracker:
              command: \(Self.program)
              interval: 1s
              workspaces:
                - path: \(shop.repository)
                  params: {test: [python3, -m, unittest]}

            """
        let file = try String(contentsOfFile: shop.configuration, encoding: .utf8)
        try (file + tracker).write(toFile: shop.configuration, atomically: true, encoding: .utf8)
    }

    /// What the double is to be from now on.
    func set(_ settings: JSONObject) throws {
        let path = "\(shop.repository)/.beads/double-settings.json"
        try JSON.object(settings).text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Runs `bd` as the user does.
    @discardableResult
    func bd(_ arguments: String...) async -> CollectedOutput {
        await collectProcess(
            ProcessSpec(
                argv: [Self.program] + arguments,
                environment: RunningYgg.childEnvironment.merging(["USER": "freya"]) { $1 },
                workingDirectory: shop.repository
            )
        )
    }

    /// In exactly the words of the user.
    func create() async throws -> String {
        let made = await bd(
            "create",
            "--title",
            "Code Agent: Refactor agents/base_agent.py",
            "--type",
            "task",
            "--label",
            "code-generation",
            "--label",
            "llm"
        )
        try #require(made.outcome.succeeded, "\(made.stderr)")
        return try #require(made.stdout.split(separator: " ").last.map { String($0.filter { !$0.isNewline }) })
    }

    func issue(_ id: String) async throws -> JSON {
        let shown = await bd("show", id, "--include-comments", "--json")
        return try #require(try JSON(parsing: shown.stdout).arrayValue?.first, "\(shown.stdout)\(shown.stderr)")
    }

    /// Nothing tells of what becomes of an issue, so it is looked at.
    func issue(_ id: String, until isReached: (JSON) -> Bool) async throws -> JSON {
        while true {
            let issue = try await issue(id)
            if isReached(issue) { return issue }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Every call of the double so far, by its words.
    var calls: [[String]] {
        let text = try? String(contentsOfFile: "\(shop.repository)/.beads/double-calls.jsonl", encoding: .utf8)
        return (text ?? "").split(separator: "\n").compactMap { line in
            (try? JSON(parsing: String(line)))?["argv"]?.arrayValue?.compactMap(\.stringValue)
        }
    }

    /// Waits until a call with this word was begun. It is written down when it begins.
    func called(_ word: String) async throws {
        while !calls.contains(where: { $0.contains(word) }) { try await Task.sleep(for: .milliseconds(10)) }
    }
}

extension RunningYgg {
    /// The one task that came from a tracker, once it is there.
    func taskOfTracker() async throws -> String {
        while true {
            let items = try await get("/v1/tasks").json?["items"]?.arrayValue ?? []
            if let id = items.first(where: { $0["source"] == "beads" })?["id"]?.stringValue { return id }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
