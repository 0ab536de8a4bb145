import FoundationEssentials
import Testing
import YggCore
import YggProcess
import YggProtocol

/// A folder with a repository in Python, a scenario that is played in the place of a model, and the configuration of a
/// `ygg up` that uses both.
struct Workshop {
    let directory: String

    var repository: String { "\(directory)/repo" }
    var data: String { "\(directory)/data" }
    /// Where the executor of `ygg up` works.
    var place: Place { Place(data: data) }
    var configuration: String { "\(directory)/yggdrasil.yaml" }
    var arguments: [String] {
        ["up", "--port", "0", "--executor-port", "0", "--data-dir", data, "--config", configuration]
    }

    /// `count.py` writes its first word into a file that git does not see, so that its runs can be counted; `wait` lets it
    /// run until the file `gate` is beside it.
    /// - Parameter turns: of the scenario, as YAML.
    init(in directory: String, turns: String) async throws {
        self.directory = directory
        let files = [
            "repo/calc.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return a * 2\n",
            "repo/test_calc.py": """
            import unittest

            import calc


            class Test(unittest.TestCase):
                def test_double(self):
                    self.assertEqual(calc.double(2), 4)

            """,
            "repo/count.py": """
            import os
            import sys
            import time

            with open("runs.txt", "a") as runs:
                runs.write(sys.argv[1] + "\\n")
            while sys.argv[1] == "wait" and not os.path.exists("gate"):
                time.sleep(0.02)

            """,
            "repo/.gitignore": "runs.txt\ngate\n",
            "scenario.yaml": """
            name: workshop
            model: {name: workshop, context: 32768, capabilities: [completion, tools]}
            turns:
            \(turns)

            """,
            "yggdrasil.yaml": """
            models:
              default: demo/workshop
              providers: {demo: {type: scripted, file: \(directory)/scenario.yaml}}
            executor: {repositories: [/]}
            git: {author: {name: Freya, email: freya@example.org}}

            """,
        ]
        try FileManager.default.createDirectory(atPath: "\(directory)/repo", withIntermediateDirectories: true)
        for (name, text) in files {
            try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        }
        let made = await tool(
            "sh",
            "-ec",
            "git init -q -b main && git add -A && git -c user.name=A -c user.email=a@example.org commit -qm 'It subtracts'",
            directory: repository
        )
        try #require(made.outcome.succeeded, "\(made.stderr)")
    }

    func file(_ name: String, at ref: String = "main") async -> String {
        await tool("git", "show", "\(ref):\(name)", directory: repository).stdout
    }
}

extension Workshop {
    /// The sessions of one executor, by its data directory.
    struct Place {
        let data: String

        func session(_ id: String) -> String { "\(data)/workspace/sessions/\(id)" }

        /// The words that `count.py` was run with, in their order.
        func runs(_ id: String) -> [String] {
            let text = try? String(contentsOfFile: "\(session(id))/work/runs.txt", encoding: .utf8)
            return (text ?? "").split(separator: "\n").map(String.init)
        }

        /// Waits until `count.py` has run, or runs, for the nth time. Nothing tells of it, so it is looked for.
        func waitForRuns(_ id: String, _ count: Int) async throws {
            while runs(id).count < count { try await Task.sleep(for: .milliseconds(5)) }
        }

        /// The spare work tree of the one repository, when it is whole. Nothing tells of it, so it is looked for.
        func spare() async throws -> String {
            let spares = "\(data)/workspace/spares"
            while true {
                for name in (try? FileManager.default.contentsOfDirectory(atPath: spares)) ?? []
                where FileManager.default.fileExists(atPath: "\(spares)/\(name)/ready") {
                    return "\(spares)/\(name)/work"
                }
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        func openGate(_ id: String) {
            #expect(FileManager.default.createFile(atPath: "\(session(id))/work/gate", contents: nil))
        }
    }
}

/// An executor's own HTTP, as a caller beside it uses it.
struct AgentCaller {
    let address: String

    func status() async throws -> JSON { try #require(try await HTTPCall.get("\(address)/agent/status").json) }

    /// Looked at until `isReached` holds, because nothing tells of its changes.
    func status(until isReached: (JSON) -> Bool) async throws -> JSON {
        while true {
            let status = try await status()
            if isReached(status) { return status }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Everything that is said until the end.
    func stream(_ path: String, _ body: JSON) async throws -> [ReceivedEvent] {
        let answer = await tool(
            "curl",
            "-sN",
            "-H",
            "content-type: application/json",
            "-d",
            body.text,
            "\(address)\(path)"
        ).stdout
        var parser = ServerSentEventParser()
        return parser.feed(Array(answer.utf8))
    }

    /// Listens until a line begins like this, and hangs up. The first line of every stream is `retry: …`, which says that
    /// the call was taken.
    func listen(_ path: String, _ body: JSON, until line: String) async -> String {
        let script = """
            sed '/^\(line)/q' < <(exec curl -sN -H 'content-type: application/json' -d "$1" "$2" 2>/dev/null)
            """
        return await tool("bash", "-c", script, "bash", body.text, "\(address)\(path)").stdout
    }

    func send(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> Answer {
        var argv = ["curl", "-s", "-X", method, "-w", "\n%{http_code}", "\(address)\(path)"]
        if let body { argv += ["-H", "content-type: application/json", "-d", body.text] }
        let lines = await collect(argv).split(separator: "\n", omittingEmptySubsequences: false)
        let status = try #require(lines.last.flatMap { Int($0) })
        let text = lines.dropLast().joined(separator: "\n")
        return Answer(status: status, headers: [], json: try? JSON(parsing: Array(text.utf8)), body: Array(text.utf8))
    }
}

extension [ReceivedEvent] {
    /// What the last event says, which must be the end.
    func end() throws -> JSON {
        let last = try #require(last)
        try #require(last.name == "end", "\(map(\.name))")
        return try JSON(parsing: [UInt8](last.data.utf8))
    }
}
