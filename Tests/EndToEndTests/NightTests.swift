import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// A night and the morning after it, with a real repository, a real git and a model whose answers are a scenario.
@Suite(.timeLimit(.minutes(10)))
struct NightTests {
    /// Five functions that are wrong, and what is right.
    private static let functions = [
        ("area", "w, h", "w + h", "w * h", "self.assertEqual(area(2, 3), 6)"),
        ("last", "items", "items[0]", "items[-1]", "self.assertEqual(last([1, 2]), 2)"),
        ("shout", "text", "text.lower()", "text.upper()", "self.assertEqual(shout('a'), 'A')"),
        ("even", "n", "n % 2 == 1", "n % 2 == 0", "self.assertTrue(even(4))"),
        ("total", "items", "len(items)", "sum(items)", "self.assertEqual(total([2, 3]), 5)"),
    ]

    /// One scenario for all: what is asked tells which file is read, and what was read tells what is edited.
    private static let scenario: String = {
        var turns = ""
        for (name, arguments, wrong, right, _) in functions {
            turns += """

                  - {step: 1, contains: "Repair \(name)()", calls: [{name: read_file, arguments: {path: \(name).py}}]}
                  - step: 2
                    contains: "def \(name)(\(arguments))"
                    calls: [{name: edit_file, arguments: {path: \(name).py, old_text: "return \(wrong)", new_text: "return \(right)"}}]
                """
        }
        for step in 3...6 {
            turns += """

                  - {step: \(step), calls: [{name: finish, arguments: {summary: "It returned the wrong thing; now it does not."}}]}
                """
        }
        return "name: night\nmodel: {name: night, context: 32768, capabilities: [completion, tools]}\nturns:\(turns)\n"
    }()

    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// A repository with five failing tests, and a bare one that it pushes to.
    private static func repository(in directory: String) async throws -> String {
        let path = "\(directory)/repo"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, arguments, wrong, _, test) in functions {
            try write("def \(name)(\(arguments)):\n    return \(wrong)\n", to: "\(path)/\(name).py")
            try write(
                "import unittest\nfrom \(name) import \(name)\n\n\nclass Test(unittest.TestCase):\n"
                    + "    def test_\(name)(self):\n        \(test)\n",
                to: "\(path)/test_\(name).py"
            )
        }
        try write("__pycache__/\n", to: "\(path)/.gitignore")
        let script = """
            set -e; git init -q -b main; git add .; git -c user.name=t -c user.email=t@example.org commit -qm 'Five bugs'
            git init -q --bare ../remote.git; git push -q ../remote.git main
            git remote add origin "me@host:$(realpath ../remote.git)"
            # What would be another machine is a shell here.
            mkdir ../bin; printf '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n' > ../bin/ssh; chmod +x ../bin/ssh
            """
        let made = await tool("bash", "-c", script, directory: path)
        try #require(made.outcome.succeeded, "\(made.stderr)")
        return path
    }

    private static func git(_ arguments: String..., at path: String) async -> String {
        await collect(["git", "-C", path] + arguments).split(separator: "\n").joined(separator: "\n")
    }

    @Test func `five tasks of one night`() async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        let repository = try await Self.repository(in: directory)
        try Self.write(Self.scenario, to: "\(directory)/night.yaml")
        let configuration = """
            models: {default: night/night, providers: {night: {type: scripted, file: \(directory)/night.yaml}}}

            """
        let before = await Self.git("rev-parse", "main", at: repository)
        let path = "\(directory)/bin:\(RunningYgg.childEnvironment["PATH"] ?? "/usr/bin:/bin")"
        try await withUp(configuration: configuration, environment: ["PATH": path]) { ygg, _ in
            var ids: [String] = []
            for (name, _, _, _, _) in Self.functions {
                ids.append(
                    try await ygg.submit([
                        "kind": "code-refactor",
                        "params": [
                            "repo": .string(repository), "instruction": .string("Repair \(name)()."), "push": true,
                            "test": ["python3", "-m", "unittest", .string("test_\(name)")],
                        ],
                    ])
                )
            }
            // Somebody waits for the last of them.
            let next = try await ygg.submit(["kind": "bench-noop", "dependsOn": [.string(ids[4])]])
            for id in ids {
                let task = try await ygg.task(id) {
                    ["awaitingApproval", "failed", "succeeded"].contains($0["state"]?.stringValue ?? "")
                }
                try #require(task["state"] == "awaitingApproval", "\(task.text)")
            }
            let listed = try JSON(parsing: await ygg.cli("review", "--json").stdout)
            let items = listed["items"]?.arrayValue ?? []
            #expect(
                items.count == 5 && items.first?["task"]?.stringValue == ids[4] && items.first?["waitingForIt"] == 1
            )
            #expect(items.first?["asked"] == "Repair total().")

            let review = await tool(
                "bash",
                "-c",
                "printf 'a\\na\\na\\na\\na\\nq\\n' | \"$0\" review",
                RunningYgg.binary,
                environment: ["YGG_COORDINATOR": ygg.address]
            )
            #expect(review.outcome.succeeded, "\(review.stdout)\n\(review.stderr)")
            #expect(review.stdout.hasSuffix("\n1 landed, 4 landed on a newer base\n"), "\(review.stdout)")
            #expect(review.stdout.contains("+    return w * h") && review.stdout.contains("→ exit 0"))
            #expect(!review.stdout.contains("\u{1B}"))

            for id in ids { #expect(try await ygg.finished(id)["result"]?["pushed"] == true) }
            #expect(try await ygg.finished(next)["state"] == "succeeded")
            let landed = await Self.git("rev-list", "\(before)..main", at: repository).split(separator: "\n")
            #expect(landed.count == 5)
            #expect(await Self.git("rev-parse", "main", at: "\(directory)/remote.git") == landed.first.map(String.init))
            // The person's own checkout went with it, and everything is in order there.
            #expect(await Self.git("status", "--porcelain", at: repository) == "")
            let suite = await tool("python3", "-m", "unittest", directory: repository)
            #expect(suite.outcome.succeeded, "\(suite.stderr)")
            // The next night is known from this one.
            let later: JSON = [
                "kind": "code-refactor", "params": ["repo": .string(repository)], "notBefore": "2090-01-01T00:00:00Z",
            ]
            let scheduled = try await ygg.submit(later)
            let night = try JSON(parsing: await ygg.cli("night", "--json").stdout)
            let told = night["items"]?.arrayValue?.first { $0["task"]?.stringValue == scheduled }
            #expect(told?["waitsFor"]?["what"] == "time" && (told?["estimateMs"]?.intValue ?? 0) > 0, "\(night.text)")
            _ = await ygg.cli("task", "cancel", scheduled)
            let nothing = await ygg.cli("review")
            #expect(nothing.outcome.succeeded && nothing.stdout == "Nothing waits for you, and nothing runs.\n")
        }
    }
}
